/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.h - one fetch per object, shared by all VMs, and stored on disk for the next boot.
 *
 * An object is named by its key: scheme, server, port and path, and the guest's identity if it is fetched with the
 * guest's address.  cache_open() may return the same struct file for many VMs.  docs/hostd.conf.5, CACHE, says when a
 * copy may be served, and when its server is asked first; docs/design.md has the reasons.
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
	int dir;       /* a directory that is hostd's alone, from cache_dir_open(); -1: store nothing on disk */
	uint64_t size; /* maximum bytes of objects on disk */
};

/*
 * Make a cache.  If http is NULL, http: and https: URLs cannot be opened.  The cache owns settings->dir.  Returns NULL
 * if memory ran out; dir is then still the caller's.
 */
struct cache *cache_new(struct event_base *base, struct http *http, const struct cache_settings *settings);
/*
 * Free the cache; objects that are being stored are given up.  Open files stay valid until their last reference is
 * dropped.
 */
void cache_free(struct cache *cache);

/*
 * Get an object: join a fetch in progress, serve a copy if the rules allow it, or fetch it.  Returns a reference that
 * the caller owns; NULL only if memory ran out.  Other failures are in the file's status.
 */
struct file *cache_open(struct cache *cache, const struct cache_request *req);

/* Call each() for every object that is complete or being fetched, the last used first. */
struct cache_info {
	const char *key;
	uint64_t size;	 /* or PVBOOT_SIZE_UNKNOWN */
	int64_t fetched; /* seconds since 1970: when the fetch began; used: when it was last served */
	int64_t used;
	bool in_flight, in_use, on_disk;
};
void cache_list(struct cache *cache, void (*each)(void *arg, const struct cache_info *info), void *arg);

/* Is the object that was fetched stored on disk? */
enum cache_kept { CACHE_NOT_KEPT, CACHE_BEING_STORED, CACHE_KEPT };
enum cache_kept cache_kept(struct cache *cache, const struct cache_request *req);

/*
 * Forget the object of that key (NULL: all objects), and return how many there were.  Guests that read them are not
 * affected.
 */
unsigned int cache_purge(struct cache *cache, const char *key);

#endif /* HOSTD_CACHE_H */
