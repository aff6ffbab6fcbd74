/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - a tap device that is a port of a bridge: what is written to its descriptor comes in at that port, what the
 * bridge sends out there is read from it.
 *
 * It is gone when the last descriptor of it is closed, whoever held it and however it ended.  To make one needs
 * CAP_NET_ADMIN.
 */
#ifndef HOSTD_TAP_H
#define HOSTD_TAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Before rights are shed: a descriptor of a directory in which the process that makes taps, as user ("": who we are),
 * finds /dev/net/tun.  -1: there can be no taps, and err is filled.
 */
int tap_start(const char *user, char *err, size_t err_len);

/*
 * A tap for a guest with that MAC, up, and a port of the bridge that the interface is or is a port of; dir is what
 * tap_start() returned.  Its descriptor, non-blocking and close-on-exec: each frame has a struct virtio_net_hdr before
 * it, in which the kernel leaves nothing to do.  -1: err has the words, errno the reason, EOPNOTSUPP if the bridge had
 * better have none.
 */
int tap_make(int dir, const char *ifname, const uint8_t mac[6], char *err, size_t err_len);

#endif /* HOSTD_TAP_H */
