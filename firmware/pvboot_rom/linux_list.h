/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_list.h - a list of what can be booted, for somebody to choose from. */
#ifndef ROM_LINUX_LIST_H
#define ROM_LINUX_LIST_H

#include "pvboot_req.h"
#include "rom.h"

/*
 * Show the list at a physical address below 64 KiB until somebody chose or the time is up; *choice is for
 * PVBOOT_OP_PLAN.  REQUEST_ESCAPED if the boot was given up, PVBOOT_S_BAD_REQUEST if the list is malformed.
 */
uint32_t linux_list_choose(uint32_t at, uint32_t *choice);

#endif /* ROM_LINUX_LIST_H */
