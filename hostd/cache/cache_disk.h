/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache_disk.h - the cache's threads: they copy objects to disk, hash them, and remove them.
 *
 * Jobs of one are done one after the other, in their order; the end of each is told from the loop.  The thread is
 * started by the first job, hence without the privileges that hostd has shed by then.
 */
#ifndef HOSTD_CACHE_DISK_H
#define HOSTD_CACHE_DISK_H

#include <sys/stat.h>

#include "cache/cache_meta.h"

struct cache_disk;
struct event_base;

enum cache_job_kind {
	CACHE_STORE,  /* copy fd to disk and give it meta; meta.id and meta.sum are filled in */
	CACHE_VERIFY, /* is the SHA-256 of fd meta.sum? */
	CACHE_REMOVE  /* meta.id's data, and with remove_meta first the meta file */
};

struct cache_job {
	struct cache_job *next;
	enum cache_job_kind kind;
	int fd; /* -1 or the job's own */
	struct cache_meta meta;
	char old_id[CACHE_ID_HEX]; /* CACHE_STORE: whose data the meta file named before; "": nobody's */
	bool remove_meta;
	bool cancelled; /* by cache_disk_cancel() */

	/* the end */
	int error;	  /* 0, or an errno; CACHE_VERIFY: EILSEQ, it is another sum */
	struct stat stat; /* CACHE_STORE: of the data; CACHE_VERIFY: of fd, before it was read */
	void (*done)(void *arg, struct cache_job *job); /* may be NULL; job is freed after it returns */
	void *arg;
};

/* dir stays the caller's; nice: added to hostd's own.  NULL if memory ran out. */
struct cache_disk *cache_disk_new(struct event_base *base, int dir, int nice);
/* What is under way is given up or, if it is nearly done, completed. Nobody is told. */
void cache_disk_free(struct cache_disk *disk);

/* A zeroed job; NULL if memory ran out. */
struct cache_job *cache_job_new(enum cache_job_kind kind, int fd, void (*done)(void *, struct cache_job *), void *arg);
/* Have it done; it becomes the thread's. */
void cache_disk_do(struct cache_disk *disk, struct cache_job *job);
/* Has all been done and told? */
bool cache_disk_idle(const struct cache_disk *disk);
/* Nobody wants to know any more: done is not called. */
void cache_disk_cancel(struct cache_disk *disk, struct cache_job *job);

#endif /* HOSTD_CACHE_DISK_H */
