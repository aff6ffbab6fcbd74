/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - a tap device that is a port of a bridge.  A frame written to its descriptor enters the bridge at that port; a
 * frame that the bridge sends to that port can be read from the descriptor.
 *
 * The kernel removes the tap when its last descriptor is closed, also when the holding process crashes.  Making a tap
 * needs CAP_NET_ADMIN.
 */
#ifndef HOSTD_TAP_H
#define HOSTD_TAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Returns the descriptor of a directory where the network helper, running as user ("": the current user), finds
 * /dev/net/tun as "tun".  Call this before hostd drops its rights.  If there can be no taps, returns -1 and fills err.
 */
int tap_start(const char *user, char *err, size_t err_len);

/*
 * Make a tap for a guest with that MAC address, add it to the bridge that ifname is or is a port of, and bring it up.
 * dir is what tap_start() returned.  Returns the tap's descriptor, non-blocking and close-on-exec.  Each frame follows
 * a struct virtio_net_hdr; frames that are read need no more work (no checksum, no segmentation).  On failure returns
 * -1, fills err and sets errno: EOPNOTSUPP if bridge_takes() refuses the bridge, ENODEV if there is no bridge.
 */
int tap_make(int dir, const char *ifname, const uint8_t mac[6], char *err, size_t err_len);

#endif /* HOSTD_TAP_H */
