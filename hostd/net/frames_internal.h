/* SPDX-License-Identifier: BSD-2-Clause */
/* frames_internal.h - the two ways to carry a guest's frames: tap and packet socket.  frames.c has what they share. */
#ifndef HOSTD_FRAMES_INTERNAL_H
#define HOSTD_FRAMES_INTERNAL_H

#include "net/frames.h"

/* An open way.  Every frame that is read from fd or written to it follows a struct virtio_net_hdr. */
struct frames_port {
	int fd;		    /* non-blocking; -1: the way is closed, perhaps because the interface is gone */
	int tap, bridge;    /* only for a tap: interface index of the tap, and of its bridge */
	uint64_t tap_drops; /* only for a tap: drops that were counted already */
};

struct frames_way {
	/* Fill *port.  On failure returns false and fills err; err is "" if this way does not suit the interface. */
	bool (*open)(const struct frames_guest *guest, struct frames_port *port, char *err, size_t err_len);
	/* Returns how many frames the kernel's queue dropped since the last call. */
	uint64_t (*drops)(struct frames_port *port);
	/* Is the port still in place?  frames.c calls this once a second.  NULL: a failed read is enough to tell. */
	bool (*stays)(const struct frames_guest *guest, const struct frames_port *port);
};

extern const struct frames_way frames_packet; /* a packet socket on the interface */
extern const struct frames_way frames_tap;    /* a tap that is a port of the interface's bridge */

#endif /* HOSTD_FRAMES_INTERNAL_H */
