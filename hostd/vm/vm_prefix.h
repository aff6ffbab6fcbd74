/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_prefix.h - a path prefix with which pxelinux.0 loads its files by the FILE calls of PXE. */
#ifndef HOSTD_VM_PREFIX_H
#define HOSTD_VM_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct vm;

/* Answers the guest's DISCOVER.  prefix is the path prefix for pxelinux, or NULL. */
typedef void (*vm_prefix_answer_fn)(struct vm *vm, const char *prefix);

/*
 * Find out whether the lease's boot program is a pxelinux.0 that gets a prefix.  Returns true if done() was called or
 * will be; false if the guest gets no prefix: the caller then answers without one.
 */
bool vm_prefix_begin(struct vm *vm, vm_prefix_answer_fn done);
bool vm_prefix_waits(const struct vm *vm); /* will done() be called? */
/* If this is the boot file that hostd has fetched already, returns a reference that the caller owns; else NULL. */
struct file *vm_prefix_take(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name);
void vm_prefix_reset(struct vm *vm);

#endif /* HOSTD_VM_PREFIX_H */
