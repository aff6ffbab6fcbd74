/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_internal.h - what cache.c (which objects there are), cache_entry.c (one) and cache_fetch.c (getting one) share.
 */
#ifndef HOSTD_CACHE_INTERNAL_H
#define HOSTD_CACHE_INTERNAL_H

#include "cache/cache.h"
#include "cache/cache_disk.h"
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

uint64_t cache_now_ms(void);

/* ---- cache_entry.c ---- */

/* The live entry of that key, or NULL. */
struct cache_entry *cache_entry_find(struct cache *cache, const char *key);
/* A new one in front; NULL if memory ran out. */
struct cache_entry *cache_entry_new(struct cache *cache, const struct cache_meta *meta);
void cache_entry_hold(struct cache_entry *entry);
void cache_entry_release(struct cache_entry *entry);
/* Take it out of the list, and remove what is on disk: of the data alone where its meta file has been replaced. */
void cache_entry_forget(struct cache_entry *entry);
/* Its bytes; -1 if they are not there any more. */
int cache_entry_open(struct cache_entry *entry);
/* These bytes become file's, which is then complete. */
void cache_entry_give(struct cache_entry *entry, int fd, struct file *file);
/* Its first bytes.  False if they cannot be read. */
bool cache_entry_head(struct cache_entry *entry, uint8_t head[CACHE_HEAD]);
/* At the end of the cache: forget it, and leave its files. */
void cache_entry_abandon(struct cache_entry *entry);
/* Is the copy whole, as far as is known?  CACHE_UNKNOWN: it has to be hashed; *fd is its data then. */
enum cache_state { CACHE_GOOD, CACHE_BAD, CACHE_UNKNOWN };
enum cache_state cache_entry_state(struct cache_entry *entry, int *fd);
/* A fetch is complete: keep what it brought as long as can be. */
void cache_entry_keep(struct cache *cache, const struct cache_meta *meta, uint64_t began_ms, struct file *file);
/* Evict what was used longest ago until bytes more fit.  False if they do not. */
bool cache_entry_make_room(struct cache *cache, uint64_t bytes);
/* What is on disk at start; the rest is removed. */
void cache_entry_scan(struct cache *cache);

/* ---- cache_fetch.c ---- */

struct file *cache_fetch_begin(struct cache *cache, const struct cache_request *req, const char *key,
			       struct cache_entry *old, bool fresh);
void cache_fetch_end(struct cache_fetch *fetch);

#endif /* HOSTD_CACHE_INTERNAL_H */
