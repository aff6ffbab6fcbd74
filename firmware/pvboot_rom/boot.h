/* SPDX-License-Identifier: BSD-2-Clause */
/* boot.h - the boot itself: from the BIOS's call to the boot program's entry. */
#ifndef ROM_BOOT_H
#define ROM_BOOT_H

#include "pvboot_req.h"
#include "rom.h"

/* The lease and the three packets of GET_CACHED_INFO: here for as long as the stack is, and writable by boot programs.
 */
extern struct pvboot_discover_res boot_dhcp;

/* Called at POST (entry.asm): is there a device for this ROM?  Returns 0 if so. */
uint32_t boot_init(void);

/* Called at boot (entry.asm).  Returns if there is nothing to boot, or the boot program came back. */
void boot_main(void);

/* Load the boot program to 0:7C00h; name of name_len bytes at a physical address.  Returns a status of errors.h. */
uint32_t boot_load(uint32_t server, uint32_t name, uint32_t name_len);

#endif /* ROM_BOOT_H */
