/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_guest.h - a guest for tests of the device: memory in pieces, a driver, a VMM that counts, a backend that holds.
 *
 * Each piece of memory is an allocation of its own, so that a step outside is seen by the address sanitizer; one border
 * lies in the middle of a descriptor of queue 1.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#define VIRTIO_PCI_NO_LEGACY
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "pvboot_backend/backend.h"
#include "pvboot_dev.h"

#define GUEST_BORDER 0x9008u				      /* between the first two pieces */
#define GUEST_HOLE 0x80000u				      /* no memory from here */
#define GUEST_HIGH UINT64_C(0x100000000)		      /* memory again */
#define GUEST_HIGH_LEN 0x80001u				      /* ends in the middle of a 16-bit counter */
#define GUEST_OUT(head) (0x10000u + (head)*0x1000u)	      /* where a request is put together */
#define GUEST_IN(head) (GUEST_HIGH + (head)*UINT64_C(0x2000)) /* and where its answer lands */
#define GUEST_IN_LEN 0x2000u
#define GUEST_DESC(q) ((q) ? 0x8f00u : 0x1000u)
#define GUEST_AVAIL(q) ((q) ? 0x2000u : 0x3000u)
#define GUEST_USED(q) ((q) ? 0x4000u : 0x5000u)
#define GUEST_QUEUE 64u /* size of both queues unless a test says otherwise */

struct guest {
	struct pvboot_dev *dev;
	uint8_t *piece[3];
	unsigned int size[PVBOOT_NUM_QUEUES];
	uint16_t avail_idx[PVBOOT_NUM_QUEUES], used_idx[PVBOOT_NUM_QUEUES];
	/* what the VMM saw */
	int irq;
	unsigned int irq_changes, maps, logs, written;
	uint64_t watch;	      /* an address, 0: none */
	unsigned int watched; /* how often the device asked for it */
	unsigned int last;    /* what maps was when it did so last */
	uint64_t now_ms;
	char log[256];
	/* what the backend saw */
	struct pvboot_io *held[PVBOOT_QUEUE_MAX];
	unsigned int nheld, submits, cancels, resets, notes, dgrams, frames;
	uint16_t note_op;
	uint32_t note_len, dgram_len, frame_len;
	uint8_t note_args[PVBOOT_ARGS_MAX], dgram[PVBOOT_DGRAM_MAX], frame[PVBOOT_FRAME_MAX];
	struct pvboot_dgram_args dgram_args;
};

/* Make a guest; be NULL: the backend that only counts and holds. */
struct guest *guest_new(const struct pvboot_backend_ops *be_ops, void *be);
void guest_free(struct guest *g);

/* Guest memory by guest-physical address; fails the test where there is none. */
void guest_put(struct guest *g, uint64_t gpa, const void *buf, size_t len);
void guest_get(struct guest *g, uint64_t gpa, void *buf, size_t len);
void guest_put16(struct guest *g, uint64_t gpa, uint16_t v);
uint16_t guest_get16(struct guest *g, uint64_t gpa);

/* Registers. */
uint32_t guest_in(struct guest *g, uint32_t reg, uint32_t len);
void guest_out(struct guest *g, uint32_t reg, uint32_t len, uint32_t value);
uint8_t guest_status(struct guest *g);

/* The driver's steps to DRIVER_OK (virtio 1.2 3.1.1), each of them or all. */
void guest_bus_master(struct guest *g);
void guest_features(struct guest *g, uint64_t features); /* up to FEATURES_OK */
void guest_queue(struct guest *g, unsigned int q);	 /* addresses, and enable */
void guest_driver_ok(struct guest *g);
void guest_start(struct guest *g); /* all of them */
#define GUEST_FEATURES (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << PVBOOT_F_DGRAM)

/* Rings. */
void guest_desc(struct guest *g, unsigned int q, unsigned int i, uint64_t gpa, uint32_t len, uint16_t flags,
		uint16_t next);
void guest_avail(struct guest *g, unsigned int q, uint16_t head); /* without notifying */
void guest_kick(struct guest *g, unsigned int q);
bool guest_used(struct guest *g, unsigned int q, uint32_t *id, uint32_t *len); /* take one used element */

/*
 * Submit on queue 1 as head (of two descriptors: head and head + 1): a request of op with arg_len bytes of args, and
 * room bytes for the result behind the pvboot_rsp, which is preset to PVBOOT_S_UNWRITTEN; notifies.
 */
void guest_submit(struct guest *g, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint32_t room);
/* The pvboot_rsp that lies where the answer of head lands. */
struct pvboot_rsp guest_rsp(struct guest *g, uint16_t head);
/* Submit as head 0, check that it is used at once with the length its rsp says, and return the rsp. */
struct pvboot_rsp guest_ask(struct guest *g, uint16_t op, const void *args, uint32_t arg_len, uint32_t room);

#endif /* FAKE_GUEST_H */
