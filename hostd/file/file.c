/* SPDX-License-Identifier: BSD-2-Clause */
/* file.c - files that guests read: references, watches, and what a fetch brings in. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file_internal.h"

static uint64_t max_bytes = UINT64_C(4) << 30;	/* of one fetched file */
static uint64_t max_total = UINT64_C(16) << 30; /* of all fetched files */
static uint64_t total;

void file_set_limits(uint64_t one, uint64_t all)
{
	max_bytes = one;
	max_total = all;
}

bool file_memory_short(void)
{
	return total > max_total / 2;
}

struct file *file_alloc(const char *vm, const char *name)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->refs = 1;
	file->fd = -1;
	file->size = PVBOOT_SIZE_UNKNOWN;
	snprintf(file->vm, sizeof(file->vm), "%s", vm);
	snprintf(file->name, sizeof(file->name), "%s", name);
	return file;
}

void file_fail(struct file *file, uint32_t status, uint32_t detail, const char *fmt, ...)
{
	va_list ap;

	file->done = true;
	file->status = status;
	file->detail = detail;
	va_start(ap, fmt);
	vsnprintf(file->text, sizeof(file->text), fmt, ap);
	va_end(ap);
}

struct file *file_new_failed(const char *vm, const char *name, uint32_t status, const char *text)
{
	struct file *file = file_alloc(vm, name);

	if (file)
		file_fail(file, status, 0, "%s", text);
	return file;
}

/*
 * Call every watcher.  A watcher may remove any watch, and drop its reference: file_unwatch() moves the cursor past a
 * removed watch, and a reference of this function keeps the file.  A change during the round starts another round.
 */
void file_notify(struct file *file)
{
	if (file->quiet)
		return;
	if (file->notifying) {
		file->again = true;
		return;
	}
	file_ref(file);
	file->notifying = true;
	do {
		file->again = false;
		for (file->cursor = file->watches; file->cursor;) {
			struct file_watch *watch = file->cursor;

			file->cursor = watch->next;
			watch->changed(watch);
		}
	} while (file->again);
	file->notifying = false;
	file_unref(file);
}

/* ---- a fetch ---------------------------------------------------------------------------------------------------- */

/* Give back the file's memory and its descriptor. */
static void drop_bytes(struct file *file)
{
	if (file->counted)
		total -= file->available;
	file->counted = false;
	file->available = 0;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

bool file_grow_begin(struct file *file)
{
	drop_bytes(file);
	file->fd = memfd_create("pvboot-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	file->counted = true;
	/* 0400: a process of another uid that is handed a descriptor cannot reopen it for writing. */
	if (file->fd >= 0 && !fchmod(file->fd, 0400) && !fcntl(file->fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return true;
	file_fail(file, PVBOOT_S_NO_RESOURCES, 0, "the host has no room for a file: %s", strerror(errno));
	return false;
}

void file_grow_opened(struct file *file, uint64_t size)
{
	file->opened = true;
	file->size = size;
	file_notify(file);
}

bool file_grow(struct file *file, const void *buf, size_t len)
{
	const uint8_t *at = buf;

	if (file->done)
		return false;
	if (len > max_bytes - file->available || len > max_total - total) {
		file_fail(file, PVBOOT_S_NO_RESOURCES, 0,
			  "\"%.100s\" is larger than this host takes: raise max_file or max_memory in hostd.conf",
			  file->name);
		return false;
	}
	while (len) {
		ssize_t n = pwrite(file->fd, at, len, (off_t)file->available);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			file_fail(file, PVBOOT_S_NO_RESOURCES, 0, "the host cannot store \"%.100s\": %s", file->name,
				  strerror(errno));
			return false;
		}
		file->available += (uint64_t)n;
		total += (uint64_t)n;
		at += n;
		len -= (size_t)n;
	}
	file_notify(file);
	return true;
}

void file_grow_done(struct file *file, uint32_t status, uint32_t detail, const char *text)
{
	/* If file_grow() failed and so ended the transfer, its error text says more. */
	if (!file->done)
		file_fail(file, status, detail, "%s", status == PVBOOT_S_OK ? "" : text);
	if (file->status == PVBOOT_S_OK) {
		if (file->size == PVBOOT_SIZE_UNKNOWN)
			file->size = file->available;
		if (file->size != file->available)
			file_fail(file, PVBOOT_S_TRUNCATED, 0,
				  "the server announced %llu bytes of \"%.100s\" and sent %llu: look at its file",
				  (unsigned long long)file->size, file->name, (unsigned long long)file->available);
	}
	/* Seal it: nothing writes to it any more, even a process that gets hold of a descriptor. */
	if (file->fd >= 0)
		fcntl(file->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	file_notify(file);
}

void file_adopt(struct file *file, int fd, uint64_t size)
{
	drop_bytes(file);
	file->fd = fd;
	file->opened = true;
	file->done = true;
	file->status = PVBOOT_S_OK;
	file->size = size;
	file->available = size;
	file_notify(file);
}

/* ---- what everybody may ask ------------------------------------------------------------------------------------ */

struct file *file_ref(struct file *file)
{
	file->refs++;
	return file;
}

void file_unref(struct file *file)
{
	if (!file || --file->refs)
		return;
	if (file->ended)
		file->ended(file);
	drop_bytes(file);
	file_unref(file->backing);
	free(file);
}

bool file_opened(const struct file *file)
{
	return file->opened;
}

bool file_done(const struct file *file)
{
	return file->done;
}

uint32_t file_status(const struct file *file)
{
	return file->status;
}

uint32_t file_detail(const struct file *file)
{
	return file->detail;
}

const char *file_text(const struct file *file)
{
	return file->text;
}

uint64_t file_size(const struct file *file)
{
	return file->size;
}

uint64_t file_available(const struct file *file)
{
	return file->available;
}

uint64_t file_stamp(const struct file *file)
{
	return file->stamp;
}

ssize_t file_read(struct file *file, uint64_t offset, void *buf, size_t len)
{
	ssize_t n;

	if (offset >= file->available)
		return 0;
	if (len > file->available - offset)
		len = (size_t)(file->available - offset);
	do
		n = pread(file->fd, buf, len, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

int file_open_fd(struct file *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

void file_watch(struct file *file, struct file_watch *watch)
{
	watch->file = file;
	watch->next = file->watches;
	watch->prev = &file->watches;
	if (watch->next)
		watch->next->prev = &watch->next;
	file->watches = watch;
}

void file_unwatch(struct file_watch *watch)
{
	if (!watch->file)
		return;
	if (watch->file->cursor == watch)
		watch->file->cursor = watch->next;
	*watch->prev = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
	watch->file = NULL;
}
