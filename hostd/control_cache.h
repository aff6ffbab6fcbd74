/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control_cache.h - what `pvboot cache` asks a running hostd.
 *
 *   list             a line for each object: STATE SIZE FETCHED USED KEY, blanks between; STATE is letters: f, it is
 * being fetched, r, somebody reads it, d, it is on disk, or "-"; SIZE is bytes or "-"; times are seconds since 1970
 *   purge [KEY]      forget that object, or all; a line with their number
 *   prefetch URL     fetch it, and wait until it is on disk; a line with its size and "kept" or "not-kept"
 */
#ifndef HOSTD_CONTROL_CACHE_H
#define HOSTD_CONTROL_CACHE_H

struct cache;
struct client;
struct control_cache;

/* Begin, or do, what line says; control_end() comes now, or from the loop.  What is under way, or NULL. */
struct control_cache *control_cache(struct cache *cache, struct client *client, const char *line);
/* The client has gone.  NULL is fine. */
void control_cache_cancel(struct control_cache *job);

#endif /* HOSTD_CONTROL_CACHE_H */
