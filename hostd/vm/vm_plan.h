/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_plan.h - PLAN: what a guest boots without a boot program. */
#ifndef HOSTD_VM_PLAN_H
#define HOSTD_VM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_info;
struct vm;

void vm_plan_ask(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Cancel the PLAN with this request id.  Returns false if no PLAN has it. */
bool vm_plan_cancel(struct vm *vm, uint32_t id);
void vm_plan_reset(struct vm *vm);
/* Does this VM, with this lease, boot without a boot program?  A site's DHCP option decides, else the VM's section. */
bool vm_plan_wanted(const struct vm *vm, const struct boot_info *boot);

#endif /* HOSTD_VM_PLAN_H */
