/* SPDX-License-Identifier: BSD-2-Clause */
/* boot.h - the boot itself: from the BIOS's call to the boot program's entry. */
#ifndef ROM_BOOT_H
#define ROM_BOOT_H

#include "rom.h"

/* Called at POST (entry.asm): look for the device.  Returns 0 if there is one. */
uint32_t boot_init(void);

/* Called at boot (entry.asm).  Returns if nothing could be booted, or if the boot program returned. */
void boot_main(void);

#endif /* ROM_BOOT_H */
