/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - hostd's end of a link to one device: framing over a Unix stream socket (protocol/pvboot_link.h).
 *
 * Everything that arrives is hostile.  Descriptors that a device sends are never received: the kernel drops them.
 */
#ifndef HOSTD_LINK_H
#define HOSTD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_link.h"

struct event_base;
struct link;

struct link_ops {
	/* A whole message; body has hdr->length bytes, aligned for nothing.  False, with words in *why, ends the link.
	 */
	bool (*message)(void *arg, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why);
	/* There is room for bulk output again, after link_full(). */
	void (*drained)(void *arg);
	/* The end: the peer closed (why is NULL), or broke the rules.  Called once, last; link_free() may be called
	 * from here. */
	void (*closed)(void *arg, const char *why);
};

/*
 * Begin on fd, which becomes the link's, with a HELLO of this nonce.  Until the IDENTITY that answers it, bytes are
 * skipped.  NULL if memory ran out (fd is then closed).
 */
struct link *link_new(struct event_base *base, int fd, uint64_t nonce, const struct link_ops *ops, void *arg);
/* Close without a call of closed(); what is queued is lost.  Not from within message() or drained(). */
void link_free(struct link *link);
/* Send what is queued as far as the socket takes it now; then the link may be freed. */
void link_flush(struct link *link);

/* Has the peer closed, whatever of its bytes waits to be read? */
bool link_hung_up(const struct link *link);

/* A piece of a message's body. */
struct link_part {
	const void *data;
	size_t len;
};

/*
 * Queue a message.  fd, if not negative, travels with it and is the link's from now on.  Nothing is sent before the
 * loop's next turn.  A device that lets more than a bound pile up loses the link, by closed() from the loop.
 */
void link_send(struct link *link, uint16_t type, uint32_t id, int fd, const struct link_part *parts, size_t n_parts);

/* Is so much queued that bulk data is to wait for drained()?  Input waits meanwhile, too. */
bool link_full(const struct link *link);

#endif /* HOSTD_LINK_H */
