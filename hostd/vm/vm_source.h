/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_source.h - `source = guest`: when hostd fetches a VM's files with the guest's own address. */
#ifndef HOSTD_VM_SOURCE_H
#define HOSTD_VM_SOURCE_H

#include <stdbool.h>

struct vm;

/* Without `source = guest` these functions do nothing. */

bool vm_source_start(struct vm *vm); /* false: out of memory */
void vm_source_enter(struct vm *vm); /* the guest has a lease: use its address */
void vm_source_leave(struct vm *vm); /* something else may use that address from now on */
/* The boot program's own network stack uses the address from now on (speaks), or has stopped. */
void vm_source_own_stack(struct vm *vm, bool speaks);
void vm_source_stop(struct vm *vm); /* stop using the address for good */

#endif /* HOSTD_VM_SOURCE_H */
