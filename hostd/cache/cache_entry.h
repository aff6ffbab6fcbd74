/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_entry.h - one complete object: in memory, being stored, on disk. */
#ifndef HOSTD_CACHE_ENTRY_H
#define HOSTD_CACHE_ENTRY_H

#include "cache/cache_object.h"

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

#endif /* HOSTD_CACHE_ENTRY_H */
