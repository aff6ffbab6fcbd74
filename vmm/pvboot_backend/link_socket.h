/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_socket.h - the link to hostd over a Unix stream socket, in a libevent loop.
 *
 * Connects again by itself, with back-off, for as long as it lives.
 */
#ifndef PVBOOT_BACKEND_LINK_SOCKET_H
#define PVBOOT_BACKEND_LINK_SOCKET_H

#include <event2/event.h>

#include "link.h"

#define LINK_SOCKET_RETRY_MIN_MS 50u
#define LINK_SOCKET_RETRY_MAX_MS 1000u
#define LINK_SOCKET_ROOM 65536u

struct link_socket {
	struct link link; /* what link_backend gets */
	struct event_base *base;
	struct event *readable, *writable, *turn, *timer, *retry;
	int fd; /* -1: not connected */
	uint32_t retry_ms;
	bool missed;  /* that there is no host was said */
	bool resting; /* link_socket_rest() */
	/* the owner's */
	void (*dial)(void *arg);
	int64_t (*move)(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);
	void *arg;
	uint8_t buf[LINK_SOCKET_ROOM];
};

/*
 * Bring *s up in the loop base; the device must be initialised with link_backend and &s->link before the loop runs.
 * dial(arg) begins to connect to hostd and has link_socket_dialed() called with the outcome, at once or later.
 * move(arg, ...) is struct link_ops's file_read; NULL: pread into guest memory.  False: no memory.
 */
bool link_socket_init(struct link_socket *s, struct event_base *base, const struct link_conf *conf,
		      void (*dial)(void *arg),
		      int64_t (*move)(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to,
				      uint32_t len),
		      void *arg);

/* Begin to look for hostd. */
void link_socket_start(struct link_socket *s);

/*
 * Nobody needs hostd for now: end the connection, without a word in the log, and look for none; or (rest false) do as
 * link_socket_start().  The guest's requests are to be over.
 */
void link_socket_rest(struct link_socket *s, bool rest);

/* The outcome of dial(): a connected socket, which becomes the link's, or -1 and an errno. */
void link_socket_dialed(struct link_socket *s, int fd, int error);

/* To be called after register accesses: what the guest asked for by them may need a turn or a deadline. */
void link_socket_kick(struct link_socket *s);

/* End the connection and free what link_socket_init() made. */
void link_socket_close(struct link_socket *s);

/* Connect to the Unix socket at path.  A non-blocking descriptor, or a negated errno. */
int link_socket_connect(const char *path);

/* struct link_ops's file_read by pread. */
int64_t link_socket_pread(int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);

#endif /* PVBOOT_BACKEND_LINK_SOCKET_H */
