/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_open.h - where a file that a guest names comes from. */
#ifndef HOSTD_VM_OPEN_H
#define HOSTD_VM_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct vm;

/* NULL only if memory ran out. */
struct file *vm_open(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name, bool stat_only);

#endif /* HOSTD_VM_OPEN_H */
