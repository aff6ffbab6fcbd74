/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_renew.h - code above 1 MiB (linux_renew.asm). */
#ifndef ROM_LINUX_RENEW_H
#define ROM_LINUX_RENEW_H

#include "rom.h"

/*
 * Have the processor store len bytes at phys, which are to be run, once more, as renew_base() does below 1 MiB.  Above
 * it does so only if needed: if the device has written to this machine's memory before this boot.
 */
void linux_renew(uint32_t phys, uint32_t len, bool needed);

#endif /* ROM_LINUX_RENEW_H */
