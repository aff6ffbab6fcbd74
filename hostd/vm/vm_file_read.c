/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file_read.c - READ by inline data, for devices whose link cannot carry descriptors. */
#include <event2/event.h>
#include <string.h>

#include "vm/vm_data.h"
#include "vm/vm_file_internal.h"
#include "vm/vm_file_read.h"
#include "vm/vm_send.h"
#include "vm/vm_wait.h"

static uint8_t chunk[PVBOOT_LINK_DATA_MAX];

/* Send the bytes that are available and fit.  Returns false if the file could not be read. */
static bool send_data(struct vm_wait *wait)
{
	struct file *file = wait->vf->file;

	while (!link_full(wait->vm->link) && wait->sent < wait->room) {
		struct pvboot_link_data data = {.offset = wait->sent};
		size_t want = sizeof(chunk);
		ssize_t n;

		if (want > wait->room - wait->sent)
			want = (size_t)(wait->room - wait->sent);
		n = file_read(file, wait->offset + wait->sent, chunk, want);
		if (n <= 0)
			return n == 0;
		data.length = (uint32_t)n;
		vm_send(wait->vm, PVBOOT_LINK_DATA, wait->id, -1,
			(struct link_part[]){{&data, sizeof(data)}, {chunk, (size_t)n}}, 2);
		wait->sent += (uint64_t)n;
	}
	return true;
}

static void answer(struct vm_wait *wait, uint32_t status, const char *text)
{
	struct file *file = wait->vf->file;
	bool eof = status == PVBOOT_S_OK && wait->offset + wait->sent >= file_size(file);

	vm_reply(wait->vm, wait->id, status, eof ? PVBOOT_READ_EOF : 0, text, NULL, (size_t)wait->sent);
	vm_wait_end(wait);
}

static void step(struct vm_wait *wait)
{
	struct file *file = wait->vf->file;
	uint64_t end;

	if (!send_data(wait)) {
		answer(wait, PVBOOT_S_FAILED, "the host cannot read its copy of the file");
		return;
	}
	end = wait->offset + wait->sent;
	if (wait->sent == wait->room)
		answer(wait, PVBOOT_S_OK, "");
	else if (end < file_available(file))
		return; /* the link is full: vm_file_drained() continues */
	else if (file_done(file) && file_status(file) != PVBOOT_S_OK)
		answer(wait, file_status(file), file_text(file));
	else if (file_done(file) || (wait->partial && wait->sent))
		answer(wait, PVBOOT_S_OK, "");
	else if (wait->expired)
		answer(wait, PVBOOT_S_AGAIN, "");
}

static void on_expired(evutil_socket_t fd, short what, void *arg)
{
	struct vm_wait *wait = arg;

	wait->expired = true;
	step(wait);
}

void vm_file_read_step(struct vm *vm, struct vm_file *vf)
{
	struct vm_wait *wait = NULL;

	while ((wait = vm_wait_next(vm, PVBOOT_OP_READ, wait)))
		if ((!vf || wait->vf == vf) && wait->vf->file)
			step(wait);
}

void vm_file_read_end(struct vm *vm, struct vm_file *vf)
{
	struct vm_wait *wait = NULL;

	while ((wait = vm_wait_next(vm, PVBOOT_OP_READ, wait))) {
		if (wait->vf != vf)
			continue;
		vm_fail(vm, wait->id, PVBOOT_S_BAD_HANDLE, 0, "the file was closed");
		vm_wait_end(wait);
	}
}

/* The open file of that handle, if hostd still has its bytes; else NULL. */
static struct vm_file *find(struct vm *vm, uint32_t handle)
{
	struct vm_file *vf = vm_file_find(vm, handle);

	return vf && vf->file && !(vf->flags & PVBOOT_OPEN_F_STAT) ? vf : NULL;
}

/* Set the deadline for the answer to a READ with PVBOOT_READ_F_PARTIAL.  Returns false if memory ran out. */
static bool arm(struct vm_wait *wait, uint32_t ms)
{
	if (ms > PVBOOT_READ_WAIT_MAX)
		ms = PVBOOT_READ_WAIT_MAX;
	wait->partial = true;
	wait->expired = !ms;
	if (!ms)
		return true;
	wait->timer = evtimer_new(wait->vm->env->base, on_expired, wait);
	return wait->timer && !event_add(wait->timer, &(struct timeval){ms / 1000, ms % 1000 * 1000});
}

void vm_file_read(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	struct pvboot_read_args args;
	struct vm_file *vf;
	struct vm_wait *wait;

	memcpy(&args, bytes, sizeof(args));
	if (len != sizeof(args) || args.reserved || vm->fds) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed READ");
		return;
	}
	if (args.flags & ~PVBOOT_READ_F_PARTIAL) {
		vm_fail(vm, id, PVBOOT_S_UNSUPPORTED, 0, "unknown flag in READ");
		return;
	}
	vf = find(vm, args.handle);
	if (!vf) {
		vm_fail(vm, id, PVBOOT_S_BAD_HANDLE, 0, "no file is open under that handle");
		return;
	}
	wait = vm_wait_begin(vm, PVBOOT_OP_READ, id, room);
	if (!wait)
		return;
	wait->vf = vf;
	wait->offset = args.offset;
	/* The length in the answer has 32 bits. */
	if (wait->room > UINT32_MAX)
		wait->room = UINT32_MAX;
	if (args.flags & PVBOOT_READ_F_PARTIAL && !arm(wait, args.wait_ms)) {
		vm_wait_end(wait);
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
		return;
	}
	step(wait);
}
