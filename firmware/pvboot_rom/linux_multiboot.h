/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_multiboot.h - kernels by the Multiboot Specification 0.6.96 (version 1). */
#ifndef ROM_LINUX_MULTIBOOT_H
#define ROM_LINUX_MULTIBOOT_H

#include "rom.h"

/* Load the kernel and its modules.  Returns a status of errors.h: it may be no Multiboot kernel. */
uint32_t linux_multiboot_load(void);

/* Enter the loaded kernel. */
_Noreturn void linux_multiboot_enter(void);

#endif /* ROM_LINUX_MULTIBOOT_H */
