/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * phase.h - what the guest reports of its boot, in the log of this process.
 *
 * A line is "phase NAME MS ms", with the milliseconds since the ROM of this boot started; the bench reads it.
 */
#ifndef QEMU_PHASE_H
#define QEMU_PHASE_H

#include "pvboot_dev.h"

struct phase {
	int fd;		   /* gets each phase as one byte, without waiting for a reader; -1: none */
	uint64_t start_ms; /* of this boot, on the VMM's clock */
	bool begun;	   /* start_ms is known */
};

/* Log a note of the guest's (struct pvboot_vmm_ops's note) if it is PHASE or LOG. */
void phase_note(struct phase *p, struct pvboot_dev *dev, uint16_t op, const uint8_t *args, uint32_t arg_len);

#endif /* QEMU_PHASE_H */
