/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_send.h - messages from a VM to its device: replies, and blobs for the next hostd. */
#ifndef HOSTD_VM_SEND_H
#define HOSTD_VM_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "vm/link.h"

struct vm;

/* Like link_send(), but sends nothing once the VM is ending; fd is then closed. */
void vm_send(struct vm *vm, uint16_t type, uint32_t id, int fd, const struct link_part *parts, size_t n_parts);
void vm_reply(struct vm *vm, uint32_t id, uint32_t status, uint32_t detail, const char *text, const void *result,
	      size_t len);
/* Log text, and answer the request with it and the status. */
void vm_fail(struct vm *vm, uint32_t id, uint32_t status, uint32_t detail, const char *text);
void vm_send_keep(struct vm *vm, uint32_t key, const void *blob, size_t len);
void vm_send_forget(struct vm *vm, uint32_t key);

#endif /* HOSTD_VM_SEND_H */
