/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio.h - the device as a virtio 1.2 PCI driver sees it (virtio 1.2, 2.7 split virtqueues and 4.1 over PCI). */
#ifndef ROM_VIRTIO_H
#define ROM_VIRTIO_H

#include <linux/virtio_ring.h>

#include "pvboot.h"
#include "rom.h"

#define VIRTIO_RING 16 /* descriptors of each queue */

/* One queue's rings.  The device writes used. */
struct virtio_queue {
	struct vring_desc desc[VIRTIO_RING];
	struct {
		uint16_t flags, idx, ring[VIRTIO_RING], used_event;
	} avail;
	struct {
		uint16_t flags, idx;
		struct vring_used_elem ring[VIRTIO_RING];
		uint16_t avail_event;
	} volatile used __attribute__((aligned(4)));
	uint16_t last_used;   /* entries of used taken so far */
	uint16_t notify_port; /* 0: not by a port */
	uint32_t notify_offset;
} __attribute__((aligned(16)));

extern struct virtio_queue virtio_packets, virtio_requests;
extern bool virtio_running;	/* between a virtio_start() that succeeded and virtio_stop() */
extern bool virtio_dgram;	/* PVBOOT_F_DGRAM was negotiated */
extern uint8_t virtio_mac[6];	/* the host's word; before there is one, that of the card the VMM gave the machine */
extern uint16_t virtio_io_base; /* ports of the device, 0 if it has none */

/* At POST: does PVBOOT_CFG_F_BOOT_FIRST ask the ROM to go before the BIOS's own boot devices? */
bool virtio_boots_first(void);

/* Find the structures, negotiate features and start the queues, empty.  NULL, or what is wrong in words. */
const char *virtio_start(void);

/* Reset the device: when this returns it does no DMA any more. */
void virtio_stop(void);

/* The chain that begins with descriptor head is ready. */
void virtio_submit(struct virtio_queue *q, uint16_t head);
/* Tell the device. */
void virtio_kick(struct virtio_queue *q);

static inline bool virtio_has_used(const struct virtio_queue *q)
{
	return q->used.idx != q->last_used;
}

/* Whether a virtio-net front end says that its link is up: its back end is there. */
bool virtio_has_link(void);

/* The guest has that MAC, unless it is 0. */
void virtio_take_mac(const uint8_t mac[6]);

/* Device configuration; behind a front end what is known of it. */
uint32_t virtio_milliseconds(void);
uint16_t virtio_host_status(void); /* PVBOOT_STATUS_*; all ones if the device is gone */
uint32_t virtio_host_wait_ms(void);

/* Has the device given up (DEVICE_NEEDS_RESET)?  Nothing comes back from it then. */
bool virtio_broken(void);

#endif /* ROM_VIRTIO_H */
