/* SPDX-License-Identifier: BSD-2-Clause */
/* file_internal.h - the inside of struct file, for file_root.c and the cache, which make files. */
#ifndef HOSTD_FILE_INTERNAL_H
#define HOSTD_FILE_INTERNAL_H

#include "file/file.h"
#include "pvboot_req.h"

struct file {
	unsigned int refs;
	int fd;	      /* -1: none */
	bool root;    /* the user's own file below a root; else a memfd, or the cache's copy */
	bool counted; /* its available bytes count towards the limit for all files */
	bool opened, done;
	bool notifying, again, quiet;
	uint32_t status, detail;
	uint64_t size, available;
	uint64_t stamp; /* of a root file: read_stamp() in file_root.c */
	/* Called when the last reference is dropped, so that the owner can clean up. */
	void (*ended)(struct file *file);
	void *owner;
	struct file *backing; /* the file whose memory it reads, a reference; or NULL */
	struct file_watch *watches, *cursor;
	char vm[64];
	char text[PVBOOT_ERROR_MAX + 1];
	char name[PVBOOT_NAME_MAX + 1];
};

/* Make a file with one reference and no state yet.  Returns NULL if memory ran out. */
struct file *file_alloc(const char *vm, const char *name);

/* Mark the file done with a status and an error text.  Does not call the watchers. */
void file_fail(struct file *file, uint32_t status, uint32_t detail, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Call every watcher. */
void file_notify(struct file *file);

/* ---- a file that is being fetched ---- */

/* Make an empty memfd for the file to grow in.  Returns false if the file has failed. */
bool file_grow_begin(struct file *file);
/* The server has accepted the request and announced the size. */
void file_grow_opened(struct file *file, uint64_t size);
/* Append the next bytes.  Returns false if the file has failed: the caller must end the fetch. */
bool file_grow(struct file *file, const void *buf, size_t len);
/* The fetch has ended.  A file that has failed before keeps its status. */
void file_grow_done(struct file *file, uint32_t status, uint32_t detail, const char *text);
/* Turn the file into a complete one of that size; the file owns fd.  Bytes fetched so far are dropped. */
void file_adopt(struct file *file, int fd, uint64_t size);

#endif /* HOSTD_FILE_INTERNAL_H */
