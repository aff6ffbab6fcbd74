/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_source.c - `source = guest`: when hostd fetches a VM's files with the guest's own address.
 *
 * hostd uses the address from the lease on, until something else may use it.  That is either the guest's network card
 * (when the boot program unloads, a kernel or the next boot device begins, or the machine is reset) or a boot program's
 * own network stack, which sends frames.  Two stacks with one address would reset each other's connections.
 */
#include <string.h>

#include "base/addr.h"
#include "net/source_guest.h"
#include "vm/vm_data.h"
#include "vm/vm_dgram.h"
#include "vm/vm_source.h"

static void use(struct vm *vm, struct source *source)
{
	if (vm->source) {
		source_close(vm->source);
		source_unref(vm->source);
	}
	vm->source = source;
	vm_dgram_use_source(vm, source);
}

static struct source *make(const struct vm *vm)
{
	return source_guest(vm->id.name, vm->id.conf->place, vm->id.mac, &vm->boot.res.lease);
}

/* Out of memory makes a source that fails every fetch; hostd never uses its own address instead. */
bool vm_source_start(struct vm *vm)
{
	if (!vm->id.conf->source_guest)
		return true;
	use(vm, make(vm));
	vm_source_leave(vm);
	return vm->source != NULL;
}

void vm_source_enter(struct vm *vm)
{
	struct source *source;

	if (!vm->id.conf->source_guest || vm->own_stack || vm->ending || addr_none(vm->boot.res.lease.address))
		return;
	source = make(vm);
	if (source)
		use(vm, source);
}

void vm_source_leave(struct vm *vm)
{
	source_close(vm->source);
}

void vm_source_own_stack(struct vm *vm, bool speaks)
{
	vm->own_stack = speaks;
	if (speaks)
		vm_source_leave(vm);
	else
		vm_source_enter(vm);
}

void vm_source_stop(struct vm *vm)
{
	use(vm, NULL);
}
