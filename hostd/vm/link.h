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
	/*
	 * A whole message has arrived; body has hdr->length bytes and may be unaligned.  To end the link, return false
	 * and set *why to the reason.
	 */
	bool (*message)(void *arg, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why);
	/* After link_full(): the output has room for bulk data again. */
	void (*drained)(void *arg);
	/*
	 * The link has ended: the peer closed it (why is NULL), or broke the protocol.  This is the last call, made
	 * once; it may call link_free().
	 */
	void (*closed)(void *arg, const char *why);
};

/*
 * Begin a link on fd with a HELLO that carries nonce.  The link owns fd.  Input is skipped until the IDENTITY that
 * answers the HELLO. Returns NULL, with fd closed, if memory ran out.
 */
struct link *link_new(struct event_base *base, int fd, uint64_t nonce, const struct link_ops *ops, void *arg);
/*
 * Close the link without a call of closed(), and discard queued output.  Must not be called from message() or
 * drained().
 */
void link_free(struct link *link);
/* Send as much queued output as the socket takes now.  For use before link_free(). */
void link_flush(struct link *link);

/* Has the peer closed its end?  Input that is not yet read does not matter. */
bool link_hung_up(const struct link *link);

/* A piece of a message's body. */
struct link_part {
	const void *data;
	size_t len;
};

/*
 * Queue a message; it is sent on the loop's next turn. fd, if not negative, is sent with it, and the link owns it from
 * now on.  If the device leaves too much output unread, the link ends: the loop then calls closed().
 */
void link_send(struct link *link, uint16_t type, uint32_t id, int fd, const struct link_part *parts, size_t n_parts);

/* Is so much output queued that bulk data must wait for drained()?  The link reads no input meanwhile. */
bool link_full(const struct link *link);

#endif /* HOSTD_LINK_H */
