/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file_read.h - READ by inline data, for devices whose link cannot carry descriptors. */
#ifndef HOSTD_VM_FILE_READ_H
#define HOSTD_VM_FILE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;
struct vm_file;

void vm_file_read(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Answer the READs of vf (NULL: of every file) that can be answered now. */
void vm_file_read_step(struct vm *vm, struct vm_file *vf);
/* The file is closed: fail its READs. */
void vm_file_read_end(struct vm *vm, struct vm_file *vf);

#endif /* HOSTD_VM_FILE_READ_H */
