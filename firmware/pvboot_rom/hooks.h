/* SPDX-License-Identifier: BSD-2-Clause */
/* hooks.h - the BIOS's interrupts that this ROM takes, and gives back: INT 19h, INT 1Ah, INT 15h. */
#ifndef ROM_HOOKS_H
#define ROM_HOOKS_H

#include "rom.h"

#define E820_MAX 128 /* a map with more ranges is a loop */
#define E820_RAM 1
#define E820_RESERVED 2

struct e820_entry { /* ACPI 6.4, 15.1 */
	uint32_t base[2], length[2], type;
};

/*
 * One range of the BIOS's memory map (ACPI 6.4, 15.1).  *next is 0 for the first, and 0 again after the last.  False:
 * there is none.
 */
bool hooks_map(struct e820_entry *e, uint32_t *next);

/* At POST: boot by INT 19h, before whatever the BIOS would boot. */
void hooks_take_boot(void);

/*
 * At boot, first of all: INT 19h is the BIOS's again, so that a boot program may call it, and it is seen whether the
 * BIOS's memory map offers the resident part as RAM.
 */
void hooks_boot(void);

/* INT 1Ah, and INT 15h where the memory map needs it.  May be called again. */
void hooks_install(void);

/* Give all of them back.  False, and nothing is changed: somebody chained to one, so the resident part has to stay. */
bool hooks_remove(void);

#endif /* ROM_HOOKS_H */
