/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_dgram.h - a guest's datagrams: hostd answers TFTP itself and forwards the rest. */
#ifndef HOSTD_VM_DGRAM_H
#define HOSTD_VM_DGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;
struct vm;

/* Set up datagrams for vm.  Returns false if memory ran out; vm_dgram_stop() frees what was set up. */
bool vm_dgram_start(struct vm *vm);
void vm_dgram_stop(struct vm *vm);
/* Handle a datagram from the device.  If it is malformed, returns false and sets *why: the link must end. */
bool vm_dgram_input(struct vm *vm, const uint8_t *body, size_t len, const char **why);
void vm_dgram_open(struct vm *vm, const uint8_t *args, size_t len);
/* Forward datagrams with the addresses of source; NULL: with the host's own.  Does nothing before vm_dgram_start(). */
void vm_dgram_use_source(struct vm *vm, struct source *source);
void vm_dgram_reset(struct vm *vm);
/*
 * Restore the datagram state, or the TFTP transfer of a key, from a blob of an earlier hostd.  Returns false if the
 * blob is not usable.
 */
bool vm_dgram_restore(struct vm *vm, const uint8_t *blob, size_t len);
bool vm_dgram_restore_tftp(struct vm *vm, uint16_t key, const uint8_t *blob, size_t len);

#endif /* HOSTD_VM_DGRAM_H */
