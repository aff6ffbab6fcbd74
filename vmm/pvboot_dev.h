/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_dev.h - the pvboot device, independent of any VMM.
 *
 * The VMM glue owns a struct pvboot_dev, gives it a table of VMM operations and a backend, and forwards configuration
 * and BAR accesses.  The device calls the glue back for guest memory and interrupts.  The device never blocks,
 * allocates or locks: the glue serialises all calls on one device.  The implementation is freestanding: it needs
 * memcpy, memset and memcmp only.
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

/* The operations that the device calls on its VMM.  Each one gets the pointer given to pvboot_dev_init(). */
struct pvboot_vmm_ops {
	/*
	 * Translate a guest-physical range.  Returns a host pointer to its beginning and cuts *len to the bytes that
	 * are contiguous there (at least 1).  Returns NULL if there is no guest RAM at gpa.  Never blocks.  The pointer
	 * is valid until control returns to the VMM.
	 */
	void *(*map)(void *vmm, uint64_t gpa, uint64_t *len);
	/* Set the level of INTx: 1 asserts it.  Called only when the level changes. */
	void (*set_irq)(void *vmm, int level);
	/* Milliseconds from an arbitrary start, never going back. */
	uint64_t (*now_ms)(void *vmm);
	/* Log one line.  text has no newline and is not a format string. */
	void (*log)(void *vmm, enum pvboot_log_level level, const char *text);
	/*
	 * The device has returned a chain on a queue whose driver wants interrupts.  For a VMM where interrupts are
	 * events, not levels.  NULL: the device uses set_irq().
	 */
	void (*call)(void *vmm, uint32_t queue);
	/*
	 * As map, for memory that the device only reads.  It may also return memory that the guest cannot write now.
	 * NULL: the device uses map.
	 */
	const void *(*map_read)(void *vmm, uint64_t gpa, uint64_t *len);
	/*
	 * The device has set PVBOOT_STATUS_WRITTEN.  For glue that stores this beyond the process.  NULL: the glue
	 * ignores it.
	 */
	void (*written)(void *vmm);
	/*
	 * The guest has sent a note; the device calls this before it answers the guest and before the backend's
	 * note().  op, args and arg_len are those of note() in struct pvboot_backend_ops.  With op 0 the guest was
	 * reset, and the backend's reset() follows.  NULL: the glue ignores notes.
	 */
	void (*note)(void *vmm, uint16_t op, const uint8_t *args, uint32_t arg_len);
};

/* One piece of a request's writable room. */
struct pvboot_seg {
	uint64_t gpa;
	uint32_t len;
};

/*
 * A request in flight.  The device owns it; the backend may use it from submit() to pvboot_io_complete(), cancel() or
 * reset().  op, args and arg_len are a private, validated copy: arg_len is at least the operation's fixed part.
 */
struct pvboot_io {
	uint16_t op;	  /* PVBOOT_OP_* */
	uint32_t arg_len; /* bytes in args */
	uint64_t room;	  /* bytes of result the guest has room for, at least the operation's fixed result */
	uint8_t args[PVBOOT_ARGS_MAX] __attribute__((aligned(8)));
	/* for the backend; zero when submitted */
	uint64_t be_offset;
	uint64_t be_deadline_ms;
	uint32_t be_id;
	/* for the device only */
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

/* Size of a struct pvboot_dev in bytes.  The glue allocates that much without seeing the structure. */
size_t pvboot_dev_size(void);

/*
 * Bring *dev, of pvboot_dev_size() bytes, to its power-on state.  The pointers stay the caller's and must outlive *dev.
 */
void pvboot_dev_init(struct pvboot_dev *dev, const struct pvboot_vmm_ops *vmm_ops, void *vmm,
		     const struct pvboot_backend_ops *backend_ops, void *backend, const struct pvboot_dev_conf *conf);

/*
 * The VMM was reset: do a PCI reset, configuration space included.  This also resets the backend, which forgets every
 * request.
 */
void pvboot_dev_reset(struct pvboot_dev *dev);

/*
 * Set or clear PVBOOT_STATUS_WRITTEN.  The glue passes true if a process before this one has written to the machine's
 * memory, false if the machine turns out to be another one.  Neither a reset nor a boot changes the bit.
 */
void pvboot_dev_set_written(struct pvboot_dev *dev, bool written);

/*
 * For a VMM that resets its machine without telling the devices.  Returns true if guest memory was emptied under a
 * running device: the rings no longer hold what the device wrote.  The glue calls this before it lets the backend
 * write.  On true it resets the device through the status register, because BARs survive such a reset.
 */
bool pvboot_dev_lost_memory(struct pvboot_dev *dev);

/*
 * PCI configuration space, 256 bytes; len is 1, 2 or 4.  A read that is outside or unaligned returns all ones; such a
 * write is ignored.  The glue handles the ROM BAR (30h) unless it called pvboot_dev_set_rom_size().
 */
uint32_t pvboot_dev_cfg_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len);
void pvboot_dev_cfg_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value);

/*
 * Have the device answer sizing of the expansion ROM BAR for an image of size bytes.  size is a power of two of at
 * least 2 KiB, or 0: no ROM.
 */
void pvboot_dev_set_rom_size(struct pvboot_dev *dev, uint32_t size);

/*
 * The I/O BAR.  offset counts from its beginning; len is 1, 2 or 4.  A write to the notify register may complete
 * requests.
 */
uint32_t pvboot_dev_bar_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len);
void pvboot_dev_bar_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value);

/*
 * The device as a vhost back end, used instead of configuration space and BAR.  The VMM's own virtio front end has the
 * registers and negotiates features; the device has the queues (docs/spec.md, chapter 7).  All features are active.
 */
struct pvboot_vhost_queue {
	uint64_t desc, avail, used; /* guest-physical */
	uint16_t size;
};

/*
 * Start a queue.  The device continues after the last returned chain, as given by the used index in guest memory.
 * Returns false, and starts nothing, if addresses or size are invalid or the used ring is not in guest memory.
 */
bool pvboot_vhost_start(struct pvboot_dev *dev, uint32_t queue, const struct pvboot_vhost_queue *vq);
/*
 * Stop a queue; the device then leaves guest memory alone.  It takes unanswered requests back from the backend, and
 * submits them again after the next start.  Returns the used index.
 */
uint16_t pvboot_vhost_stop(struct pvboot_dev *dev, uint32_t queue);
/* The guest has notified a queue. */
void pvboot_vhost_kick(struct pvboot_dev *dev, uint32_t queue);
/*
 * Restore the state of the process before this one: whether datagrams and frames were open, and the time epoch_ms at
 * which its count of milliseconds began.
 */
void pvboot_vhost_resume(struct pvboot_dev *dev, bool dgram_open, bool frame_open, uint64_t epoch_ms);
/* The driver has ended: close all it had open.  Starting a queue 1 in which no chain was returned does the same. */
void pvboot_vhost_forget(struct pvboot_dev *dev);

/*
 * Checkpoints.  pvboot_dev_save() writes the device's state, at most pvboot_dev_state_max() bytes, and returns how many
 * bytes it wrote; it returns 0 if room is less than that maximum, or while a result is pinned.  pvboot_dev_load() first
 * resets an initialised device and its backend, then loads a saved state.  It returns false, and leaves the power-on
 * state, if the bytes are not a valid state.  Next the backend loads its own state.  Last, pvboot_dev_resume() submits
 * the requests that were in flight to the backend again.
 */
size_t pvboot_dev_state_max(void);
size_t pvboot_dev_save(struct pvboot_dev *dev, void *buf, size_t room);
bool pvboot_dev_load(struct pvboot_dev *dev, const void *buf, size_t len);
void pvboot_dev_resume(struct pvboot_dev *dev);

/* ---- for the backend ------------------------------------------------------------------------------------------- */

/*
 * Copy len bytes into the result at off.  Returns false if they do not fit the room or part of it is not guest memory.
 */
bool pvboot_io_write(struct pvboot_io *io, uint64_t off, const void *buf, size_t len);

/*
 * Return the host address of the result's byte off, and set *len to the bytes that are contiguous there (never beyond
 * the room).  Returns NULL if off is outside the room or not in guest memory.  The pointer is valid until control
 * returns to the VMM.
 */
void *pvboot_io_map(struct pvboot_io *io, uint64_t off, uint64_t *len);

/*
 * As pvboot_io_map(), but the caller may release the lock that serialises the calls on the device while it writes to
 * the *len bytes.  It ends this with pvboot_io_unpin().  So a bulk copy keeps no vcpu waiting.  A reset, a CANCEL or
 * the end of the link meanwhile takes effect at once, but the guest sees that only after unpin: until then
 * device_status does not read 0 and the CANCEL is not answered (DEV-18, DEV-33).  A device can have one result pinned
 * at a time; returns NULL also while one is pinned.
 */
void *pvboot_io_pin(struct pvboot_io *io, uint64_t off, uint64_t *len);
void pvboot_io_unpin(struct pvboot_dev *dev);

/*
 * As pvboot_io_map(), but sets *gpa to the guest-physical address, for moving bytes by descriptor.  Returns false where
 * pvboot_io_map() returns NULL.
 */
bool pvboot_io_gpa(struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len);

/*
 * Answer a request; the backend has written length bytes of result (at most room).  From here on io belongs to the
 * device.
 */
void pvboot_io_complete(struct pvboot_io *io, uint32_t status, uint32_t detail, uint32_t length);

/*
 * Deliver a packet to the guest: pkt and pkt->length bytes at payload.  While the guest has no buffer posted, the
 * device queues a copy, up to a bound.  Returns false if the packet was dropped.  The device drops a packet whose kind,
 * datagram or frame, the guest has not opened.
 */
bool pvboot_dev_deliver(struct pvboot_dev *dev, const struct pvboot_pkt *pkt, const void *payload);

/* Set whether a host serves the device (PVBOOT_STATUS_*).  A change raises the configuration interrupt. */
void pvboot_dev_set_status(struct pvboot_dev *dev, uint16_t status);

/* Replace MAC or UUID with those that hostd has set; NULL leaves the old value. */
void pvboot_dev_set_identity(struct pvboot_dev *dev, const uint8_t mac[6], const uint8_t uuid[16],
			     uint32_t host_wait_ms);

/* Set the text of PVBOOT_OP_LAST_ERROR: len bytes, cut at PVBOOT_ERROR_MAX, made printable ASCII. */
void pvboot_dev_set_error(struct pvboot_dev *dev, const char *text, size_t len);

/* Call the VMM's operations. */
uint64_t pvboot_dev_now_ms(struct pvboot_dev *dev);
void pvboot_dev_log(struct pvboot_dev *dev, enum pvboot_log_level level, const char *text);

#endif /* PVBOOT_DEV_H */
