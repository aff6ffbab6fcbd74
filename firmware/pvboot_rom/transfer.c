// SPDX-License-Identifier: BSD-2-Clause
/* transfer.c - one open file on the host. */
#include "transfer.h"

#include "console.h"
#include "lease.h"
#include "request.h"

uint32_t transfer_open(struct transfer *t, uint32_t server, uint16_t port_be, uint16_t block, uint32_t flags,
		       uint32_t name, uint32_t name_len)
{
	struct pvboot_open_args args = {.port_be = port_be, .block_size = block, .flags = flags};
	struct pvboot_open_res res;
	struct request r = {
		.op = PVBOOT_OP_OPEN,
		.args = &args,
		.arg_len = sizeof(args),
		.tail = name,
		.tail_len = name_len,
		.room = near_phys(&res),
		.room_len = sizeof(res),
	};
	uint32_t status;

	memset(t, 0, sizeof(*t));
	if (!name_len || name_len > PVBOOT_NAME_MAX)
		return PVBOOT_S_NOT_FOUND;
	if (!server)
		memcpy(&server, lease_dhcp.lease.boot_server, sizeof(server));
	memcpy(args.server, &server, sizeof(server));
	status = request(&r);
	if (status)
		return status;
	t->handle = res.handle;
	t->block = res.block_size;
	t->size = res.size;
	return PVBOOT_S_OK;
}

uint32_t transfer_read(struct transfer *t, uint32_t phys, uint32_t len, uint32_t flags, uint32_t wait_ms, uint32_t *got)
{
	struct pvboot_read_args args = {.handle = t->handle, .flags = flags, .offset = t->offset, .wait_ms = wait_ms};
	struct request r = {
		.op = PVBOOT_OP_READ, .args = &args, .arg_len = sizeof(args), .room = phys, .room_len = len};
	uint32_t status;

	*got = 0;
	if (t->eof || !len)
		return PVBOOT_S_OK;
	status = request(&r);
	if (status)
		return status;
	if (r.length > len)
		return PVBOOT_S_FAILED;
	t->offset += r.length;
	t->eof = r.detail == PVBOOT_READ_EOF || t->offset == t->size;
	*got = r.length;
	return PVBOOT_S_OK;
}

void transfer_show(const struct transfer *t, uint64_t done)
{
	print("\r  %d", ((uint32_t)done + 1023) / 1024);
	if (t->size != PVBOOT_SIZE_UNKNOWN)
		print(" of %d", ((uint32_t)t->size + 1023) / 1024);
	print(" KiB ");
}

uint32_t transfer_close(struct transfer *t)
{
	struct pvboot_file_args args = {.handle = t->handle};
	struct request r = {.op = PVBOOT_OP_CLOSE, .args = &args, .arg_len = sizeof(args)};

	if (!t->handle)
		return PVBOOT_S_OK;
	t->handle = 0;
	return request(&r);
}
