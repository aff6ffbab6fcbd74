/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_frame.h - a guest's Ethernet frames. */
#ifndef HOSTD_VM_FRAME_H
#define HOSTD_VM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

/* Set up frames for vm.  Returns false if memory ran out. */
bool vm_frame_start(struct vm *vm);
void vm_frame_stop(struct vm *vm);
void vm_frame_open(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Handle a frame from the device.  If it is malformed, returns false and sets *why: the link must end. */
bool vm_frame_input(struct vm *vm, const uint8_t *body, size_t len, const char **why);
/* The link has room again. */
void vm_frame_drained(struct vm *vm);
/* Close frames, if the guest has opened them. */
void vm_frame_reset(struct vm *vm);
/* The guest was reset: close frames, and log refusals anew. */
void vm_frame_start_over(struct vm *vm);
bool vm_frame_restore(struct vm *vm, const uint8_t *blob, size_t len);

#endif /* HOSTD_VM_FRAME_H */
