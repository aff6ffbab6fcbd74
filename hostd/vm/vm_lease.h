/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_lease.h - DISCOVER: the lease of a VM. */
#ifndef HOSTD_VM_LEASE_H
#define HOSTD_VM_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

void vm_lease_discover(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_lease_cancelled(struct vm *vm);
void vm_lease_reset(struct vm *vm);
bool vm_lease_restore(struct vm *vm, const uint8_t *blob, size_t len);

#endif /* HOSTD_VM_LEASE_H */
