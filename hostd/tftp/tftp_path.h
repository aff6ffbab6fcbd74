/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_path.h - what transfers from a TFTP server have taught about it and the way to it, for those that follow.
 *
 * Whether it grants windows; how long a window went well; whether blocks that travel in IP fragments arrive.  A bounded
 * number of servers is remembered, the least recently used is forgotten first.  Times are microseconds of the clock of
 * struct tftp_client.
 */
#ifndef HOSTD_TFTP_PATH_H
#define HOSTD_TFTP_PATH_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define TFTP_PATHS_MAX 64 /* remembered without a transfer that uses them */

struct tftp_path {
	bool no_windows;      /* the option was ignored, */
	uint64_t asked;	      /* then */
	uint16_t window;      /* the longest window to ask for; 0: nothing is known against any */
	bool large_good;      /* blocks above the MTU arrived, a mebibyte of them without a loss */
	uint64_t large_after; /* they are not tried again before */
	uint64_t large_wait;  /* and the next time they are lost, not for so long */

	/* tftp_path.c's own */
	struct tftp_path *next;
	unsigned users;
	uint8_t server[4];
	uint16_t port;
	char ifname[IF_NAMESIZE];
};

/* What is known of a server as reached through an interface ("": by route); NULL only if memory ran out.  To be given
 * back by tftp_path_release(). */
struct tftp_path *tftp_path_get(const uint8_t server[4], uint16_t port, const char *ifname);
void tftp_path_release(struct tftp_path *path);
/* Forget all that nobody holds. */
void tftp_path_forget(void);

/* Begin at once with blocks above the MTU: they are known to arrive, and windows known to be refused? */
bool tftp_path_prefers_large(const struct tftp_path *path, uint64_t now);
/* Are blocks above the MTU worth trying? */
bool tftp_path_allows_large(const struct tftp_path *path, uint64_t now);
/* Of a window of wanted blocks, as many as went well. */
uint16_t tftp_path_window(const struct tftp_path *path, uint16_t wanted);

/* What a transfer saw. */
void tftp_path_windows(struct tftp_path *path, uint64_t now, bool granted);
void tftp_path_window_lost(struct tftp_path *path, uint16_t window);
void tftp_path_window_went(struct tftp_path *path, uint16_t window);
void tftp_path_large_went(struct tftp_path *path);
void tftp_path_large_lost(struct tftp_path *path, uint64_t now);
/* The server grants no blocks as large as that. */
void tftp_path_large_refused(struct tftp_path *path, uint64_t now);

#endif /* HOSTD_TFTP_PATH_H */
