/* SPDX-License-Identifier: BSD-2-Clause */
/* hooks.h - the BIOS's interrupts that this ROM hooks and restores: INT 19h, INT 1Ah, INT 15h. */
#ifndef ROM_HOOKS_H
#define ROM_HOOKS_H

#include "rom.h"

#define E820_MAX 128 /* ranges read at most: a BIOS that returns more never ends its map */
#define E820_RAM 1
#define E820_RESERVED 2

struct e820_entry { /* ACPI 6.4, 15.1 */
	uint32_t base[2], length[2], type;
};

/*
 * Read one range of the BIOS's memory map (ACPI 6.4, 15.1).  *next is 0 for the first range, and becomes 0 after the
 * last.  Returns false if the BIOS has no map or no such range.
 */
bool hooks_map(struct e820_entry *e, uint32_t *next);

/* Called at POST: hook INT 19h, to boot before the BIOS's own boot devices. */
void hooks_take_boot(void);

/*
 * Called first at boot: restore INT 19h, so that a boot program may call the BIOS's, and see whether the BIOS's memory
 * map offers the resident part as RAM.
 */
void hooks_boot(void);

/* Hook INT 1Ah, and INT 15h if the memory map needs it.  May be called again. */
void hooks_install(void);

/*
 * Restore all of them.  Returns false, and changes nothing, if another program has chained to one: the resident part
 * must stay then.
 */
bool hooks_remove(void);

#endif /* ROM_HOOKS_H */
