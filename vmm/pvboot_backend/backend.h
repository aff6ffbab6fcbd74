/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend.h - what stands behind a pvboot device: the host's half of a network boot.
 *
 * A backend is a const table and a pointer of its own.  The device calls it; it answers through the "for the backend"
 * half of pvboot_dev.h, at once (from within submit()) or later, in any order.  All calls on one device are serialised
 * by the VMM glue, which also gives the backend its turns (each backend has its own way to be driven: a descriptor to
 * poll, a stream's callback).
 */
#ifndef PVBOOT_BACKEND_H
#define PVBOOT_BACKEND_H

#include "pvboot_dev.h"

struct pvboot_backend_ops {
	const char *name;
	/* The device is initialised: remember dev, for deliver, status and log. */
	void (*attach)(void *backend, struct pvboot_dev *dev);
	/*
	 * Begin a request: DISCOVER, OPEN, READ, CLOSE, PROGRESS, PLAN or FRAME_OPEN (the device answers LAST_ERROR and
	 * CANCEL itself, and the unanswered kinds go to note(), dgram() and frame()).  Never blocks and moves no file
	 * data [DEV-6]: the VMM may hold a vcpu until submit() returns, so file data moves in the backend's turns.
	 * Without a host the request waits, and it is the guest that gives up.  The backend calls pvboot_io_complete()
	 * exactly once, unless cancel() or reset() comes first.
	 */
	void (*submit)(void *backend, struct pvboot_io *io);
	/* Forget io: the device completes it.  No pointer to it may be used after return. */
	void (*cancel)(void *backend, struct pvboot_io *io);
	/* LOG, PHASE, DGRAM_OPEN, DGRAM_CLOSE, FRAME_CLOSE, already answered to the guest; args as in struct pvboot_io.
	 * May be lost. */
	void (*note)(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len);
	/* A datagram from the guest, already answered; len payload bytes.  May be lost. */
	void (*dgram)(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len);
	/* An Ethernet frame from the guest, already answered; PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes.  May be
	 * lost. */
	void (*frame)(void *backend, const void *frame, uint32_t len);
	/* The guest reset the device: forget every io, close every file, drop every datagram. */
	void (*reset)(void *backend);
};

#endif /* PVBOOT_BACKEND_H */
