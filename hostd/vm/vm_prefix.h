/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_prefix.h - a path prefix that has pxelinux.0 load its files by the FILE calls of PXE. */
#ifndef HOSTD_VM_PREFIX_H
#define HOSTD_VM_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct vm;

/* Answer the guest's DISCOVER; prefix: for pxelinux, or NULL. */
typedef void (*vm_prefix_answer_fn)(struct vm *vm, const char *prefix);

/* Find out whether the lease's boot program is a pxelinux.0 that is to have a prefix.  True if done() was called, or
 * will be. */
bool vm_prefix_begin(struct vm *vm, vm_prefix_answer_fn done);
bool vm_prefix_waits(const struct vm *vm); /* done() will be called */
/* The boot file, if that is what is opened now and it is here already: a reference for the caller; else NULL. */
struct file *vm_prefix_take(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name);
void vm_prefix_reset(struct vm *vm);

#endif /* HOSTD_VM_PREFIX_H */
