/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - a file that guests read: perhaps still growing while it is fetched, never held in the heap.
 *
 * A fetched file is a memfd of hostd's own (mode 0400: a device of another uid cannot reopen it for writing), or a copy
 * that the cache has on disk; cache.h begins it.  A --root file is the user's own, and its size, mtime and ctime are
 * compared when it is finished with.
 */
#ifndef HOSTD_FILE_H
#define HOSTD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct file;

/* Somebody who wants to know.  Embed it; changed() is called from the loop whenever the file opened, grew, was
 * completed or failed. It may drop its watch and its reference, but not start a read loop of its own that never
 * returns. */
struct file_watch {
	void (*changed)(struct file_watch *watch);
	struct file *file; /* set by file_watch() */
	struct file_watch *next, **prev;
};

/* A file that has failed already.  NULL if memory ran out. */
struct file *file_new_failed(const char *vm, const char *name, uint32_t status, const char *text);

struct file *file_ref(struct file *file);
/* The last reference ends the fetch and frees the file. */
void file_unref(struct file *file);

/* State.  opened: the server accepted (size is meaningful).  done: complete or failed, by status and text. */
bool file_opened(const struct file *file);
bool file_done(const struct file *file);
uint32_t file_status(const struct file *file); /* PVBOOT_S_OK while it grows and at success */
uint32_t file_detail(const struct file *file);
const char *file_text(const struct file *file);	  /* words of a failure */
uint64_t file_size(const struct file *file);	  /* or PVBOOT_SIZE_UNKNOWN */
uint64_t file_available(const struct file *file); /* contiguous from 0 */

/* What a --root file was when opened (inode, size, mtime and ctime in one number); 0 for a fetched one. */
uint64_t file_stamp(const struct file *file);

/* Bounds on what fetched files may take: bytes of one file, and of all together.  Beyond them a fetch fails. */
void file_set_limits(uint64_t one, uint64_t all);

/* Is more than half of what they may take together in use? */
bool file_memory_short(void);

/* pread() within what is available; 0 at its end. */
ssize_t file_read(struct file *file, uint64_t offset, void *buf, size_t len);

/* A new read-only open file description, close-on-exec; -1 with errno. */
int file_open_fd(struct file *file);

void file_watch(struct file *file, struct file_watch *watch);
void file_unwatch(struct file_watch *watch);

#endif /* HOSTD_FILE_H */
