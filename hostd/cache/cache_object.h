/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_object.h - the objects of the cache: those that are complete, those that are being fetched, and all of them. */
#ifndef HOSTD_CACHE_OBJECT_H
#define HOSTD_CACHE_OBJECT_H

#include "cache/cache_disk.h"
#include "cache/cache_request.h"
#include "file/file_internal.h"
#include "http/http.h"

struct tftp;

/* An object that is complete: in memory until it is on disk, or, where it cannot be, while somebody reads it. */
struct cache_entry {
	struct cache_entry *next, *prev; /* in the order of last use */
	struct cache *cache;
	struct cache_meta meta;
	struct file *mem; /* where it is while it is not on disk; a reference only while storing */
	bool on_disk, storing;
	bool dead;	    /* in no list any more: freed when nobody uses it */
	unsigned int users; /* open files with its bytes, and fetches that ask about it */
	bool known_good;    /* its data had the right sum when its stat was good */
	struct stat good;
	uint64_t began_ms; /* of the monotonic clock; 0: it is from before this start */
	int64_t used;	   /* seconds since 1970 */
};

/* An object that is being fetched, or a copy about which its server is being asked. */
struct cache_fetch {
	struct cache_fetch *next, **prev;
	struct cache *cache;
	struct file *file;	 /* whoever asked holds it; when the last one lets go, the fetch ends */
	struct cache_entry *old; /* a copy that may do, or NULL; used by us */
	struct file *old_mem;	 /* its bytes, where they are in memory only: its last reader may leave while we ask */
	struct cache_job *verify;
	struct tftp *tftp;
	struct http_get *http;
	struct cache_request req; /* its texts and its tftp point below */
	struct tftp_request *tftp_req;
	char *filename, *url;
	bool fresh;	/* old will do without asking, if it is whole */
	bool confirmed; /* the server says that old is right */
	bool probing;	/* the first bytes by TFTP are being compared with old's */
	bool no_store;
	uint64_t began_ms;
	struct cache_meta meta; /* key, fetched, validators */
};

struct cache {
	struct event_base *base;
	struct http *http;
	int dir;
	uint64_t size, stored;		  /* bytes on disk at most, and now (with what is being stored) */
	struct cache_disk *disk;	  /* stores and removes, when there is time */
	struct cache_disk *verify;	  /* hashes what a boot waits for */
	struct cache_entry *first, *last; /* first: used last */
	unsigned int count;
	struct cache_fetch *fetches;
	bool told_full;
};

#endif /* HOSTD_CACHE_OBJECT_H */
