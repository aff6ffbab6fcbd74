/* SPDX-License-Identifier: BSD-2-Clause */
/* file_internal.h - the inside of a struct file, for those who make one: file_root.c and the cache. */
#ifndef HOSTD_FILE_INTERNAL_H
#define HOSTD_FILE_INTERNAL_H

#include "file/file.h"
#include "pvboot_req.h"

struct file {
	unsigned int refs;
	int fd;	      /* -1: none */
	bool root;    /* the user's own file, below a root; else a memfd, or a copy of the cache's */
	bool counted; /* what is available is part of what max_memory bounds */
	bool opened, done;
	bool notifying, again, quiet;
	uint32_t status, detail;
	uint64_t size, available;
	uint64_t stamp; /* of a root file: see file_root.c */
	/* Whose it is: told when the last reference goes, or before by file_unref() of the owner's own. */
	void (*ended)(struct file *file);
	void *owner;
	struct file *backing; /* whose memory it reads, or NULL: a reference */
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

/* Tell everybody who watches. */
void file_notify(struct file *file);

/* ---- a file that is being fetched ---- */

/* Give it memory to grow in: none of it is taken yet.  False if it has failed. */
bool file_grow_begin(struct file *file);
/* The server accepted. */
void file_grow_opened(struct file *file, uint64_t size);
/* What came next.  False if it has failed: the fetch is to end. */
bool file_grow(struct file *file, const void *buf, size_t len);
/* The end.  What failed before stays failed. */
void file_grow_done(struct file *file, uint32_t status, uint32_t detail, const char *text);
/* Be a complete file of that size, by fd, which becomes its own.  What came so far is given up. */
void file_adopt(struct file *file, int fd, uint64_t size);

#endif /* HOSTD_FILE_INTERNAL_H */
