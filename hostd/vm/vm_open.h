/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_open.h - open a file that a guest names. */
#ifndef HOSTD_VM_OPEN_H
#define HOSTD_VM_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct vm;

/*
 * Open a file.  Returns a reference that the caller owns; NULL only if memory ran out.  Other failures are in the
 * file's status.
 */
struct file *vm_open(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name, bool stat_only);

#endif /* HOSTD_VM_OPEN_H */
