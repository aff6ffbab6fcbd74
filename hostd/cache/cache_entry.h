/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_entry.h - one complete object: in memory, being stored, or on disk. */
#ifndef HOSTD_CACHE_ENTRY_H
#define HOSTD_CACHE_ENTRY_H

#include "cache/cache_object.h"

/* Find the entry of that key in the list; NULL if there is none. */
struct cache_entry *cache_entry_find(struct cache *cache, const char *key);
/* Make an entry at the front of the list.  Returns NULL if memory ran out. */
struct cache_entry *cache_entry_new(struct cache *cache, const struct cache_meta *meta);
void cache_entry_hold(struct cache_entry *entry);
void cache_entry_release(struct cache_entry *entry);
/*
 * Take the entry out of the list and remove its files.  If its key has a newer entry, only the data is removed, since
 * the meta file is the newer one's.
 */
void cache_entry_forget(struct cache_entry *entry);
/* Open the object's data.  Returns a descriptor that the caller owns, or -1 if the data is gone. */
int cache_entry_open(struct cache_entry *entry);
/* Make file a complete file with the data in fd.  file owns fd from now on. */
void cache_entry_give(struct cache_entry *entry, int fd, struct file *file);
/* Read the object's first bytes.  Returns false if they cannot be read. */
bool cache_entry_head(struct cache_entry *entry, uint8_t head[CACHE_HEAD]);
/* The cache ends: forget the entry, but leave its files on disk. */
void cache_entry_abandon(struct cache_entry *entry);
/*
 * Is the copy undamaged?  CACHE_UNKNOWN: it must be hashed first, and *fd is a descriptor of its data that the caller
 * owns.
 */
enum cache_state { CACHE_GOOD, CACHE_BAD, CACHE_UNKNOWN };
enum cache_state cache_entry_state(struct cache_entry *entry, int *fd);
/* A fetch is complete: store the object on disk; if that fails, keep it in memory while a guest reads it. */
void cache_entry_keep(struct cache *cache, const struct cache_meta *meta, uint64_t began_ms, struct file *file);
/* Evict objects, the least recently used first, until so many more bytes fit.  Returns false if they cannot. */
bool cache_entry_make_room(struct cache *cache, uint64_t bytes);
/* At start: add the objects on disk to the list, and remove other files of the cache's. */
void cache_entry_scan(struct cache *cache);

#endif /* HOSTD_CACHE_ENTRY_H */
