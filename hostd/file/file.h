/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - a file that guests read: it may still grow while it is fetched, and is never held in the heap.
 *
 * A fetched file is hostd's own memfd (mode 0400: a device of another uid cannot reopen it for writing), or a copy that
 * the cache has on disk; cache.h begins it.  A --root file is the user's own, and its size, mtime and ctime are
 * compared when hostd is finished with it.
 */
#ifndef HOSTD_FILE_H
#define HOSTD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct file;

/*
 * A watcher of a file; embed it.  The loop calls changed() whenever the file opened, grew, was completed or failed.
 * changed() may remove its watch and drop its reference, but must return soon.
 */
struct file_watch {
	void (*changed)(struct file_watch *watch);
	struct file *file; /* set by file_watch() */
	struct file_watch *next, **prev;
};

/* Make a file that has failed with status and text.  Returns NULL if memory ran out. */
struct file *file_new_failed(const char *vm, const char *name, uint32_t status, const char *text);

struct file *file_ref(struct file *file);
/* Drop a reference.  The last one ends the fetch and frees the file. */
void file_unref(struct file *file);

/*
 * State.  opened: the server has accepted the request, and size is meaningful.  done: complete or failed, see status
 * and text.
 */
bool file_opened(const struct file *file);
bool file_done(const struct file *file);
uint32_t file_status(const struct file *file); /* PVBOOT_S_OK while it grows and after success */
uint32_t file_detail(const struct file *file);
const char *file_text(const struct file *file);	  /* error text of a failure */
uint64_t file_size(const struct file *file);	  /* bytes, or PVBOOT_SIZE_UNKNOWN */
uint64_t file_available(const struct file *file); /* bytes from the start that can be read now */

/* A number for a --root file as it was when opened (inode, size, mtime and ctime); 0 for a fetched file. */
uint64_t file_stamp(const struct file *file);

/* Set the maximum bytes of one fetched file, and of all together.  A fetch that would exceed one of them fails. */
void file_set_limits(uint64_t one, uint64_t all);

/* Do fetched files use more than half of what all together may use? */
bool file_memory_short(void);

/*
 * Read up to len available bytes at offset, as pread().  Returns their number, 0 at the end of what is available, -1
 * with errno.
 */
ssize_t file_read(struct file *file, uint64_t offset, void *buf, size_t len);

/*
 * Open a new read-only file description, close-on-exec.  Returns a descriptor that the caller owns, or -1 with errno.
 */
int file_open_fd(struct file *file);

void file_watch(struct file *file, struct file_watch *watch);
void file_unwatch(struct file_watch *watch);

#endif /* HOSTD_FILE_H */
