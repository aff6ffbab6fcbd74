/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_source.h - `source = guest`: when a VM's fetches speak with the guest's own address. */
#ifndef HOSTD_VM_SOURCE_H
#define HOSTD_VM_SOURCE_H

#include <stdbool.h>

struct vm;

/* Each does nothing without `source = guest`. */

bool vm_source_start(struct vm *vm); /* false: out of memory */
void vm_source_enter(struct vm *vm); /* there is a lease: speak with the guest's address */
void vm_source_leave(struct vm *vm); /* somebody else may speak with it from now on */
/* A network stack of the boot program's own speaks with that address from now on, or no more. */
void vm_source_own_stack(struct vm *vm, bool speaks);
void vm_source_stop(struct vm *vm); /* leave for good */

#endif /* HOSTD_VM_SOURCE_H */
