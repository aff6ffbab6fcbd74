/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.h - one fetch per object, shared by all VMs, and kept on disk for the next boot.
 *
 * An object is named by its key: scheme, server, port and path, and whose address it is fetched with.  cache_open() may
 * hand the same struct file to many VMs.  When a copy may be served, and when its server is asked first, is
 * docs/hostd.conf.5, CACHE; docs/design.md has the reasons.
 */
#ifndef HOSTD_CACHE_H
#define HOSTD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache_request.h"

struct cache;
struct event_base;
struct file;
struct http;

struct cache_settings {
	int dir;       /* an open directory that is hostd's alone (cache_dir_open()), or -1: nothing is kept on disk */
	uint64_t size; /* bytes of objects on disk at most */
};

/* NULL if memory ran out.  http may be NULL: no URL of its schemes can be opened.  dir becomes the cache's. */
struct cache *cache_new(struct event_base *base, struct http *http, const struct cache_settings *settings);
/* What is being stored is given up.  Files that are open stay valid, and end by themselves. */
void cache_free(struct cache *cache);

/*
 * Get an object: a fetch in flight is joined, a copy that may be served is, else it is fetched.  One reference is the
 * caller's.  NULL only if memory ran out: all else is in the file's status.
 */
struct file *cache_open(struct cache *cache, const struct cache_request *req);

/* Objects on disk, and in flight: call each(), newest use first. */
struct cache_info {
	const char *key;
	uint64_t size;	 /* or PVBOOT_SIZE_UNKNOWN */
	int64_t fetched; /* seconds since 1970: when the fetch began; used: when it was served last */
	int64_t used;
	bool in_flight, in_use, on_disk;
};
void cache_list(struct cache *cache, void (*each)(void *arg, const struct cache_info *info), void *arg);

/* What has become of an object that was fetched. */
enum cache_kept { CACHE_NOT_KEPT, CACHE_BEING_STORED, CACHE_KEPT };
enum cache_kept cache_kept(struct cache *cache, const struct cache_request *req);

/* Forget the object of that key (NULL: all of them).  Guests that read them go on.  How many they were. */
unsigned int cache_purge(struct cache *cache, const char *key);

#endif /* HOSTD_CACHE_H */
