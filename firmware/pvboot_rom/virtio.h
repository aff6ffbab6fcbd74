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

/*
 * What differs between the two devices that the ROM drives: pvboot's own (front_own.c), which has registers for it, and
 * a virtio-net card of the VMM's (front_net.c), behind which the host answers requests.
 */
struct virtio_front {
	/* Is the device there, and of our version?  Returns NULL, or what is wrong in words. */
	const char *(*check)(void);
	/* The driver takes the features that the device offers among these (bits 0 to 31). */
	uint32_t features;

	/* The clock.  All ones if the device is gone, and with it the clock. */
	uint32_t (*milliseconds)(void);
	/* PVBOOT_STATUS_*; all ones if the device is gone. */
	uint16_t (*host_status)(void);
	/* How long to wait for an absent host. */
	uint32_t (*host_wait_ms)(void);
	/* Does somebody serve the queues? */
	bool (*has_link)(void);

	/* Learn what the two above return, by a request if it takes one: when a boot begins, and about each second. */
	uint32_t (*begin)(void); /* returns PVBOOT_S_OK, or as request() */
	void (*refresh)(void);
};

extern const struct virtio_front *virtio_front; /* as given to the last virtio_start() */

extern struct virtio_queue virtio_packets, virtio_requests;
extern bool virtio_running;	/* between a virtio_start() that succeeded and virtio_stop() */
extern bool virtio_dgram;	/* the host takes datagrams (PVBOOT_F_DGRAM) */
extern uint8_t virtio_mac[6];	/* the host's word; before there is one, that of the card the VMM gave the machine */
extern uint16_t virtio_io_base; /* ports of the device, 0 if it has none */

/* Find the device's structures through the capability list.  False if one of them cannot be reached. */
bool virtio_find(void);

/* Read the device-specific configuration; size 1, 2 or 4.  Needs virtio_find(). */
uint32_t virtio_config(uint32_t offset, uint8_t size);

/* Find the structures, negotiate features and start the queues, empty.  Returns NULL, or what is wrong in words. */
const char *virtio_start(const struct virtio_front *front);

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

/* The guest has that MAC, unless it is 0. */
void virtio_take_mac(const uint8_t mac[6]);

/* As the front has them. */
uint32_t virtio_milliseconds(void);
uint16_t virtio_host_status(void);
uint32_t virtio_host_wait_ms(void);

/* Has the device given up (DEVICE_NEEDS_RESET)?  Nothing comes back from it then. */
bool virtio_broken(void);

#endif /* ROM_VIRTIO_H */
