/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_socket.h - the link to hostd over a Unix stream socket, in a libevent loop.
 *
 * It reconnects by itself, with back-off, until link_socket_close().
 */
#ifndef PVBOOT_BACKEND_LINK_SOCKET_H
#define PVBOOT_BACKEND_LINK_SOCKET_H

#include <event2/event.h>

#include "link.h"

#define LINK_SOCKET_RETRY_MIN_MS 50u
#define LINK_SOCKET_RETRY_MAX_MS 1000u
#define LINK_SOCKET_ROOM 65536u

struct link_socket {
	struct link link; /* the pointer for link_backend */
	struct event_base *base;
	struct event *readable, *writable, *turn, *timer, *retry;
	int fd; /* -1: not connected */
	uint32_t retry_ms;
	bool missed;  /* the lack of a hostd was logged */
	bool resting; /* link_socket_rest() was called */
	/* given by the owner */
	void (*dial)(void *arg);
	int64_t (*move)(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);
	void *arg;
	uint8_t buf[LINK_SOCKET_ROOM];
};

/*
 * Initialise *s in the loop base.  The caller must initialise the device with link_backend and &s->link before the loop
 * runs.  dial(arg) begins to connect to hostd; its result comes at once or later, by link_socket_dialed().
 * move(arg, ...) is struct link_ops's file_read; NULL: pread into guest memory.  Returns false if there is no memory.
 */
bool link_socket_init(struct link_socket *s, struct event_base *base, const struct link_conf *conf,
		      void (*dial)(void *arg),
		      int64_t (*move)(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to,
				      uint32_t len),
		      void *arg);

/* Begin to connect to hostd. */
void link_socket_start(struct link_socket *s);

/*
 * rest true: the guest does not need hostd for now.  End the connection, log nothing, and do not reconnect.  rest
 * false: connect again, as link_socket_start().  The guest must have no request in flight.
 */
void link_socket_rest(struct link_socket *s, bool rest);

/* Take the result of dial(): fd is a connected socket, which then belongs to the link, or -1, and error an errno. */
void link_socket_dialed(struct link_socket *s, int fd, int error);

/* Call this after register accesses: a request that they submitted may need link_turn() or a deadline. */
void link_socket_kick(struct link_socket *s);

/* End the connection and free what link_socket_init() made. */
void link_socket_close(struct link_socket *s);

/*
 * Connect to the Unix socket at path.  Returns a non-blocking descriptor, which belongs to the caller, or a negated
 * errno.
 */
int link_socket_connect(const char *path);

/* struct link_ops's file_read by pread. */
int64_t link_socket_pread(int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);

#endif /* PVBOOT_BACKEND_LINK_SOCKET_H */
