/* SPDX-License-Identifier: BSD-2-Clause */
/* nbp.h - the boot program (NBP). */
#ifndef ROM_NBP_H
#define ROM_NBP_H

#include "rom.h"

/*
 * Load the boot program to 0:7C00h.  Its name of name_len bytes lies at a physical address; server 0: the lease's boot
 * server.  Returns a status of errors.h.
 */
uint32_t nbp_load(uint32_t server, uint32_t name, uint32_t name_len);

#endif /* ROM_NBP_H */
