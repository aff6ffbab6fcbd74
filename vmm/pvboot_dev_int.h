/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_dev_int.h - what the units of the device share among themselves; nobody else includes it.
 *
 *   pvboot_dev.c    life cycle, registers of the BAR, status and features, interrupts
 *   pvboot_pci.c    configuration space
 *   pvboot_mem.c    guest memory
 *   pvboot_ring.c   split virtqueues
 *   pvboot_req.c    queue 1: requests
 *   pvboot_io.c     what the backend may do with a request
 *   pvboot_pkt.c    queue 0: packets
 *   pvboot_state.c  checkpoints
 *   pvboot_vhost.c  the device as a vhost back end: the VMM has a front end in place of our BAR
 */
#ifndef PVBOOT_DEV_INT_H
#define PVBOOT_DEV_INT_H

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#define VIRTIO_PCI_NO_LEGACY
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "pvboot_backend/backend.h"
#include "pvboot_dev.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "registers and rings are used in place");

/* Kernel stacks and freestanding builds have these three and nothing else. */
void *memcpy(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define PVBOOT_CFG_SPACE 256  /* bytes of configuration space */
#define PVBOOT_PKT_WAITING 64 /* packets kept while the guest has no buffer posted */
#define PVBOOT_COMPLAINTS 16  /* log lines a guest can cause between two resets of the VMM */
#define PVBOOT_FEATURES (UINT64_C(1) << PVBOOT_F_DGRAM | UINT64_C(1) << VIRTIO_F_VERSION_1)

struct pvboot_queue {
	/* virtio 1.2 4.1.4.3 */
	uint64_t desc, avail, used;
	uint16_t size;
	bool enabled;
	/* the device's own, modulo 2^16 */
	uint16_t next_avail;
	uint16_t next_used;
	uint16_t flags; /* as last written to the used ring */
};

struct pvboot_waiting {
	struct pvboot_pkt pkt;
	uint8_t payload[PVBOOT_FRAME_MAX];
};
_Static_assert(PVBOOT_DGRAM_MAX <= PVBOOT_FRAME_MAX, "a datagram's payload fits");
PVBOOT_ASSERT_LAYOUT(pvboot_waiting, payload, sizeof(struct pvboot_pkt)); /* copied to the guest as one */

struct pvboot_dev {
	const struct pvboot_vmm_ops *vmm_ops;
	void *vmm;
	const struct pvboot_backend_ops *be_ops;
	void *be;

	uint8_t cfg[PVBOOT_CFG_SPACE];
	uint32_t rom_size;

	struct pvboot_config config;
	uint64_t epoch_ms;
	uint8_t generation;

	uint32_t device_select, driver_select;
	uint64_t driver_features;
	uint16_t queue_select;
	uint8_t status;
	uint8_t isr;
	bool irq;     /* level last given to the VMM */
	bool started; /* DRIVER_OK was reached since the last reset: the backend has something to forget */
	bool vhost;   /* pvboot_vhost.c started its queues: no register of ours did */
	bool dgram_open;
	bool frame_open;  /* a FRAME_OPEN has succeeded */
	uint32_t dropped; /* packets that the guest did not take, since they were last told of */
	uint32_t complaints;

	struct pvboot_queue queue[PVBOOT_NUM_QUEUES];
	struct pvboot_io io[PVBOOT_QUEUE_MAX]; /* by head: a head in flight twice is a broken ring */
	bool parked[PVBOOT_QUEUE_MAX];	       /* answered, but the guest's memory was out of reach; still busy */

	/* a result that is being written to by somebody who holds no lock, and what waits until that is over */
	bool pinned;
	bool stale;	/* a reset: the request is forgotten */
	bool cancelled; /* a CANCEL of it */
	uint16_t pinned_head;
	bool cancel_waits[PVBOOT_QUEUE_MAX]; /* by head: a CANCEL to be answered then */

	uint32_t error_len;
	char error[PVBOOT_ERROR_MAX];

	uint32_t waiting_first, waiting_count;
	struct pvboot_waiting waiting[PVBOOT_PKT_WAITING];
	struct pvboot_seg seg[PVBOOT_QUEUE_MAX]; /* of the buffer of queue 0 at hand: too much for a stack */
};

/* ---- pvboot_dev.c ---- */

/* Whether the device may touch guest memory: DRIVER_OK, not broken, and a bus master (PCI 3.0 6.2.2). */
bool pvboot_dev_running(const struct pvboot_dev *dev);
/* The driver has notified a queue. */
void pvboot_dev_notified(struct pvboot_dev *dev, uint32_t queue);

/* Give the VMM and the backend a note of the guest's. */
void pvboot_dev_note(struct pvboot_dev *dev, uint16_t op, const uint8_t *args, uint32_t arg_len);

/* Tell both that the guest started over. */
void pvboot_dev_reset_backend(struct pvboot_dev *dev);
/* The device configuration as it reads now. */
void pvboot_dev_render_config(struct pvboot_dev *dev, struct pvboot_config *config);
/* The driver broke the rules of the ring: DEVICE_NEEDS_RESET (virtio 1.2 2.1.2); why goes to the log. */
void pvboot_dev_break(struct pvboot_dev *dev, const char *why);
/* Add bits to the ISR register and bring INTx in line with it and with the command register. */
void pvboot_dev_interrupt(struct pvboot_dev *dev, uint8_t bits);
void pvboot_dev_update_irq(struct pvboot_dev *dev);
/* One line for the log on account of something the guest or the host did; silent after PVBOOT_COMPLAINTS of them. */
void pvboot_dev_complain(struct pvboot_dev *dev, const char *text);

/* ---- pvboot_pci.c ---- */

void pvboot_pci_reset(struct pvboot_dev *dev);
/* Take over what a guest may have written to another configuration space of this device. */
void pvboot_pci_load(struct pvboot_dev *dev, const uint8_t cfg[PVBOOT_CFG_SPACE]);
bool pvboot_pci_bus_master(const struct pvboot_dev *dev);
void pvboot_pci_set_bus_master(struct pvboot_dev *dev);
bool pvboot_pci_intx_disabled(const struct pvboot_dev *dev);

/* ---- pvboot_mem.c ---- */

/* As the VMM's map(), but distrustful of it and of the address; *len in: bytes wanted, at least 1. */
void *pvboot_mem_map(struct pvboot_dev *dev, uint64_t gpa, uint64_t *len);
/* Copy once; false if some of it is no guest memory (then part of it may have been copied). */
bool pvboot_mem_read(struct pvboot_dev *dev, uint64_t gpa, void *buf, size_t len);
bool pvboot_mem_write(struct pvboot_dev *dev, uint64_t gpa, const void *buf, size_t len);
/* The two 16-bit counters and flags that both sides touch at once: whole, with the ordering that rings need. */
bool pvboot_mem_load16(struct pvboot_dev *dev, uint64_t gpa, uint16_t *value);
bool pvboot_mem_store16(struct pvboot_dev *dev, uint64_t gpa, uint16_t value);

/* ---- pvboot_ring.c ---- */

enum pvboot_ring { PVBOOT_RING_BROKEN = -1, PVBOOT_RING_END = 0, PVBOOT_RING_MORE = 1 };

/* A chain being walked. */
struct pvboot_chain {
	uint16_t head;
	uint16_t next;
	uint16_t left; /* descriptors it may still have */
	bool more;
	bool writable;	/* the walk has reached the writable part */
	uint64_t total; /* bytes so far */
};

/* Whether addresses and size may be used; not whether memory is there (virtio 1.2 2.7). */
bool pvboot_ring_valid(const struct pvboot_queue *q);
/* How many chains wait, at most the queue's size; BROKEN if the driver's index makes no sense. */
enum pvboot_ring pvboot_ring_count(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t *count);
/* Take the next chain, which pvboot_ring_count() has announced; or put the one just taken back. */
enum pvboot_ring pvboot_ring_pop(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain);
void pvboot_ring_unpop(struct pvboot_queue *q);
/* Its next descriptor: MORE and *seg, chain->writable says which part; or END. */
enum pvboot_ring pvboot_ring_walk(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain,
				  struct pvboot_seg *seg);
/* Whether the ring is still as this device left it: only it writes the used index. */
bool pvboot_ring_kept(struct pvboot_dev *dev, const struct pvboot_queue *q);
/* Give a chain back, len bytes written, and raise the interrupt unless the driver does not want it. */
void pvboot_ring_push(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t head, uint32_t len);
/* Ask for notifications of this queue or do without; takes effect on the ring at once. */
void pvboot_ring_notify(struct pvboot_dev *dev, struct pvboot_queue *q, bool wanted);

/* ---- pvboot_io.c ---- */

/* Give the answers to the guest that came while the device was no bus master. */
void pvboot_io_unpark(struct pvboot_dev *dev);
/* The requests are forgotten: what is pinned is nobody's any more. */
void pvboot_io_forget(struct pvboot_dev *dev);

/* Write to the answer, status to length, before it is one. */
bool pvboot_io_put_rsp(struct pvboot_io *io, size_t offset, const void *buf, size_t len);

/* ---- pvboot_vhost.c ---- */

/* Write the device's status into a waiting request's response, where a driver behind a front end reads it. */
void pvboot_vhost_tell(struct pvboot_io *io);
/* The status has changed: write it into every waiting request's response. */
void pvboot_vhost_tell_all(struct pvboot_dev *dev);

/* ---- pvboot_req.c ---- */

/* Take over the requests that wait on queue 1: at most the queue's size of them. */
void pvboot_req_run(struct pvboot_dev *dev);
/* Whether a request from a checkpoint is one that a backend may be given. */
bool pvboot_req_good(const struct pvboot_dev *dev, struct pvboot_io *io);

/* ---- pvboot_pkt.c ---- */

/* Hand what waits to the guest, as far as it has buffers. */
void pvboot_pkt_run(struct pvboot_dev *dev);
/* Forget the packets of one type (PVBOOT_PKT_*, 0: all) that wait, and say how many were lost since the last time. */
void pvboot_pkt_drop(struct pvboot_dev *dev, uint16_t type);
/* Whether the guest listens to packets of that type, and one may be of that length. */
bool pvboot_pkt_wanted(const struct pvboot_dev *dev, const struct pvboot_pkt *pkt);

#endif /* PVBOOT_DEV_INT_H */
