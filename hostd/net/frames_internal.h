/* SPDX-License-Identifier: BSD-2-Clause */
/* frames_internal.h - the two ways that a guest's frames may go; frames.c does what they have in common. */
#ifndef HOSTD_FRAMES_INTERNAL_H
#define HOSTD_FRAMES_INTERNAL_H

#include "net/frames.h"

/* Where the frames go.  Whatever is read from fd or written to it has a struct virtio_net_hdr before it. */
struct frames_port {
	int fd;		    /* non-blocking; -1: the interface is away */
	int tap, bridge;    /* of a tap: its index, and its bridge's */
	uint64_t tap_drops; /* of those of the tap: counted already */
};

struct frames_way {
	/* False: it cannot be; err has the words, or "" if this way is not for such an interface. */
	bool (*open)(const struct frames_guest *guest, struct frames_port *port, char *err, size_t err_len);
	/* What the queue did not hold since this was last asked for. */
	uint64_t (*drops)(struct frames_port *port);
	/* Is it still where it was opened?  Asked once a second; NULL: reading tells. */
	bool (*stays)(const struct frames_guest *guest, const struct frames_port *port);
};

extern const struct frames_way frames_packet; /* a packet socket on the interface */
extern const struct frames_way frames_tap;    /* a tap that is a port of the interface's bridge */

#endif /* HOSTD_FRAMES_INTERNAL_H */
