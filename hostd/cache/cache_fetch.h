/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_fetch.h - getting one object. */
#ifndef HOSTD_CACHE_FETCH_H
#define HOSTD_CACHE_FETCH_H

#include "cache/cache_object.h"

/*
 * Begin to get the object of that key.  old is a copy that may be current, or NULL; with fresh, it is served without
 * asking its server.  Returns the file, with one reference that the caller owns; NULL if memory ran out.
 */
struct file *cache_fetch_begin(struct cache *cache, const struct cache_request *req, const char *key,
			       struct cache_entry *old, bool fresh);
/* End the fetch before it is complete.  Its file stays, and gets no more bytes. */
void cache_fetch_end(struct cache_fetch *fetch);

#endif /* HOSTD_CACHE_FETCH_H */
