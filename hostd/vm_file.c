/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file.c - the files a guest has open: OPEN, CLOSE, PROGRESS, and telling the device how far they have grown. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "vm_internal.h"

#define GROW_BYTES (256u << 10) /* tell the device at once of so much */
#define GROW_MS 5		/* and of less after so long */
#define BLOCK_DEFAULT 1408	/* what PXE may report where the guest names no block size */
#define BLOCK_MAX 65464		/* RFC 2348 */

/* What the device keeps of an open file for the next hostd.  The name follows. */
struct kept_file {
	uint32_t magic;
	uint32_t flags; /* KEPT_FILE_* */
	uint64_t size;
	uint64_t stamp;
	uint8_t server[4];
	uint16_t port;
	uint16_t name_len;
	uint32_t block_size;
	uint32_t reserved;
};
_Static_assert(sizeof(struct kept_file) == 40, "kept_file");
#define KEPT_FILE_MAGIC 0x31464b50u /* "PKF1" */
#define KEPT_FILE_COMPLETE 0x1u	    /* the device has all of it, and the descriptor */

static void step(struct vm_file *vf);

/* ---- slots ----------------------------------------------------------------------------------------------------- */

static struct vm_file *find_handle(struct vm *vm, uint32_t handle)
{
	for (size_t i = 0; handle && i < PVBOOT_FILES_MAX; i++)
		if (vm->files[i].used && vm->files[i].answered && vm->files[i].handle == handle)
			return &vm->files[i];
	return NULL;
}

static struct vm_file *free_slot(struct vm *vm)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
		if (!vm->files[i].used)
			return &vm->files[i];
	return NULL;
}

/* A handle that no open file has: 1..65535, since the low 16 bits are the key of KEEP. */
static uint32_t new_handle(struct vm *vm)
{
	bool taken;

	do {
		vm->last_handle = vm->last_handle % 0xffff + 1;
		taken = false;
		for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
			taken |= vm->files[i].used && vm->files[i].handle == vm->last_handle;
	} while (taken);
	return vm->last_handle;
}

static void release_file(struct vm_file *vf)
{
	file_unwatch(&vf->watch);
	file_unref(vf->file);
	vf->file = NULL;
}

static void drop(struct vm_file *vf)
{
	release_file(vf);
	if (vf->timer)
		event_free(vf->timer);
	memset(vf, 0, sizeof(*vf));
}

static void on_changed(struct file_watch *watch)
{
	step((struct vm_file *)((char *)watch - offsetof(struct vm_file, watch)));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	step(arg);
}

/* Begin to get vf's file.  False if memory ran out. */
static bool begin(struct vm_file *vf, bool stat_only)
{
	vf->watch.changed = on_changed;
	if (!vf->timer)
		vf->timer = evtimer_new(server_base(vf->vm->server), on_timer, vf);
	if (vf->timer)
		vf->file = vm_source(vf->vm, vf->server, vf->port, vf->name, stat_only);
	if (!vf->file)
		return false;
	file_watch(vf->file, &vf->watch);
	return true;
}

/* ---- telling the device ---------------------------------------------------------------------------------------- */

static void keep(struct vm_file *vf)
{
	struct kept_file kept = {
		.magic = KEPT_FILE_MAGIC,
		.flags = vf->complete ? KEPT_FILE_COMPLETE : 0,
		.size = vf->size,
		.stamp = vf->stamp,
		.port = vf->port,
		.name_len = (uint16_t)strlen(vf->name),
		.block_size = vf->block_size,
	};
	uint8_t blob[sizeof(kept) + PVBOOT_NAME_MAX];

	memcpy(kept.server, vf->server, 4);
	memcpy(blob, &kept, sizeof(kept));
	memcpy(blob + sizeof(kept), vf->name, kept.name_len);
	vm_keep(vf->vm, PVBOOT_LINK_KEY_FILE + vf->handle, blob, sizeof(kept) + kept.name_len);
}

static void send_grow(struct vm_file *vf, int fd, uint32_t status, const char *text, bool done)
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
	vf->announced_ms = vm_now_ms();
}

/* The device has all of vf, or knows that it never will. */
static void finish(struct vm_file *vf)
{
	struct vm *vm = vf->vm;
	uint64_t ms = vm_now_ms() - vf->begun_ms;

	vf->complete = true;
	if (file_status(vf->file) != PVBOOT_S_OK)
		log_msg(LOG_WARNING, vm->id.name, "%s", file_text(vf->file));
	else if (!vm->id.conf->root[0])
		log_msg(LOG_INFO, vm->id.name, "fetched \"%s\": %llu bytes in %llu ms", vf->name,
			(unsigned long long)file_available(vf->file), (unsigned long long)ms);
	if (vm->fds)
		keep(vf);
}

/* Say how far the file has grown: at once if it is much or the end, else a little later. */
static void grow(struct vm_file *vf)
{
	bool done = file_done(vf->file);

	if (vf->complete || link_full(vf->vm->link))
		return;
	if (vf->vm->fds && (done || file_available(vf->file) - vf->announced >= GROW_BYTES ||
			    (file_available(vf->file) != vf->announced && vm_now_ms() - vf->announced_ms >= GROW_MS)))
		send_grow(vf, -1, file_status(vf->file), file_text(vf->file), done);
	else if (vf->vm->fds && file_available(vf->file) != vf->announced && !evtimer_pending(vf->timer, NULL))
		event_add(vf->timer, &(struct timeval){0, GROW_MS * 1000});
	if (done)
		finish(vf);
}

static void fail_open(struct vm_file *vf, uint32_t status, uint32_t detail, const char *text)
{
	vm_fail(vf->vm, vf->open_id, status, detail, text);
	drop(vf);
}

/* The file is open: hand it over and answer. */
static void answer_open(struct vm_file *vf)
{
	struct pvboot_open_res res = {.handle = vf->handle, .block_size = vf->block_size, .size = file_size(vf->file)};
	struct vm *vm = vf->vm;
	int fd = -1;

	vf->size = res.size;
	vf->stamp = file_stamp(vf->file);
	if (vm->fds) {
		fd = file_open_fd(vf->file);
		if (fd < 0) {
			fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "the host has no descriptors left");
			return;
		}
		vf->complete = file_done(vf->file);
		if (vf->flags & PVBOOT_OPEN_F_STAT)
			send_grow(vf, fd, PVBOOT_S_BAD_REQUEST, "the file was opened for its size only", true);
		else
			send_grow(vf, fd, PVBOOT_S_OK, "", vf->complete);
	}
	if (res.size == PVBOOT_SIZE_UNKNOWN)
		log_msg(LOG_INFO, vm->id.name, "opened \"%s\": size unknown", vf->name);
	else
		log_msg(LOG_INFO, vm->id.name, "opened \"%s\": %llu bytes", vf->name, (unsigned long long)res.size);
	vf->answered = true;
	keep(vf);
	vm_reply(vm, vf->open_id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

/* A STAT is answered by the announced size; where the server announces none, the file is fetched and measured. */
static bool stat_waits(struct vm_file *vf)
{
	if (!(vf->flags & PVBOOT_OPEN_F_STAT) || file_size(vf->file) != PVBOOT_SIZE_UNKNOWN)
		return false;
	if (vf->counting)
		return true;
	vf->counting = true;
	release_file(vf);
	if (!begin(vf, false))
		fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
	else
		step(vf);
	return true;
}

static void step_open(struct vm_file *vf)
{
	if (file_done(vf->file) && file_status(vf->file) != PVBOOT_S_OK)
		fail_open(vf, file_status(vf->file), file_detail(vf->file), file_text(vf->file));
	else if ((file_opened(vf->file) || file_done(vf->file)) && !stat_waits(vf))
		answer_open(vf);
}

/* Is it what the guest opened, as far as one can tell? */
static bool same_as_kept(const struct vm_file *vf)
{
	uint64_t now = file_size(vf->file);

	if (vf->size != PVBOOT_SIZE_UNKNOWN && now != PVBOOT_SIZE_UNKNOWN && now != vf->size)
		return false;
	return file_stamp(vf->file) == vf->stamp;
}

/* A file without bytes: what comes with the news that there is none any more, since it replaces what was said before.
 */
static int open_empty(void)
{
	char path[64];
	int fd = memfd_create("pvboot-none", MFD_CLOEXEC | MFD_ALLOW_SEALING), again;

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = fchmod(fd, 0400) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return again;
}

/* A file of an earlier hostd is open again: the device goes on with a new descriptor, if it is the same file. */
static void step_restored(struct vm_file *vf)
{
	const struct pvboot_link_grow gone = {.status = PVBOOT_S_CHANGED, .flags = PVBOOT_LINK_GROW_DONE};
	static const char words[] = "the file changed while it was read: boot again";
	int fd;

	if (!file_opened(vf->file) && !file_done(vf->file))
		return;
	vf->restored = false;
	if (file_status(vf->file) == PVBOOT_S_OK && same_as_kept(vf)) {
		fd = vf->vm->fds ? file_open_fd(vf->file) : -1;
		if (fd >= 0)
			send_grow(vf, fd, PVBOOT_S_OK, "", false);
		return;
	}
	vf->complete = true;
	log_msg(LOG_WARNING, vf->vm->id.name, "\"%s\": %s", vf->name,
		file_status(vf->file) == PVBOOT_S_OK ? words : file_text(vf->file));
	fd = vf->vm->fds ? open_empty() : -1;
	if (fd >= 0)
		vm_send(vf->vm, PVBOOT_LINK_GROW, vf->handle, fd,
			(struct link_part[]){{&gone, sizeof(gone)}, {words, sizeof(words) - 1}}, 2);
}

static void step(struct vm_file *vf)
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
		step_restored(vf);
	if (!vf->restored && !(vf->flags & PVBOOT_OPEN_F_STAT))
		grow(vf);
	vm_read_step(vm, vf);
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

/* Fill in server, port and name of vf.  PVBOOT_S_OK or a failure with words. */
static uint32_t resolve(struct vm_file *vf, const struct pvboot_open_args *args, const uint8_t *name, size_t len,
			char *why, size_t room)
{
	static const uint8_t none[4];
	struct vm *vm = vf->vm;
	char text[PVBOOT_NAME_MAX + 1];
	const char *path;
	uint32_t status;

	if (!len || len > PVBOOT_NAME_MAX || memchr(name, '\0', len)) {
		snprintf(why, room, "a file name has 1 to %d bytes", PVBOOT_NAME_MAX);
		return PVBOOT_S_BAD_REQUEST;
	}
	memcpy(text, name, len);
	text[len] = '\0';
	memcpy(vf->server, memcmp(args->server, none, 4) ? args->server : vm->lease.boot_server, 4);
	vf->port = (uint16_t)(args->port_be >> 8 | args->port_be << 8);
	status = vm_source_parse(text, vf->server, &vf->port, &path, why, room);
	if (status != PVBOOT_S_OK)
		return status;
	snprintf(vf->name, sizeof(vf->name), "%s", path);
	if (vm->id.conf->root[0] || memcmp(vf->server, none, 4))
		return PVBOOT_S_OK;
	snprintf(why, room, "no server is known for \"%.80s\": there is no lease that names one", vf->name);
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
	vf = free_slot(vm);
	if (!vf) {
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "too many open files: close some");
		return;
	}
	vf->used = true;
	vf->vm = vm;
	vf->open_id = id;
	vf->flags = args.flags;
	vf->handle = new_handle(vm);
	vf->begun_ms = vm_now_ms();
	vf->block_size = args.block_size ? args.block_size : BLOCK_DEFAULT;
	if (vf->block_size > BLOCK_MAX)
		vf->block_size = BLOCK_MAX;
	status = resolve(vf, &args, bytes + sizeof(args), len - sizeof(args), why, sizeof(why));
	if (status != PVBOOT_S_OK)
		fail_open(vf, status, 0, why);
	else if (!begin(vf, args.flags & PVBOOT_OPEN_F_STAT))
		fail_open(vf, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
	else
		step(vf);
}

/* The arguments of CLOSE and PROGRESS; NULL after answering what is wrong with them. */
static struct vm_file *file_args(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len)
{
	struct pvboot_file_args args;
	struct vm_file *vf;

	memcpy(&args, bytes, sizeof(args));
	if (len != sizeof(args) || args.reserved) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed request");
		return NULL;
	}
	vf = find_handle(vm, args.handle);
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
	for (size_t i = 0; i < VM_READS_MAX; i++) {
		if (!vm->waits[i].used || vm->waits[i].vf != vf)
			continue;
		vm_fail(vm, vm->waits[i].id, PVBOOT_S_BAD_HANDLE, 0, "the file was closed");
		vm_wait_end(&vm->waits[i]);
	}
	file_unwatch(&vf->watch);
	if (vf->file && !file_check_unchanged(vf->file)) {
		status = PVBOOT_S_CHANGED;
		snprintf(text, sizeof(text), "%s", file_text(vf->file));
	}
	vm_forget(vm, PVBOOT_LINK_KEY_FILE + vf->handle);
	drop(vf);
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
		if (!vm->files[i].used || vm->files[i].answered || vm->files[i].open_id != id)
			continue;
		drop(&vm->files[i]);
		return true;
	}
	return false;
}

void vm_file_drained(struct vm *vm)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++)
		if (vm->files[i].used && vm->files[i].answered)
			step(&vm->files[i]);
}

void vm_file_reset(struct vm *vm)
{
	for (size_t i = 0; i < PVBOOT_FILES_MAX; i++) {
		if (!vm->files[i].used)
			continue;
		if (vm->files[i].answered)
			vm_forget(vm, PVBOOT_LINK_KEY_FILE + vm->files[i].handle);
		drop(&vm->files[i]);
	}
}

/* ---- after a restart of hostd ---------------------------------------------------------------------------------- */

bool vm_file_restore(struct vm *vm, uint32_t handle, const uint8_t *blob, size_t len)
{
	struct kept_file kept;
	struct vm_file *vf = free_slot(vm);

	if (!vf || find_handle(vm, handle) || len < sizeof(kept))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	if (kept.magic != KEPT_FILE_MAGIC || kept.flags & ~KEPT_FILE_COMPLETE || kept.reserved || !kept.name_len ||
	    kept.name_len > PVBOOT_NAME_MAX || kept.name_len != len - sizeof(kept) || kept.block_size > BLOCK_MAX ||
	    memchr(blob + sizeof(kept), '\0', kept.name_len))
		return false;
	vf->used = true;
	vf->vm = vm;
	vf->answered = true;
	vf->handle = handle;
	vf->size = kept.size;
	vf->stamp = kept.stamp;
	vf->port = kept.port;
	vf->block_size = kept.block_size;
	vf->begun_ms = vm_now_ms();
	memcpy(vf->server, kept.server, 4);
	memcpy(vf->name, blob + sizeof(kept), kept.name_len);
	/* The device reads a complete file from the descriptor it has.  A directory's is compared with what it was. */
	vf->complete = kept.flags & KEPT_FILE_COMPLETE && vm->fds && !kept.stamp;
	if (vf->complete)
		return true;
	log_msg(LOG_INFO, vm->id.name, "going on with \"%s\"", vf->name);
	vf->restored = true;
	if (!begin(vf, false)) {
		drop(vf);
		return false;
	}
	step(vf);
	return true;
}
