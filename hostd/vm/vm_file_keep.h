/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file_keep.h - open files across a restart of hostd (docs/spec.md 5.5). */
#ifndef HOSTD_VM_FILE_KEEP_H
#define HOSTD_VM_FILE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;
struct vm_file;

/* Send the device a blob from which the next hostd can continue with this open file. */
void vm_file_keep(struct vm_file *vf);
/* Restore a file from a blob of an earlier hostd.  Returns false if the blob is not usable. */
bool vm_file_restore(struct vm *vm, uint32_t handle, const uint8_t *blob, size_t len);
/*
 * Continue with a restored file once enough of it has come to compare: if it is the same file, send it on, else fail
 * it.
 */
void vm_file_resume(struct vm_file *vf);

#endif /* HOSTD_VM_FILE_KEEP_H */
