/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file.c - the files that a guest has open: OPEN, CLOSE, PROGRESS, and reports of their growth to the device. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "base/clock.h"
#include "base/addr.h"
#include "file/file_root.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_file.h"
#include "vm/vm_file_internal.h"
#include "vm/vm_file_keep.h"
#include "vm/vm_file_read.h"
#include "vm/vm_open.h"
#include "vm/vm_prefix.h"
#include "vm/vm_send.h"

#define GROW_BYTES (256u << 10) /* report this much growth at once, */
#define GROW_MS 5		/* and less after this time */
#define BLOCK_DEFAULT 1408	/* the block size reported to PXE if the guest names none */

struct vm_files {
	struct vm_file file[PVBOOT_FILES_MAX];
	uint32_t last_handle;
};

/* ---- slots ----------------------------------------------------------------------------------------------------- */

struct vm_file *vm_file_find(struct vm *vm, uint32_t handle)
{
	for (size_t i = 0; handle && i < PVBOOT_FILES_MAX; i++)
		if (vm->files->file[i].used && vm->files->file[i].answered && vm->files->file[i].handle == handle)
			return &vm->files->file[i];
	return NULL;
}

struct vm_file *vm_file_slot(struct vm *vm)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
		if (!vm->files->file[i].used)
			return &vm->files->file[i];
	return NULL;
}

/* Choose a handle that no open file has: 1..65535, since its 16 bits are the low part of the key of KEEP. */
static uint32_t new_handle(struct vm *vm)
{
	bool taken;

	do {
		vm->files->last_handle = vm->files->last_handle % 0xffff + 1;
		taken = false;
		for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
			taken |= vm->files->file[i].used && vm->files->file[i].handle == vm->files->last_handle;
	} while (taken);
	return vm->files->last_handle;
}

void vm_file_release(struct vm_file *vf)
{
	file_unwatch(&vf->watch);
	file_unref(vf->file);
	vf->file = NULL;
}

void vm_file_drop(struct vm_file *vf)
{
	vm_file_release(vf);
	if (vf->timer)
		event_free(vf->timer);
	memset(vf, 0, sizeof(*vf));
}

static void on_changed(struct file_watch *watch)
{
	vm_file_step(container_of(watch, struct vm_file, watch));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	vm_file_step(arg);
}

bool vm_file_begin(struct vm_file *vf, bool stat_only)
{
	vf->watch.changed = on_changed;
	if (!vf->timer)
		vf->timer = evtimer_new(vf->vm->env->base, on_timer, vf);
	if (vf->timer && !stat_only)
		vf->file = vm_prefix_take(vf->vm, vf->server, vf->port, vf->name);
	if (vf->timer && !vf->file)
		vf->file = vm_open(vf->vm, vf->server, vf->port, vf->name, stat_only);
	if (!vf->file)
		return false;
	file_watch(vf->file, &vf->watch);
	return true;
}

/* ---- telling the device ---------------------------------------------------------------------------------------- */

void vm_file_send_grow(struct vm_file *vf, int fd, uint32_t status, const char *text, bool done)
{
	struct pvboot_link_grow grow = {
		.available = file_available(vf->file),
		.size = file_size(vf->file),
		.status = status,
		.flags = done ? PVBOOT_LINK_GROW_DONE : 0,
	};

	vm_send(vf->vm, PVBOOT_LINK_GROW, vf->handle, fd,
		(struct link_part[]){{&grow, sizeof(grow)}, {text, strnlen(text, PVBOOT_ERROR_MAX)}}, 2);
	vf->announced = grow.available;
	vf->announced_ms = clock_ms();
}

/* The device has all of vf, or has been told that the rest will not come: mark it complete, and log that. */
static void finish(struct vm_file *vf)
{
	struct vm *vm = vf->vm;
	uint64_t ms = clock_ms() - vf->begun_ms;

	vf->complete = true;
	if (file_status(vf->file) != PVBOOT_S_OK)
		log_msg(LOG_WARNING, vm->id.name, "%s", file_text(vf->file));
	else if (!conf_vm_has_directory(vm->id.conf))
		log_msg(LOG_INFO, vm->id.name, "fetched \"%s\": %llu bytes in %llu ms", vf->name,
			(unsigned long long)file_available(vf->file), (unsigned long long)ms);
	if (vm->fds)
		vm_file_keep(vf);
}

/* Report the file's growth: at once if there is much of it or the file has ended, else when the timer fires. */
static void grow(struct vm_file *vf)
{
	bool done = file_done(vf->file);

	if (vf->complete || link_full(vf->vm->link))
		return;
	if (vf->vm->fds && (done || file_available(vf->file) - vf->announced >= GROW_BYTES ||
			    (file_available(vf->file) != vf->announced && clock_ms() - vf->announced_ms >= GROW_MS)))
		vm_file_send_grow(vf, -1, file_status(vf->file), file_text(vf->file), done);
	else if (vf->vm->fds && file_available(vf->file) != vf->announced && !evtimer_pending(vf->timer, NULL))
		event_add(vf->timer, &(struct timeval){0, GROW_MS * 1000});
	if (done)
		finish(vf);
	else if (!vf->headed && file_available(vf->file) >= VM_FILE_HEAD) {
		vf->headed = true;
		vm_file_keep(vf); /* keep the hash of its head, too: it tells this file from another of the same size */
	}
}

static void fail_open(struct vm_file *vf, uint32_t status, uint32_t detail, const char *text)
{
	if (status == PVBOOT_S_NOT_FOUND && url_is_search(vf->name)) {
		log_msg(LOG_INFO, vf->vm->id.name, "no \"%s\": the boot program tries its next name", vf->name);
		vm_reply(vf->vm, vf->open_id, status, detail, text, NULL, 0);
	} else {
		vm_fail(vf->vm, vf->open_id, status, detail, text);
	}
	vm_file_drop(vf);
}

/* The file is open: reply to the OPEN and hand over the descriptor. */
static void answer_open(struct vm_file *vf)
{
	struct pvboot_open_res res = {.handle = vf->handle, .block_size = vf->block_size, .size = file_size(vf->file)};
	struct vm *vm = vf->vm;
	int fd = -1;

	vf->size = res.size;
	if (vm->fds) {
		fd = file_open_fd(vf->file);
		if (fd < 0) {
			fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "the host has no descriptors left");
			return;
		}
		vf->complete = file_done(vf->file);
		if (vf->flags & PVBOOT_OPEN_F_STAT)
			vm_file_send_grow(vf, fd, PVBOOT_S_BAD_REQUEST, "the file was opened for its size only", true);
		else
			vm_file_send_grow(vf, fd, PVBOOT_S_OK, "", vf->complete);
	}
	if (res.size == PVBOOT_SIZE_UNKNOWN)
		log_msg(LOG_INFO, vm->id.name, "opened \"%s\": size unknown", vf->name);
	else
		log_msg(LOG_INFO, vm->id.name, "opened \"%s\": %llu bytes", vf->name, (unsigned long long)res.size);
	vf->answered = true;
	vm_file_keep(vf);
	vm_reply(vm, vf->open_id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

/*
 * Must this STAT wait?  It is answered with the size that the server announces; if the server announces none, hostd
 * fetches the file to measure it.
 */
static bool stat_waits(struct vm_file *vf)
{
	if (!(vf->flags & PVBOOT_OPEN_F_STAT) || file_size(vf->file) != PVBOOT_SIZE_UNKNOWN)
		return false;
	if (vf->counting)
		return true;
	vf->counting = true;
	vm_file_release(vf);
	if (!vm_file_begin(vf, false))
		fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
	else
		vm_file_step(vf);
	return true;
}

static void step_open(struct vm_file *vf)
{
	if (file_done(vf->file) && file_status(vf->file) != PVBOOT_S_OK)
		fail_open(vf, file_status(vf->file), file_detail(vf->file), file_text(vf->file));
	else if ((file_opened(vf->file) || file_done(vf->file)) && !stat_waits(vf))
		answer_open(vf);
}

void vm_file_step(struct vm_file *vf)
{
	struct vm *vm = vf->vm;

	if (!vf->answered) {
		step_open(vf);
		if (!vf->used || !vf->answered)
			return;
	}
	if (!vf->file)
		return;
	if (vf->restored)
		vm_file_resume(vf);
	if (!vf->used)
		return;
	if (!vf->restored && !(vf->flags & PVBOOT_OPEN_F_STAT))
		grow(vf);
	vm_file_read_step(vm, vf);
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

/* Fill in vf's server, port and name.  Returns PVBOOT_S_OK, or another status and an error text. */
static uint32_t resolve(struct vm_file *vf, const struct pvboot_open_args *args, const uint8_t *name, size_t len,
			char *err, size_t err_len)
{
	struct vm *vm = vf->vm;
	char text[PVBOOT_NAME_MAX + 1];
	struct url url;

	if (!len || len > PVBOOT_NAME_MAX || memchr(name, '\0', len)) {
		snprintf(err, err_len, "a file name has 1 to %d bytes", PVBOOT_NAME_MAX);
		return PVBOOT_S_BAD_REQUEST;
	}
	memcpy(text, name, len);
	text[len] = '\0';
	if (!url_parse(&url, text, err, err_len))
		return PVBOOT_S_UNSUPPORTED;
	if (url.kind != URL_HTTP && addr_none(url.server))
		memcpy(url.server, !addr_none(args->server) ? args->server : vm->boot.res.lease.boot_server, 4);
	memcpy(vf->server, url.server, 4);
	vf->port = url.port || url.kind == URL_HTTP ? url.port : ntohs(args->port_be);
	memcpy(vf->name, url.path, sizeof(vf->name));
	if (conf_vm_has_directory(vm->id.conf) || !addr_none(vf->server) || url.kind == URL_HTTP)
		return PVBOOT_S_OK;
	snprintf(err, err_len,
		 "no server is known for \"%.80s\": there is no lease that names one: set next-server in the DHCP "
		 "server",
		 vf->name);
	return PVBOOT_S_BAD_REQUEST;
}

void vm_file_open(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	char why[PVBOOT_ERROR_MAX + 1] = "";
	struct pvboot_open_args args;
	struct vm_file *vf;
	uint32_t status;

	memcpy(&args, bytes, sizeof(args));
	if (args.flags & ~PVBOOT_OPEN_F_STAT) {
		vm_fail(vm, id, PVBOOT_S_UNSUPPORTED, 0, "unknown flag in OPEN");
		return;
	}
	if (args.reserved || room < sizeof(struct pvboot_open_res)) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed OPEN");
		return;
	}
	vf = vm_file_slot(vm);
	if (!vf) {
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "too many open files: close some");
		return;
	}
	vf->used = true;
	vf->vm = vm;
	vf->open_id = id;
	vf->flags = args.flags;
	vf->handle = new_handle(vm);
	vf->begun_ms = clock_ms();
	vf->block_size = args.block_size ? args.block_size : BLOCK_DEFAULT;
	if (vf->block_size > VM_BLOCK_MAX)
		vf->block_size = VM_BLOCK_MAX;
	status = resolve(vf, &args, bytes + sizeof(args), len - sizeof(args), why, sizeof(why));
	if (status != PVBOOT_S_OK)
		fail_open(vf, status, 0, why);
	else if (!vm_file_begin(vf, args.flags & PVBOOT_OPEN_F_STAT))
		fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
	else
		vm_file_step(vf);
}

/*
 * Check the arguments of CLOSE and PROGRESS and return the file.  If they are wrong, sends the failure and returns
 * NULL.
 */
static struct vm_file *file_args(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len)
{
	struct pvboot_file_args args;
	struct vm_file *vf;

	memcpy(&args, bytes, sizeof(args));
	if (len != sizeof(args) || args.reserved) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed request");
		return NULL;
	}
	vf = vm_file_find(vm, args.handle);
	if (!vf)
		vm_fail(vm, id, PVBOOT_S_BAD_HANDLE, 0, "no file is open under that handle");
	return vf;
}

void vm_file_close(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	struct vm_file *vf = file_args(vm, id, bytes, len);
	uint32_t status = PVBOOT_S_OK;
	char text[PVBOOT_ERROR_MAX + 1] = "";

	if (!vf)
		return;
	vm_file_read_end(vm, vf);
	file_unwatch(&vf->watch);
	if (vf->file && !file_root_check(vf->file)) {
		status = PVBOOT_S_CHANGED;
		snprintf(text, sizeof(text), "%s", file_text(vf->file));
	}
	vm_send_forget(vm, PVBOOT_LINK_KEY_FILE + vf->handle);
	vm_file_drop(vf);
	if (status == PVBOOT_S_OK)
		vm_reply(vm, id, status, 0, "", NULL, 0);
	else
		vm_fail(vm, id, status, 0, text);
}

void vm_file_progress(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	struct vm_file *vf = file_args(vm, id, bytes, len);
	struct pvboot_progress_res res;

	if (!vf)
		return;
	if (room < sizeof(res)) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed PROGRESS");
		return;
	}
	res.size = vf->file ? file_size(vf->file) : vf->size;
	res.available = vf->file ? file_available(vf->file) : vf->size;
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

bool vm_file_cancel(struct vm *vm, uint32_t id)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++) {
		if (!vm->files->file[i].used || vm->files->file[i].answered || vm->files->file[i].open_id != id)
			continue;
		vm_file_drop(&vm->files->file[i]);
		return true;
	}
	return false;
}

void vm_file_drained(struct vm *vm)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
		if (vm->files->file[i].used && vm->files->file[i].answered)
			vm_file_step(&vm->files->file[i]);
}

void vm_file_reset(struct vm *vm)
{
	for (size_t i = 0; vm->files && i < PVBOOT_FILES_MAX; i++) {
		if (!vm->files->file[i].used)
			continue;
		if (vm->files->file[i].answered)
			vm_send_forget(vm, PVBOOT_LINK_KEY_FILE + vm->files->file[i].handle);
		vm_file_drop(&vm->files->file[i]);
	}
}

bool vm_file_start(struct vm *vm)
{
	vm->files = calloc(1, sizeof(*vm->files));
	return vm->files != NULL;
}

void vm_file_stop(struct vm *vm)
{
	vm_file_reset(vm);
	free(vm->files);
	vm->files = NULL;
}
