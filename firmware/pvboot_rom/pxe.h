/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe.h - the PXE stack as a whole: start and stop, !PXE and PXENV+, base memory. */
#ifndef ROM_PXE_H
#define ROM_PXE_H

#include "rom.h"

/* Start the device, with nothing open in any part of the API.  Returns NULL, or words for what is wrong. */
const char *pxe_start(void);

/* Build !PXE and PXENV+ and hook INT 1Ah. */
void pxe_install(void);

/* Far pointers to them, for the boot program's entry. */
uint32_t pxe_bang_far(void);
uint32_t pxe_env_far(void);

/* Stop the device, and give INT 1Ah back.  Returns false if another program has chained to it. */
bool pxe_close(void);

/* Give the base memory back, unless another program has lowered 0:413h further or chained to an interrupt. */
void pxe_release_memory(void);

/* Run a call of the API; the parameter block is at FS:offset (pxe_entry.asm).  Returns AX. */
uint16_t pxe_call(uint32_t opcode, uint32_t offset);

#endif /* ROM_PXE_H */
