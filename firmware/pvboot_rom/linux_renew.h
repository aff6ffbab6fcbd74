/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_renew.h - renew_base() for code above 1 MiB (linux_renew.asm). */
#ifndef ROM_LINUX_RENEW_H
#define ROM_LINUX_RENEW_H

#include "rom.h"

/*
 * Have the processor store len bytes of code at phys once more, as renew_base() does.  Above 1 MiB that takes time and
 * is done only if needed is true: the device has written to this machine's memory before this boot.
 */
void linux_renew(uint32_t phys, uint32_t len, bool needed);

#endif /* ROM_LINUX_RENEW_H */
