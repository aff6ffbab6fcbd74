/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_dev_int.h - shared by the source files of the device; no other file includes it.
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

/* Kernels and freestanding builds provide these three functions and nothing else. */
void *memcpy(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define PVBOOT_CFG_SPACE 256  /* bytes of configuration space */
#define PVBOOT_PKT_WAITING 64 /* packets kept while the guest has no buffer posted */
#define PVBOOT_COMPLAINTS 16  /* log lines that a guest can cause between two resets of the VMM */
#define PVBOOT_FEATURES (UINT64_C(1) << PVBOOT_F_DGRAM | UINT64_C(1) << VIRTIO_F_VERSION_1)

struct pvboot_queue {
	/* virtio 1.2 4.1.4.3 */
	uint64_t desc, avail, used;
	uint16_t size;
	bool enabled;
	/* private to the device, modulo 2^16 */
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
	bool started; /* DRIVER_OK was set since the last reset: the backend may hold state */
	bool vhost;   /* pvboot_vhost.c started the queues, not our registers */
	bool dgram_open;
	bool frame_open;  /* a FRAME_OPEN has succeeded */
	uint32_t dropped; /* packets that the guest did not take since the last log line about them */
	uint32_t complaints;

	struct pvboot_queue queue[PVBOOT_NUM_QUEUES];
	struct pvboot_io io[PVBOOT_QUEUE_MAX]; /* indexed by head; a head in flight twice breaks the device */
	bool parked[PVBOOT_QUEUE_MAX];	       /* answered, but guest memory was out of reach; still busy */

	/* a result that the owner writes without holding the lock, and what waits until that has ended */
	bool pinned;
	bool stale;	/* a reset came: forget the request */
	bool cancelled; /* a CANCEL of it came */
	uint16_t pinned_head;
	bool cancel_waits[PVBOOT_QUEUE_MAX]; /* indexed by head: a CANCEL to answer at unpin */

	uint32_t error_len;
	char error[PVBOOT_ERROR_MAX];

	uint32_t waiting_first, waiting_count;
	struct pvboot_waiting waiting[PVBOOT_PKT_WAITING];
	struct pvboot_seg seg[PVBOOT_QUEUE_MAX]; /* of the current buffer of queue 0; too large for a stack */
};

/* ---- pvboot_dev.c ---- */

/* Whether the device may touch guest memory: DRIVER_OK, not broken, and a bus master (PCI 3.0 6.2.2). */
bool pvboot_dev_running(const struct pvboot_dev *dev);
/* The driver has notified a queue. */
void pvboot_dev_notified(struct pvboot_dev *dev, uint32_t queue);

/* Pass a note from the guest to the VMM and the backend. */
void pvboot_dev_note(struct pvboot_dev *dev, uint16_t op, const uint8_t *args, uint32_t arg_len);

/* Tell the VMM and the backend that the guest was reset. */
void pvboot_dev_reset_backend(struct pvboot_dev *dev);
/* Fill *config with the device configuration as it reads now. */
void pvboot_dev_render_config(struct pvboot_dev *dev, struct pvboot_config *config);
/* The driver broke the rules of the ring: set DEVICE_NEEDS_RESET (virtio 1.2 2.1.2) and log why. */
void pvboot_dev_break(struct pvboot_dev *dev, const char *why);
/* Add bits to the ISR register and bring INTx in line with it and with the command register. */
void pvboot_dev_interrupt(struct pvboot_dev *dev, uint8_t bits);
void pvboot_dev_update_irq(struct pvboot_dev *dev);
/* Log one line about something wrong that the guest or hostd did; silent after PVBOOT_COMPLAINTS lines. */
void pvboot_dev_complain(struct pvboot_dev *dev, const char *text);

/* ---- pvboot_pci.c ---- */

void pvboot_pci_reset(struct pvboot_dev *dev);
/* Load a saved configuration space: only the bits that a guest may write. */
void pvboot_pci_load(struct pvboot_dev *dev, const uint8_t cfg[PVBOOT_CFG_SPACE]);
bool pvboot_pci_bus_master(const struct pvboot_dev *dev);
void pvboot_pci_set_bus_master(struct pvboot_dev *dev);
bool pvboot_pci_intx_disabled(const struct pvboot_dev *dev);

/* ---- pvboot_mem.c ---- */

/* As the VMM's map(), but checks the address and what map() returns.  On entry *len is the bytes wanted, at least 1. */
void *pvboot_mem_map(struct pvboot_dev *dev, uint64_t gpa, uint64_t *len);
/* Copy len bytes once.  Returns false if a part is not guest memory; some bytes may have been copied then. */
bool pvboot_mem_read(struct pvboot_dev *dev, uint64_t gpa, void *buf, size_t len);
bool pvboot_mem_write(struct pvboot_dev *dev, uint64_t gpa, const void *buf, size_t len);
/*
 * Access the 16-bit counters and flags that driver and device use at the same time: atomically, with the memory
 * ordering that rings need.
 */
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

/* Whether addresses and size are valid (virtio 1.2 2.7).  Does not check that memory is there. */
bool pvboot_ring_valid(const struct pvboot_queue *q);
/* Set *count to the number of chains that wait, at most the queue's size.  BROKEN if the driver's index is invalid. */
enum pvboot_ring pvboot_ring_count(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t *count);
/* pop takes the next chain, after pvboot_ring_count() has reported one; unpop puts back the chain just taken. */
enum pvboot_ring pvboot_ring_pop(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain);
void pvboot_ring_unpop(struct pvboot_queue *q);
/*
 * Read the chain's next descriptor.  MORE: it is in *seg, and chain->writable says which part it is in.  END: no more.
 */
enum pvboot_ring pvboot_ring_walk(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain,
				  struct pvboot_seg *seg);
/* Whether the used index, which only the device writes, still has the value that the device wrote. */
bool pvboot_ring_kept(struct pvboot_dev *dev, const struct pvboot_queue *q);
/* Return a chain to the driver, len bytes written, and raise the interrupt unless the driver suppressed it. */
void pvboot_ring_push(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t head, uint32_t len);
/* Ask the driver to notify this queue, or not to; writes the ring's flag at once. */
void pvboot_ring_notify(struct pvboot_dev *dev, struct pvboot_queue *q, bool wanted);

/* ---- pvboot_io.c ---- */

/* Write the answers that came while the device was not a bus master to the guest. */
void pvboot_io_unpark(struct pvboot_dev *dev);
/* All requests are forgotten: mark a pinned result as stale. */
void pvboot_io_forget(struct pvboot_dev *dev);

/* Write to a field of the response (status to length) before the request is answered. */
bool pvboot_io_put_rsp(struct pvboot_io *io, size_t offset, const void *buf, size_t len);

/* ---- pvboot_vhost.c ---- */

/* Write the device's status into a waiting request's response.  A driver behind a front end reads it there. */
void pvboot_vhost_tell(struct pvboot_io *io);
/* The status has changed: write it into every waiting request's response. */
void pvboot_vhost_tell_all(struct pvboot_dev *dev);

/* ---- pvboot_req.c ---- */

/* Process the requests that wait on queue 1, at most as many as the queue's size. */
void pvboot_req_run(struct pvboot_dev *dev);
/* Whether a request from a checkpoint is valid, so that the backend may get it. */
bool pvboot_req_good(const struct pvboot_dev *dev, struct pvboot_io *io);

/* ---- pvboot_pkt.c ---- */

/* Deliver waiting packets to the guest, as far as it has buffers. */
void pvboot_pkt_run(struct pvboot_dev *dev);
/* Drop the waiting packets of one type (PVBOOT_PKT_*, 0: all), and log how many were lost since the last such line. */
void pvboot_pkt_drop(struct pvboot_dev *dev, uint16_t type);
/* Whether the guest has opened packets of this type, and the length is allowed for it. */
bool pvboot_pkt_wanted(const struct pvboot_dev *dev, const struct pvboot_pkt *pkt);

#endif /* PVBOOT_DEV_INT_H */
