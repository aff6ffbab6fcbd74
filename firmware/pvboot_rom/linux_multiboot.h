/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_multiboot.h - kernels by the Multiboot Specification 0.6.96 (version 1), in place of Linux ones. */
#ifndef ROM_LINUX_MULTIBOOT_H
#define ROM_LINUX_MULTIBOOT_H

#include "rom.h"

/* Load the kernel, if it is one of that kind, and its modules.  Returns a status of errors.h. */
uint32_t linux_multiboot_load(void);

/* Enter what was loaded. */
_Noreturn void linux_multiboot_enter(void);

#endif /* ROM_LINUX_MULTIBOOT_H */
