/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend.h - the interface to a backend: the host's half of a network boot, behind the pvboot device.
 *
 * A backend is a const table of operations and the pointer that they get.  The device calls the operations.  The
 * backend answers through the "for the backend" half of pvboot_dev.h, at once (from within submit()) or later, in any
 * order.  The VMM glue serialises all calls on one device.  The glue also drives the backend, each kind in its own way:
 * by polling a descriptor, or by a stream's callback.
 */
#ifndef PVBOOT_BACKEND_H
#define PVBOOT_BACKEND_H

#include "pvboot_dev.h"

struct pvboot_backend_ops {
	const char *name;
	/* Called once the device is initialised.  The backend stores dev, for deliver, status and log. */
	void (*attach)(void *backend, struct pvboot_dev *dev);
	/*
	 * Begin a request: DISCOVER, OPEN, READ, CLOSE, PROGRESS, PLAN or FRAME_OPEN (the device answers LAST_ERROR and
	 * CANCEL itself, and the unanswered kinds go to note(), dgram() and frame()).  Never blocks and moves no file
	 * data [DEV-6]: the VMM may hold a vcpu until submit() returns, so file data moves in the backend's turns.
	 * Without a host the request waits until the guest cancels it.  The backend calls pvboot_io_complete() exactly
	 * once, unless cancel() or reset() comes first.
	 */
	void (*submit)(void *backend, struct pvboot_io *io);
	/* Forget io: the device completes it.  After return the backend must not use any pointer to it. */
	void (*cancel)(void *backend, struct pvboot_io *io);
	/*
	 * Take a note: LOG, PHASE, DGRAM_OPEN, DGRAM_CLOSE or FRAME_CLOSE.  The device answers these to the guest
	 * itself; args as in struct pvboot_io.  The backend may drop a note.
	 */
	void (*note)(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len);
	/*
	 * Take a datagram from the guest, len payload bytes.  The device answers the guest itself.  The backend may
	 * drop it.
	 */
	void (*dgram)(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len);
	/*
	 * Take an Ethernet frame from the guest, PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes.  The device answers the
	 * guest itself.  The backend may drop it.
	 */
	void (*frame)(void *backend, const void *frame, uint32_t len);
	/* The guest reset the device: forget every io, close every file, drop every datagram. */
	void (*reset)(void *backend);
};

#endif /* PVBOOT_BACKEND_H */
