/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_wait.c - a guest's requests that wait for an answer: DISCOVER, and READ of inline data. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "vm/vm_data.h"
#include "vm/vm_send.h"
#include "vm/vm_wait.h"

#define WAITS_MAX 64 /* a guest's queue holds no more requests than this */

struct vm_waits {
	struct vm_wait wait[WAITS_MAX];
};

bool vm_wait_start(struct vm *vm)
{
	vm->waits = calloc(1, sizeof(*vm->waits));
	return vm->waits != NULL;
}

struct vm_wait *vm_wait_begin(struct vm *vm, uint16_t op, uint32_t id, uint64_t room)
{
	for (size_t i = 0; i < WAITS_MAX; i++) {
		struct vm_wait *wait = &vm->waits->wait[i];

		if (wait->used)
			continue;
		*wait = (struct vm_wait){.used = true, .op = op, .id = id, .room = room, .vm = vm};
		return wait;
	}
	vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "too many requests at once");
	return NULL;
}

void vm_wait_end(struct vm_wait *wait)
{
	if (wait->timer)
		event_free(wait->timer);
	memset(wait, 0, sizeof(*wait));
}

struct vm_wait *vm_wait_next(struct vm *vm, uint16_t op, const struct vm_wait *after)
{
	struct vm_wait *all = vm->waits->wait;

	for (size_t i = after ? (size_t)(after - all) + 1 : 0; i < WAITS_MAX; i++)
		if (all[i].used && all[i].op == op)
			return &all[i];
	return NULL;
}

bool vm_wait_cancel(struct vm *vm, uint16_t op, uint32_t id)
{
	struct vm_wait *wait = NULL;
	bool found = false;

	while ((wait = vm_wait_next(vm, op, wait))) {
		if (wait->id != id)
			continue;
		vm_wait_end(wait);
		found = true;
	}
	return found;
}

void vm_wait_reset(struct vm *vm)
{
	for (size_t i = 0; vm->waits && i < WAITS_MAX; i++)
		if (vm->waits->wait[i].used)
			vm_wait_end(&vm->waits->wait[i]);
}

void vm_wait_stop(struct vm *vm)
{
	vm_wait_reset(vm);
	free(vm->waits);
	vm->waits = NULL;
}
