/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_path.h - what earlier transfers have shown about a TFTP server and the network path to it, for later ones.
 *
 * It remembers whether the server grants windows, how long a window arrives without loss, and whether blocks that
 * travel in IP fragments arrive.  The number of servers is bounded; the least recently used is forgotten first.  Times
 * are microseconds of the clock of struct tftp_client.
 */
#ifndef HOSTD_TFTP_PATH_H
#define HOSTD_TFTP_PATH_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define TFTP_PATHS_MAX 64 /* remembered without a transfer that uses them */

struct tftp_path {
	bool no_windows;      /* the server ignored the windowsize option */
	uint64_t asked;	      /* when the server was last asked for windows */
	uint16_t window;      /* the longest window to ask for; 0: no limit is known */
	bool large_good;      /* a mebibyte of blocks above the MTU arrived without a loss */
	uint64_t large_after; /* do not try them again before this time */
	uint64_t large_wait;  /* if they are lost again, do not try them for so long */

	/* private to tftp_path.c */
	struct tftp_path *next;
	unsigned users;
	uint8_t server[4];
	uint16_t port;
	char ifname[IF_NAMESIZE];
};

/* Returns what is known about a server, reached through an interface ("": by route); NULL only if memory ran out.  The
 * caller gives it back with tftp_path_release(). */
struct tftp_path *tftp_path_get(const uint8_t server[4], uint16_t port, const char *ifname);
void tftp_path_release(struct tftp_path *path);
/* Free all paths that are not in use. */
void tftp_path_forget(void);

/* Should a transfer begin with blocks above the MTU?  Yes if they are known to arrive and windows are known to be
 * refused. */
bool tftp_path_prefers_large(const struct tftp_path *path, uint64_t now);
/* Are blocks above the MTU worth trying? */
bool tftp_path_allows_large(const struct tftp_path *path, uint64_t now);
/* The window to ask for: wanted blocks, or fewer if longer windows lost blocks. */
uint16_t tftp_path_window(const struct tftp_path *path, uint16_t wanted);

/* Record what a transfer saw. */
void tftp_path_windows(struct tftp_path *path, uint64_t now, bool granted);
void tftp_path_window_lost(struct tftp_path *path, uint16_t window);
void tftp_path_window_went(struct tftp_path *path, uint16_t window);
void tftp_path_large_went(struct tftp_path *path);
void tftp_path_large_lost(struct tftp_path *path, uint64_t now);
/* The server grants no blocks as large as that. */
void tftp_path_large_refused(struct tftp_path *path, uint64_t now);

#endif /* HOSTD_TFTP_PATH_H */
