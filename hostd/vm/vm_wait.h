/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_wait.h - a guest's requests that wait for an answer: DISCOVER, and READ of inline data. */
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
	/* for a READ */
	struct vm_file *vf;
	uint64_t offset, sent;
	bool partial, expired;
	struct event *timer;
};

/* Set up the table of waits.  Returns false if memory ran out. */
bool vm_wait_start(struct vm *vm);
void vm_wait_stop(struct vm *vm);
/* End all waits. */
void vm_wait_reset(struct vm *vm);
/* Fill in and return a free wait.  If there is none, fails the request and returns NULL. */
struct vm_wait *vm_wait_begin(struct vm *vm, uint16_t op, uint32_t id, uint64_t room);
void vm_wait_end(struct vm_wait *wait);
/*
 * The first wait of this operation, or the next one behind after, which may have ended meanwhile.  NULL if there is
 * none.
 */
struct vm_wait *vm_wait_next(struct vm *vm, uint16_t op, const struct vm_wait *after);
/* End the waits of this operation with this request id, without an answer.  Returns false if there is none. */
bool vm_wait_cancel(struct vm *vm, uint16_t op, uint32_t id);

#endif /* HOSTD_VM_WAIT_H */
