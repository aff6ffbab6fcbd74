/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache_disk.h - the cache's threads: they copy objects to disk, hash them, and remove them.
 *
 * A thread does its jobs one at a time, in order; the loop calls done() at the end of each.  The first job starts the
 * thread, so the thread has only the rights that hostd has kept by then.
 */
#ifndef HOSTD_CACHE_DISK_H
#define HOSTD_CACHE_DISK_H

#include <sys/stat.h>

#include "cache/cache_meta.h"

struct cache_disk;
struct event_base;

enum cache_job_kind {
	CACHE_STORE,  /* copy fd to disk and write meta; fills in meta.id and meta.sum */
	CACHE_VERIFY, /* check that the SHA-256 of fd is meta.sum */
	CACHE_REMOVE  /* remove meta.id's data; with remove_meta, the meta file first */
};

struct cache_job {
	struct cache_job *next;
	enum cache_job_kind kind;
	int fd; /* owned by the job; or -1 */
	struct cache_meta meta;
	char old_id[CACHE_ID_HEX]; /* CACHE_STORE: the data that the meta file named before; "": none */
	bool remove_meta;
	bool cancelled; /* by cache_disk_cancel() */

	/* set at the end */
	int error;	  /* 0 or an errno; CACHE_VERIFY: EILSEQ if the sum differs */
	struct stat stat; /* CACHE_STORE: of the data; CACHE_VERIFY: of fd, before it was read */
	void (*done)(void *arg, struct cache_job *job); /* may be NULL; job is freed after it returns */
	void *arg;
};

/*
 * Make a thread for the directory dir, which stays the caller's.  nice is added to hostd's own nice value.  Returns
 * NULL if memory ran out.
 */
struct cache_disk *cache_disk_new(struct event_base *base, int dir, int nice);
/*
 * Stop the thread and free it.  A job in progress is given up or, if it is nearly done, completed.  done() is not
 * called.
 */
void cache_disk_free(struct cache_disk *disk);

/* Make a job whose other fields are zero.  Returns NULL if memory ran out; fd is then still the caller's. */
struct cache_job *cache_job_new(enum cache_job_kind kind, int fd, void (*done)(void *, struct cache_job *), void *arg);
/* Queue the job; the thread owns it from now on. */
void cache_disk_do(struct cache_disk *disk, struct cache_job *job);
/* Have all jobs ended, and been reported? */
bool cache_disk_idle(const struct cache_disk *disk);
/* Cancel the job: its done() is not called. */
void cache_disk_cancel(struct cache_disk *disk, struct cache_job *job);

#endif /* HOSTD_CACHE_DISK_H */
