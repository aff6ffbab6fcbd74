/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_dgram.h - a guest's datagrams: its TFTP is answered here, the rest is sent on. */
#ifndef HOSTD_VM_DGRAM_H
#define HOSTD_VM_DGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;
struct vm;

/* False if memory ran out; vm_dgram_stop() frees what there is. */
bool vm_dgram_start(struct vm *vm);
void vm_dgram_stop(struct vm *vm);
/* From the device.  False, with words in *why, ends the link. */
bool vm_dgram_input(struct vm *vm, const uint8_t *body, size_t len, const char **why);
void vm_dgram_open(struct vm *vm, const uint8_t *args, size_t len);
/* Whose address the datagrams are sent on with; NULL: the host's own.  Before vm_dgram_start() it does nothing. */
void vm_dgram_use_source(struct vm *vm, struct source *source);
void vm_dgram_reset(struct vm *vm);
/* What an earlier hostd kept: of the datagrams, and of the TFTP transfer of that key.  False: of no use. */
bool vm_dgram_restore(struct vm *vm, const uint8_t *blob, size_t len);
bool vm_dgram_restore_tftp(struct vm *vm, uint16_t key, const uint8_t *blob, size_t len);

#endif /* HOSTD_VM_DGRAM_H */
