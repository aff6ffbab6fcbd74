/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio.h - the device as a virtio 1.2 PCI driver sees it (virtio 1.2, 2.7 split virtqueues and 4.1 over PCI). */
#ifndef ROM_VIRTIO_H
#define ROM_VIRTIO_H

#include <linux/virtio_ring.h>

#include "pvboot.h"
#include "rom.h"

#define VIRTIO_RING 16 /* descriptors of each queue */

/* One queue's rings.  The device writes the used ring. */
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
	uint16_t last_used;   /* entries of the used ring processed so far */
	uint16_t notify_port; /* 0: notify through VIRTIO_PCI_CAP_PCI_CFG */
	uint32_t notify_offset;
} __attribute__((aligned(16)));

/*
 * What differs between the two fronts that the ROM drives: pvboot's own device (front_own.c), whose configuration is in
 * registers, and a virtio-net card of the VMM's (front_net.c), which gets the configuration by a request.
 */
struct virtio_front {
	/* Check that the device answers and has this ABI version.  Returns NULL, or words for what is wrong. */
	const char *(*check)(void);
	/* Feature bits 0 to 31 that the driver accepts if the device offers them. */
	uint32_t features;

	/* A clock.  Returns all ones if the device is gone. */
	uint32_t (*milliseconds)(void);
	/* PVBOOT_STATUS_*; all ones if the device is gone. */
	uint16_t (*host_status)(void);
	/* How long the driver waits for an absent host. */
	uint32_t (*host_wait_ms)(void);
	/* Is there a device that serves the queues? */
	bool (*has_link)(void);

	/* Update host_status and host_wait_ms, by a request if needed.  Called when a boot begins; as request(). */
	uint32_t (*begin)(void);
	/* The same, called about once a second. */
	void (*refresh)(void);
};

extern const struct virtio_front *virtio_front; /* the argument of the last virtio_start() */

extern struct virtio_queue virtio_packets, virtio_requests;
extern bool virtio_running;	/* between a virtio_start() that succeeded and virtio_stop() */
extern bool virtio_dgram;	/* the host takes datagrams (PVBOOT_F_DGRAM) */
extern uint8_t virtio_mac[6];	/* from the lease; before there is one, from the device's configuration */
extern uint16_t virtio_io_base; /* the device's I/O ports; 0: none */

/* Find the device's structures through the capability list.  False if one of them cannot be reached. */
bool virtio_find(void);

/* Read the device-specific configuration; size 1, 2 or 4.  Needs virtio_find(). */
uint32_t virtio_config(uint32_t offset, uint8_t size);

/* Find the structures, negotiate features and start the queues, empty.  Returns NULL, or words for what is wrong. */
const char *virtio_start(const struct virtio_front *front);

/* Reset the device: it does no DMA after this returns. */
void virtio_stop(void);

/* Make the chain that begins with descriptor head available, without a notification. */
void virtio_submit(struct virtio_queue *q, uint16_t head);
/* Notify the device. */
void virtio_kick(struct virtio_queue *q);

static inline bool virtio_has_used(const struct virtio_queue *q)
{
	return q->used.idx != q->last_used;
}

/* Set virtio_mac, unless mac is 0. */
void virtio_take_mac(const uint8_t mac[6]);

/* These call the front. */
uint32_t virtio_milliseconds(void);
uint16_t virtio_host_status(void);
uint32_t virtio_host_wait_ms(void);

/* Has the device failed (DEVICE_NEEDS_RESET)?  It completes no request then. */
bool virtio_broken(void);

#endif /* ROM_VIRTIO_H */
