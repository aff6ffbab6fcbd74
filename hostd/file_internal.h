/* SPDX-License-Identifier: BSD-2-Clause */
/* file_internal.h - what file.c and file_root.c share of a struct file. */
#ifndef HOSTD_FILE_INTERNAL_H
#define HOSTD_FILE_INTERNAL_H

#include "file.h"
#include "pvboot_req.h"

struct tftp;

struct file {
	unsigned int refs;
	int fd;	      /* memfd of a fetched file, the user's own file below a root, or -1 */
	bool fetched; /* a memfd */
	bool stat_only;
	bool opened, done;
	bool notifying, again;
	uint32_t status, detail;
	uint64_t size, available;
	uint64_t stamp; /* of a root file: see file_root_stamp() */
	struct tftp *tftp;
	struct file_watch *watches, *cursor;
	char vm[64];
	char text[PVBOOT_ERROR_MAX + 1];
	char name[PVBOOT_NAME_MAX + 1];
};

/* A new file with one reference, nothing known of it yet; NULL if memory ran out. */
struct file *file_alloc(const char *vm, const char *name);

/* Mark it done, with what and why; tells nobody. */
void file_fail(struct file *file, uint32_t status, uint32_t detail, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Identity and state of an open root file in one number: inode, size, mtime and ctime. */
uint64_t file_root_stamp(int fd);

#endif /* HOSTD_FILE_INTERNAL_H */
