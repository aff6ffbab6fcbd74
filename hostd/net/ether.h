/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ether.h - the Ethernet frames of a guest's own network stack: which ones the guest may send, which ones it hears, and
 * the checksums and segmentation that this machine's kernel left to hardware.
 */
#ifndef HOSTD_ETHER_H
#define HOSTD_ETHER_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

#define ETHER_SEGMENT_MAX (65535 + 14) /* bytes: the largest segment that a local sender leaves to hardware */

/* Which frames a guest hears, besides those to its own MAC address. */
struct ether_filter {
	uint32_t flags; /* PVBOOT_FRAME_F_* */
	unsigned int n_mcasts;
	uint8_t mcast[PVBOOT_FRAME_MCASTS][6];
};

/* Parse the len bytes of a FRAME_OPEN's arguments into *filter.  Returns false if they are malformed
 * (docs/spec.md 4.9).
 */
bool ether_filter_parse(struct ether_filter *filter, const uint8_t *args, size_t len);

/*
 * May the guest with that MAC address send this frame of len bytes?  It may send only from its own address, and only
 * untagged frames: a VLAN tag would reach other VLANs.
 */
bool ether_may_send(const uint8_t mac[6], const uint8_t *frame, size_t len);

/*
 * Does the guest with that MAC address hear this frame of len bytes?  It does not hear unicast to another machine, its
 * own frames, or tagged frames.
 */
bool ether_hears(const struct ether_filter *filter, const uint8_t mac[6], const uint8_t *frame, size_t len);

/* Receives a finished frame of PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes, which is valid only during the call. */
typedef void (*ether_emit_fn)(void *arg, const uint8_t *frame, size_t len);

/*
 * Finish a frame that came from a packet socket with PACKET_VNET_HDR (frames from a tap are already finished): complete
 * its checksum, cut a TCP or UDP segment of up to 64 KiB into frames of its gso_size, and emit each frame in order.
 * Writes to frame.  Returns false and emits nothing if the frame is too long for a guest, its headers contradict each
 * other, or the kind of segment is unknown.
 */
bool ether_finish(const struct virtio_net_hdr *vnet, uint8_t *frame, size_t len, ether_emit_fn emit, void *arg);

#endif /* HOSTD_ETHER_H */
