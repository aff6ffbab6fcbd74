/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file_keep.h - open files over a restart of hostd (docs/spec.md 5.5). */
#ifndef HOSTD_VM_FILE_KEEP_H
#define HOSTD_VM_FILE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;
struct vm_file;

/* Have the device keep what the next hostd needs to go on with that open file. */
void vm_file_keep(struct vm_file *vf);
/* What an earlier hostd kept of a file.  False: of no use. */
bool vm_file_restore(struct vm *vm, uint32_t handle, const uint8_t *blob, size_t len);
/* Take a restored file up again where it is the same file, as soon as one can tell; else let it fail. */
void vm_file_resume(struct vm_file *vf);

#endif /* HOSTD_VM_FILE_KEEP_H */
