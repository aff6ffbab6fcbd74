/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_object.h - the cache's structures: complete objects, objects being fetched, and the cache itself. */
#ifndef HOSTD_CACHE_OBJECT_H
#define HOSTD_CACHE_OBJECT_H

#include "cache/cache_disk.h"
#include "cache/cache_request.h"
#include "file/file_internal.h"
#include "http/http.h"

struct tftp;

/*
 * A complete object: in memory until it is stored on disk.  If it cannot be stored, it stays in memory while a guest
 * reads it.
 */
struct cache_entry {
	struct cache_entry *next, *prev; /* in the order of last use */
	struct cache *cache;
	struct cache_meta meta;
	struct file *mem; /* its bytes while it is not on disk; a reference only while storing */
	bool on_disk, storing;
	bool dead;	    /* not in the list any more: freed when its last user is gone */
	unsigned int users; /* open files with its data, and fetches that check it */
	bool known_good;    /* its data had the right SHA-256 when its stat was good */
	struct stat good;
	uint64_t began_ms; /* monotonic clock; 0: fetched before this start of hostd */
	int64_t used;	   /* seconds since 1970 */
};

/* An object that is being fetched, or a copy that hostd is checking with its server. */
struct cache_fetch {
	struct cache_fetch *next, **prev;
	struct cache *cache;
	struct file *file;	 /* the requesters hold the references; when the last one is dropped, the fetch ends */
	struct cache_entry *old; /* a copy that may be current, held with cache_entry_hold(); or NULL */
	struct file *old_mem;	 /* old's bytes if in memory only: a reference, since its last reader may leave */
	struct cache_job *verify;
	struct tftp *tftp;
	struct http_get *http;
	struct cache_request req; /* its strings and its tftp point to the copies below */
	struct tftp_request *tftp_req;
	char *filename, *url;
	bool fresh;	/* old needs no check with its server */
	bool confirmed; /* the server says that old is current */
	bool probing;	/* comparing the first bytes by TFTP with old's */
	bool no_store;
	uint64_t began_ms;
	struct cache_meta meta; /* key, fetched, validators */
};

struct cache {
	struct event_base *base;
	struct http *http;
	int dir;
	uint64_t size, stored;		  /* bytes on disk: the maximum, and now (including those being stored) */
	struct cache_disk *disk;	  /* stores and removes, at low priority */
	struct cache_disk *verify;	  /* hashes copies that a boot waits for */
	struct cache_entry *first, *last; /* first: last used */
	unsigned int count;
	struct cache_fetch *fetches;
	bool told_full;
};

#endif /* HOSTD_CACHE_OBJECT_H */
