/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_file_keep.c - open files across a restart of hostd (docs/spec.md 5.5).
 *
 * The device keeps a blob for each open file.  The next hostd fetches the file again, and compares its size and first
 * 64 KiB (for a file below a root: inode, size and times).  If they match, hostd sends the device a new descriptor.  A
 * complete file is not fetched again: the device already has its bytes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/clock.h"
#include "base/kept_head.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_file_internal.h"
#include "vm/vm_file_keep.h"
#include "vm/vm_send.h"

/* The fixed part of the blob; the file's name follows. */
struct kept_file {
	struct kept_head head;
	uint64_t size;
	uint64_t stamp;
	uint8_t server[4];
	uint16_t port;
	uint16_t flags; /* KEPT_FILE_* */
	uint32_t block_size;
	uint32_t head_len;
};
_Static_assert(sizeof(struct kept_file) == 40, "kept_file");
#define KEPT_FILE_VERSION 1
#define KEPT_FILE_COMPLETE 0x1u /* the device has all of the file, and its descriptor */

/* Hash the first len bytes of a file, all of which must be available.  Returns 0 if they cannot be read. */
static uint64_t hash_head(struct file *file, uint32_t len)
{
	static uint8_t bytes[VM_FILE_HEAD];

	if (file_read(file, 0, bytes, len) != (ssize_t)len)
		return 0;
	return hash_add(HASH_NONE, bytes, len);
}

void vm_file_keep(struct vm_file *vf)
{
	size_t name_len = strlen(vf->name);
	struct kept_file kept = {
		.head = {KEPT_FILE_MAGIC, KEPT_FILE_VERSION, (uint16_t)name_len},
		.flags = vf->complete ? KEPT_FILE_COMPLETE : 0,
		.size = vf->size,
		.stamp = file_stamp(vf->file),
		.port = vf->port,
		.block_size = vf->block_size,
	};
	uint8_t blob[sizeof(kept) + PVBOOT_NAME_MAX];

	if (!kept.stamp) {
		kept.head_len =
			file_available(vf->file) < VM_FILE_HEAD ? (uint32_t)file_available(vf->file) : VM_FILE_HEAD;
		kept.stamp = kept.head_len ? hash_head(vf->file, kept.head_len) : 0;
	}
	memcpy(kept.server, vf->server, 4);
	memcpy(blob, &kept, sizeof(kept));
	memcpy(blob + sizeof(kept), vf->name, name_len);
	vm_send_keep(vf->vm, PVBOOT_LINK_KEY_FILE + vf->handle, blob, sizeof(kept) + name_len);
}

bool vm_file_restore(struct vm *vm, uint32_t handle, const uint8_t *blob, size_t len)
{
	struct kept_file kept;
	struct vm_file *vf = vm_file_slot(vm);
	size_t name_len;

	if (!vf || vm_file_find(vm, handle) ||
	    !kept_head_good(blob, len, KEPT_FILE_MAGIC, KEPT_FILE_VERSION, sizeof(kept)))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	name_len = kept.head.tail;
	if (kept.flags & ~KEPT_FILE_COMPLETE || kept.head_len > VM_FILE_HEAD || !name_len ||
	    name_len > PVBOOT_NAME_MAX || kept.block_size > VM_BLOCK_MAX || memchr(blob + sizeof(kept), '\0', name_len))
		return false;
	vf->used = true;
	vf->vm = vm;
	vf->answered = true;
	vf->handle = handle;
	vf->size = kept.size;
	vf->stamp = kept.stamp;
	vf->head_len = kept.head_len;
	vf->port = kept.port;
	vf->block_size = kept.block_size;
	vf->begun_ms = clock_ms();
	memcpy(vf->server, kept.server, 4);
	memcpy(vf->name, blob + sizeof(kept), name_len);
	/*
	 * The device reads a complete file from the descriptor that it has.  A root's file is opened again, to compare
	 * its stamp.
	 */
	vf->complete = kept.flags & KEPT_FILE_COMPLETE && vm->fds && !vm->lost && !conf_vm_has_directory(vm->id.conf);
	if (vf->complete)
		return true;
	log_msg(LOG_INFO, vm->id.name, "going on with \"%s\"", vf->name);
	vf->restored = true;
	if (!vm_file_begin(vf, false)) {
		vm_file_drop(vf);
		return false;
	}
	vm_file_step(vf);
	return true;
}

/* Is it the file that the guest opened, as far as size and stamp can tell? */
static bool is_same(const struct vm_file *vf)
{
	uint64_t now = file_size(vf->file);

	if (vf->size != PVBOOT_SIZE_UNKNOWN && now != PVBOOT_SIZE_UNKNOWN && now != vf->size)
		return false;
	if (!vf->head_len)
		return file_stamp(vf->file) == vf->stamp;
	return file_available(vf->file) >= vf->head_len && hash_head(vf->file, vf->head_len) == vf->stamp;
}

/* Open an empty file, to send with the news that the file has failed: it replaces the descriptor sent before. */
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

/* The server's file has changed: put a failed file in its place.  Returns false if memory ran out. */
static bool replace(struct vm_file *vf)
{
	char words[PVBOOT_ERROR_MAX + 1];
	struct file *failed;

	snprintf(words, sizeof(words), "\"%.100s\" changed while it was read: boot again", vf->name);
	failed = file_new_failed(vf->vm->id.name, vf->name, PVBOOT_S_CHANGED, words);
	if (!failed)
		return false;
	vm_file_release(vf);
	vf->file = failed;
	return true;
}

void vm_file_resume(struct vm_file *vf)
{
	bool good = file_status(vf->file) == PVBOOT_S_OK;
	bool fds = vf->vm->fds;
	int fd;

	if (!file_opened(vf->file) && !file_done(vf->file))
		return;
	if (!file_done(vf->file) && file_available(vf->file) < vf->head_len)
		return;
	vf->restored = false;
	if (good && !is_same(vf)) {
		good = false;
		if (!replace(vf)) {
			vm_file_drop(vf); /* out of memory: the device waits until the guest gives up */
			return;
		}
	}
	fd = fds ? file_open_fd(vf->file) : -1;
	if (fds && fd < 0)
		fd = open_empty();
	if (fd >= 0)
		vm_file_send_grow(vf, fd, file_status(vf->file), file_text(vf->file), !good);
	if (good)
		return;
	vf->complete = true;
	log_msg(LOG_WARNING, vf->vm->id.name, "%s", file_text(vf->file));
}
