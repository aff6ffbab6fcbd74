/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_file.c - a struct file of the tests' own. */
#include "fake_file.h"

#include "file/file_root.h"

#include <stdio.h>
#include <stdlib.h>

#include "pvboot_req.h"

struct file {
	int refs;
	bool opened, known, done, changed;
	uint32_t status;
	uint64_t size, available;
	struct file_watch *watches;
	char text[PVBOOT_ERROR_MAX + 1];
};

static int files;

int fake_files(void)
{
	return files;
}

uint8_t fake_file_byte(uint64_t offset)
{
	return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

struct file *fake_file_new(uint64_t size)
{
	struct file *file = calloc(1, sizeof(*file));

	file->refs = 1;
	file->size = size;
	files++;
	return file;
}

static void notify(struct file *file)
{
	struct file_watch *next;

	file_ref(file);
	for (struct file_watch *watch = file->watches; watch; watch = next) {
		next = watch->next;
		watch->changed(watch);
	}
	file_unref(file);
}

void fake_file_open(struct file *file, bool known)
{
	file->opened = true;
	file->known = known;
	notify(file);
}

void fake_file_grow(struct file *file, uint64_t available)
{
	file->available = available;
	if (available == file->size)
		file->done = file->known = true;
	notify(file);
}

void fake_file_fail(struct file *file, uint32_t status, const char *text)
{
	file->done = true;
	file->status = status;
	snprintf(file->text, sizeof(file->text), "%s", text);
	notify(file);
}

void fake_file_change(struct file *file)
{
	file->changed = true;
}

struct file *file_ref(struct file *file)
{
	file->refs++;
	return file;
}

void file_unref(struct file *file)
{
	if (--file->refs)
		return;
	files--;
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

const char *file_text(const struct file *file)
{
	return file->text;
}

uint64_t file_size(const struct file *file)
{
	return file->known ? file->size : PVBOOT_SIZE_UNKNOWN;
}

uint64_t file_available(const struct file *file)
{
	return file->available;
}

ssize_t file_read(struct file *file, uint64_t offset, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t n = 0;

	/* Short reads happen; callers must go on. */
	if (len > 600)
		len = 600;
	for (; n < len && offset + n < file->available; n++)
		to[n] = fake_file_byte(offset + n);
	return (ssize_t)n;
}

bool file_root_check(struct file *file)
{
	if (file->changed)
		fake_file_fail(file, PVBOOT_S_CHANGED, "it changed");
	return !file->changed;
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
	*watch->prev = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
}
