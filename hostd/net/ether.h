/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ether.h - Ethernet frames of a guest's own network stack, as bytes: which it may send, which it hears, and how what
 * this machine left to hardware (checksums, segmentation) is made up for.
 */
#ifndef HOSTD_ETHER_H
#define HOSTD_ETHER_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

#define ETHER_SEGMENT_MAX (65535 + 14) /* bytes of what a local sender leaves to be cut */

/* Which frames a guest hears, besides those for its own MAC. */
struct ether_filter {
	uint32_t flags; /* PVBOOT_FRAME_F_* */
	unsigned int n_mcasts;
	uint8_t mcast[PVBOOT_FRAME_MCASTS][6];
};

/* Take the arguments of a FRAME_OPEN.  False: they are not well formed (docs/spec.md 4.9). */
bool ether_filter_parse(struct ether_filter *filter, const uint8_t *args, size_t len);

/* May the guest with that MAC send this?  Only from its own address, and untagged: a tag would lead to other VLANs. */
bool ether_may_send(const uint8_t mac[6], const uint8_t *frame, size_t len);

/* Does it hear this?  Not another machine's unicast, nor itself, nor what is tagged. */
bool ether_hears(const struct ether_filter *filter, const uint8_t mac[6], const uint8_t *frame, size_t len);

/* A finished frame, PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes; it is the callee's only until it returns. */
typedef void (*ether_emit_fn)(void *arg, const uint8_t *frame, size_t len);

/*
 * Finish a frame as a packet socket with PACKET_VNET_HDR hands it over (a tap hands over finished ones): complete its
 * checksum, cut a TCP or UDP segment of up to 64 KiB into frames of its gso_size, and emit each in order.  frame is
 * written to.  False, with nothing emitted: too long for a guest, headers that do not agree, or a kind that is not
 * known.
 */
bool ether_finish(const struct virtio_net_hdr *vnet, uint8_t *frame, size_t len, ether_emit_fn emit, void *arg);

#endif /* HOSTD_ETHER_H */
