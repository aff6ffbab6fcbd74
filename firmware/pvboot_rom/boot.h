/* SPDX-License-Identifier: BSD-2-Clause */
/* boot.h - the boot itself: from the BIOS's call to the boot program's entry. */
#ifndef ROM_BOOT_H
#define ROM_BOOT_H

#include "rom.h"

/* Called at POST (entry.asm): is there a device for this ROM?  Returns 0 if so. */
uint32_t boot_init(void);

/* Called at boot (entry.asm).  Returns if there is nothing to boot, or the boot program came back. */
void boot_main(void);

#endif /* ROM_BOOT_H */
