/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file.h - the files that a guest has open. */
#ifndef HOSTD_VM_FILE_H
#define HOSTD_VM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

/* Set up the file table.  Returns false if memory ran out. */
bool vm_file_start(struct vm *vm);
void vm_file_stop(struct vm *vm);
void vm_file_open(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_file_close(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_file_progress(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Cancel the OPEN with this request id.  Returns false if no OPEN has it. */
bool vm_file_cancel(struct vm *vm, uint32_t id);
/* The output has room for bulk data again. */
void vm_file_drained(struct vm *vm);
/* Close all files. */
void vm_file_reset(struct vm *vm);

#endif /* HOSTD_VM_FILE_H */
