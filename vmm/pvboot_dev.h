/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_dev.h - the pvboot device, neutral of any VMM.
 *
 * The VMM glue owns a struct pvboot_dev, gives it a table of VMM operations and a backend, forwards configuration and
 * BAR accesses, and is called back for guest memory and interrupts.  Nothing here blocks, allocates or locks: the glue
 * serialises all calls on one device.  Freestanding: the implementation needs memcpy, memset and memcmp only.
 */
#ifndef PVBOOT_DEV_H
#define PVBOOT_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot.h"

struct pvboot_dev;
struct pvboot_backend_ops;

enum pvboot_log_level { PVBOOT_LOG_ERROR, PVBOOT_LOG_WARNING, PVBOOT_LOG_NOTICE, PVBOOT_LOG_DEBUG };

/* What the device asks of its VMM.  Every operation gets the pointer given to pvboot_dev_init(). */
struct pvboot_vmm_ops {
	/*
	 * Translate a guest-physical range.  Returns a host pointer to its beginning and sets *len down to the bytes
	 * that are contiguous there (at least 1); NULL where there is no guest RAM.  Never blocks.  The pointer is good
	 * until control returns to the VMM.
	 */
	void *(*map)(void *vmm, uint64_t gpa, uint64_t *len);
	/* Drive INTx: a level, 1 asserted.  Called only when the level changes. */
	void (*set_irq)(void *vmm, int level);
	/* Milliseconds from an arbitrary start, never going back. */
	uint64_t (*now_ms)(void *vmm);
	/* One line, no newline, not from a format string. */
	void (*log)(void *vmm, enum pvboot_log_level level, const char *text);
	/* A queue has a chain back and its driver wants to know: where interrupts are events.  NULL: set_irq() is used.
	 */
	void (*call)(void *vmm, uint32_t queue);
	/* As map, for what is only read: it may also be memory that the guest cannot write now.  NULL: map is used. */
	const void *(*map_read)(void *vmm, uint64_t gpa, uint64_t *len);
	/* PVBOOT_STATUS_WRITTEN is set: for glue that keeps it beyond this process.  NULL: it need not know. */
	void (*written)(void *vmm);
	/*
	 * What the guest notes, before it has its answer: op, args and arg_len as in struct pvboot_backend_ops's
	 * note(), which follows.  With op 0 the guest started over, and the backend's reset() follows.  NULL: it need
	 * not know.
	 */
	void (*note)(void *vmm, uint16_t op, const uint8_t *args, uint32_t arg_len);
};

/* One piece of a request's writable room. */
struct pvboot_seg {
	uint64_t gpa;
	uint32_t len;
};

/*
 * A request in flight.  The device owns it; from submit() to pvboot_io_complete() or cancel() the backend may use it.
 * op, args and arg_len are a private, validated copy: arg_len is at least the operation's fixed part.
 */
struct pvboot_io {
	uint16_t op;	  /* PVBOOT_OP_* */
	uint32_t arg_len; /* bytes in args */
	uint64_t room;	  /* bytes of result the guest has room for, at least the operation's fixed result */
	uint8_t args[PVBOOT_ARGS_MAX] __attribute__((aligned(8)));
	/* the backend's own, zero when submitted */
	uint64_t be_offset;
	uint64_t be_deadline_ms;
	uint32_t be_id;
	/* the device's own */
	bool busy;
	uint16_t head;
	uint16_t nsegs;
	uint64_t sent; /* reserved for the device */
	struct pvboot_dev *dev;
	struct pvboot_seg seg[PVBOOT_QUEUE_MAX];
};

/* Set-up of a device; the glue may change mac and uuid until the guest runs. */
struct pvboot_dev_conf {
	uint8_t mac[6];
	bool has_uuid;
	uint8_t uuid[16];
	bool boot_first;       /* PVBOOT_CFG_F_BOOT_FIRST */
	uint32_t host_wait_ms; /* 0: PVBOOT_HOST_WAIT_DEFAULT_MS */
};

/* ---- for the VMM glue ------------------------------------------------------------------------------------------ */

/* Bytes a caller must provide for a struct pvboot_dev, so that glue can allocate it without seeing inside. */
size_t pvboot_dev_size(void);

/* Bring *dev, of pvboot_dev_size() bytes, to its power-on state.  The pointers stay the caller's and must outlive it.
 */
void pvboot_dev_init(struct pvboot_dev *dev, const struct pvboot_vmm_ops *vmm_ops, void *vmm,
		     const struct pvboot_backend_ops *backend_ops, void *backend, const struct pvboot_dev_conf *conf);

/* The VMM was reset: as a PCI reset, configuration space included.  Also cancels every request at the backend. */
void pvboot_dev_reset(struct pvboot_dev *dev);

/*
 * PVBOOT_STATUS_WRITTEN as it is to be: true where a process before this one has written to the machine's memory, false
 * where it turns out to be another machine.  Neither a reset nor a boot changes it.
 */
void pvboot_dev_set_written(struct pvboot_dev *dev, bool written);

/*
 * For a VMM that resets its machine without telling the devices: true if guest memory was emptied under a running
 * device, whose rings are no longer what it wrote.  The glue asks before it lets the backend write, and resets the
 * device by its status register then, for BARs outlive such a reset.
 */
bool pvboot_dev_lost_memory(struct pvboot_dev *dev);

/*
 * PCI configuration space, 256 bytes; len 1, 2 or 4.  Reads outside or unaligned give all ones, such writes nothing.
 * The ROM BAR (30h) is the glue's unless rom_size is set with pvboot_dev_set_rom_size().
 */
uint32_t pvboot_dev_cfg_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len);
void pvboot_dev_cfg_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value);

/* Answer sizing of the expansion ROM BAR for an image of size bytes, a power of two of at least 2 KiB; 0: no ROM. */
void pvboot_dev_set_rom_size(struct pvboot_dev *dev, uint32_t size);

/* The I/O BAR; offset relative to it, len 1, 2 or 4.  A write to the notify register may complete requests. */
uint32_t pvboot_dev_bar_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len);
void pvboot_dev_bar_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value);

/*
 * The device as a vhost back end, in place of configuration space and BAR: the VMM's own virtio front end has registers
 * and negotiates, the device has the queues (docs/spec.md, chapter 7).  All features are in force.
 */
struct pvboot_vhost_queue {
	uint64_t desc, avail, used; /* guest-physical */
	uint16_t size;
};

/*
 * Start a queue.  It goes on behind the last chain that came back, as the used index in guest memory says.  Returns
 * false, and starts nothing, if addresses or size cannot be used or the used ring is not in guest memory.
 */
bool pvboot_vhost_start(struct pvboot_dev *dev, uint32_t queue, const struct pvboot_vhost_queue *vq);
/*
 * Stop a queue, and leave guest memory alone.  The device takes unanswered requests back from the backend, and begins
 * them again after the next start.  Returns the used index.
 */
uint16_t pvboot_vhost_stop(struct pvboot_dev *dev, uint32_t queue);
/* The guest has notified a queue. */
void pvboot_vhost_kick(struct pvboot_dev *dev, uint32_t queue);
/* The process before this one had datagrams or frames open and began to count milliseconds at epoch_ms. */
void pvboot_vhost_resume(struct pvboot_dev *dev, bool dgram_open, bool frame_open, uint64_t epoch_ms);
/* The driver has ended: close what it had open.  Starting a queue 1 in which no chain has come back does so too. */
void pvboot_vhost_forget(struct pvboot_dev *dev);

/*
 * Checkpoints.  pvboot_dev_save() writes the device's state, at most pvboot_dev_state_max() bytes, and returns how
 * many; 0 if room is less than that, or while a result is pinned.  pvboot_dev_load() brings an initialised device to a
 * saved state, after a reset that the backend is told of; false, and the power-on state, if the bytes are no such
 * state.  The backend loads its own state then, and pvboot_dev_resume() gives it the requests that were in flight once
 * more.
 */
size_t pvboot_dev_state_max(void);
size_t pvboot_dev_save(struct pvboot_dev *dev, void *buf, size_t room);
bool pvboot_dev_load(struct pvboot_dev *dev, const void *buf, size_t len);
void pvboot_dev_resume(struct pvboot_dev *dev);

/* ---- for the backend ------------------------------------------------------------------------------------------- */

/* Copy len bytes into the result at off.  False if they do not fit the room or guest memory is not there. */
bool pvboot_io_write(struct pvboot_io *io, uint64_t off, const void *buf, size_t len);

/*
 * Where the result's byte off lies in the host, and in *len how many bytes are contiguous there (never beyond the
 * room).  NULL if off is outside the room or guest memory is not there.  Good until control returns to the VMM.
 */
void *pvboot_io_map(struct pvboot_io *io, uint64_t off, uint64_t *len);

/*
 * As pvboot_io_map(), and the caller may leave whatever serialises the calls on the device, write to the *len bytes,
 * and come back with pvboot_io_unpin(): so a bulk copy keeps no vcpu waiting.  A reset, a CANCEL or the end of the link
 * meanwhile takes effect at once, but the guest is told so only by unpin: until then device_status does not read 0 and
 * the CANCEL is not answered (DEV-18, DEV-33).  One result of a device at a time; NULL also while one is pinned.
 */
void *pvboot_io_pin(struct pvboot_io *io, uint64_t off, uint64_t *len);
void pvboot_io_unpin(struct pvboot_dev *dev);

/* As pvboot_io_map(), but the guest-physical address: for moving bytes by descriptor. */
bool pvboot_io_gpa(struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len);

/* Answer a request; length bytes of result have been written (at most room).  io is the device's again. */
void pvboot_io_complete(struct pvboot_io *io, uint32_t status, uint32_t detail, uint32_t length);

/*
 * Deliver a packet to the guest; pkt->length bytes at payload.  Kept (copied) while the guest has no buffer posted, up
 * to a bound; false if it was dropped.  Nothing is kept unless the guest has opened datagrams, or frames.
 */
bool pvboot_dev_deliver(struct pvboot_dev *dev, const struct pvboot_pkt *pkt, const void *payload);

/* Whether a host serves the device (PVBOOT_STATUS_*); a change raises the configuration interrupt. */
void pvboot_dev_set_status(struct pvboot_dev *dev, uint16_t status);

/* Replace MAC or UUID (NULL: leave) once hostd has laid them down. */
void pvboot_dev_set_identity(struct pvboot_dev *dev, const uint8_t mac[6], const uint8_t uuid[16],
			     uint32_t host_wait_ms);

/* The words of PVBOOT_OP_LAST_ERROR: len bytes, cut at PVBOOT_ERROR_MAX, made printable ASCII. */
void pvboot_dev_set_error(struct pvboot_dev *dev, const char *text, size_t len);

/* Through the VMM's operations. */
uint64_t pvboot_dev_now_ms(struct pvboot_dev *dev);
void pvboot_dev_log(struct pvboot_dev *dev, enum pvboot_log_level level, const char *text);

#endif /* PVBOOT_DEV_H */
