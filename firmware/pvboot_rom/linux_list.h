/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_list.h - a menu on the console: the user chooses what to boot. */
#ifndef ROM_LINUX_LIST_H
#define ROM_LINUX_LIST_H

#include "pvboot_req.h"
#include "rom.h"

/*
 * Show the list at a physical address below 64 KiB until the user has chosen or the time is up.  *choice: for the next
 * PVBOOT_OP_PLAN.  Returns PVBOOT_S_OK, REQUEST_ESCAPED if the user cancelled, PVBOOT_S_BAD_REQUEST if the list is
 * malformed.
 */
uint32_t linux_list_choose(uint32_t at, uint32_t *choice);

#endif /* ROM_LINUX_LIST_H */
