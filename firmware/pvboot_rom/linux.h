/* SPDX-License-Identifier: BSD-2-Clause */
/* linux.h - the boot of a Linux kernel without a boot program. */
#ifndef ROM_LINUX_H
#define ROM_LINUX_H

#include "rom.h"

/*
 * Ask the host for a plan, and boot the kernel that it names.  Returns only if no kernel was booted, with a status of
 * errors.h: ERROR_NO_PLAN if a boot program is to be booted, ERROR_LOCAL if nothing is, else what failed; *words says
 * why if the host has no words, else it is NULL.  Needs the lease.  Writes to memory from 8000h on.
 */
uint32_t linux_boot(const char **words);

#endif /* ROM_LINUX_H */
