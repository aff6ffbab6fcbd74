/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_wait.h - requests of a guest that wait for their answer: DISCOVER, and READ of inline data. */
#ifndef HOSTD_VM_WAIT_H
#define HOSTD_VM_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct vm;
struct vm_file;

struct vm_wait {
	bool used;
	uint16_t op;
	uint32_t id;
	uint64_t room;
	struct vm *vm;
	/* of a READ */
	struct vm_file *vf;
	uint64_t offset, sent;
	bool partial, expired;
	struct event *timer;
};

/* False if memory ran out. */
bool vm_wait_start(struct vm *vm);
void vm_wait_stop(struct vm *vm);
/* End all. */
void vm_wait_reset(struct vm *vm);
/* A free wait, used and filled in; NULL after answering that there is none. */
struct vm_wait *vm_wait_begin(struct vm *vm, uint16_t op, uint32_t id, uint64_t room);
void vm_wait_end(struct vm_wait *wait);
/* The first wait of that operation, or the one that follows after, which may have ended; NULL: no more. */
struct vm_wait *vm_wait_next(struct vm *vm, uint16_t op, const struct vm_wait *after);
/* The guest gives up a request.  False if none of that operation waits under that id. */
bool vm_wait_cancel(struct vm *vm, uint16_t op, uint32_t id);

#endif /* HOSTD_VM_WAIT_H */
