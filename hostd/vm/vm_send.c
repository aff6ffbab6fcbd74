/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_send.c - messages from a VM to its device: replies, and blobs for the next hostd. */
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_send.h"

void vm_send(struct vm *vm, uint16_t type, uint32_t id, int fd, const struct link_part *parts, size_t n_parts)
{
	/* When hostd ends, the guest's files and lease do not end: the device keeps their blobs for the next hostd. */
	if (!vm->ending)
		link_send(vm->link, type, id, fd, parts, n_parts);
	else if (fd >= 0)
		close(fd);
}

void vm_reply(struct vm *vm, uint32_t id, uint32_t status, uint32_t detail, const char *text, const void *result,
	      size_t len)
{
	struct pvboot_link_reply reply = {.status = status, .detail = detail, .result_len = (uint32_t)len};

	reply.text_len = (uint32_t)strnlen(text, PVBOOT_ERROR_MAX);
	vm_send(vm, PVBOOT_LINK_REPLY, id, -1,
		(struct link_part[]){{&reply, sizeof(reply)}, {text, reply.text_len}, {result, result ? len : 0}}, 3);
}

void vm_fail(struct vm *vm, uint32_t id, uint32_t status, uint32_t detail, const char *text)
{
	log_msg(LOG_WARNING, vm->id.name, "%s", text);
	vm_reply(vm, id, status, detail, text, NULL, 0);
}

void vm_send_keep(struct vm *vm, uint32_t key, const void *blob, size_t len)
{
	vm_send(vm, PVBOOT_LINK_KEEP, key, -1, &(struct link_part){blob, len}, 1);
}

void vm_send_forget(struct vm *vm, uint32_t key)
{
	vm_send(vm, PVBOOT_LINK_FORGET, key, -1, NULL, 0);
}
