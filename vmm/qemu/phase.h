/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * phase.h - a backend before the backend: writes what the guest reports of its boot to the log of this process.
 *
 * A line is "phase NAME MS ms", with the milliseconds since the ROM of this boot started; the bench reads it.
 */
#ifndef QEMU_PHASE_H
#define QEMU_PHASE_H

#include "backend.h"

struct phase {
	const struct pvboot_backend_ops *next; /* every call goes on to this one */
	void *next_backend;
	struct pvboot_dev *dev;
	int fd;		   /* is told each phase by one byte, without waiting for a reader; -1: none */
	uint64_t start_ms; /* of this boot, on the VMM's clock */
	bool begun;	   /* start_ms is known */
	/* NULL: nobody.  Hears of each note before the guest has its answer, and of resets as op 0. */
	void (*heard)(uint16_t op, const uint8_t *args);
};

/* The backend to give to the device; its pointer is a struct phase. */
extern const struct pvboot_backend_ops phase_backend;

#endif /* QEMU_PHASE_H */
