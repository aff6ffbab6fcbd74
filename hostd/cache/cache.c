/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.c - the key of a request, and the choice between a copy and a fetch: docs/hostd.conf.5 has the rules. */
#include "cache/cache.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache_entry.h"
#include "cache/cache_fetch.h"
#include "base/clock.h"
#include "base/addr.h"
#include "log.h"
#include "tftp/tftp.h"

#define TFTP_PORT 69
#define STORE_NICE 10 /* a boot in progress goes before storing */

/* ---- keys ---------------------------------------------------------------------------------------------------------
 */

/* Append text, with '%', blanks and unprintable bytes escaped.  Returns false if it does not fit. */
static bool put(char key[CACHE_KEY_MAX], size_t *at, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (CACHE_KEY_MAX - *at < 4)
			return false;
		if (isgraph(c) && c != '%') {
			key[(*at)++] = (char)c;
			continue;
		}
		key[(*at)++] = '%';
		key[(*at)++] = hex[c >> 4];
		key[(*at)++] = hex[c & 15];
	}
	key[*at] = '\0';
	return true;
}

/*
 * Write "tftp://10.0.0.1:69/name" or the URL; then, behind a blank, the address that the fetch uses, if it is not the
 * host's own. Returns false if the key is too long.
 */
static bool make_key(char key[CACHE_KEY_MAX], const struct cache_request *req)
{
	size_t at = 0;

	if (req->tftp) {
		at = (size_t)snprintf(key, CACHE_KEY_MAX, "tftp://%s:%u/", addr_text(req->tftp->server),
				      req->tftp->port ? req->tftp->port : TFTP_PORT);
		if (!put(key, &at, req->tftp->filename))
			return false;
	} else {
		at = strlen(req->url);
		if (at >= CACHE_KEY_MAX)
			return false;
		memcpy(key, req->url, at + 1); /* canonical: escaped already */
	}
	if (!req->identity)
		return true;
	if (CACHE_KEY_MAX - at < 2)
		return false;
	key[at++] = ' ';
	return put(key, &at, req->identity);
}

/* ---- asking -------------------------------------------------------------------------------------------------------
 */

/* Find a fetch of that object that began at most max_age_ms ago; NULL if there is none. */
static struct cache_fetch *find_fetch(struct cache *cache, const char *key, uint64_t max_age_ms)
{
	struct cache_fetch *fetch = cache->fetches;

	while (fetch && (strcmp(fetch->meta.key, key) || clock_ms() - fetch->began_ms > max_age_ms))
		fetch = fetch->next;
	return fetch;
}

/* Did the TFTP fetch of this complete object begin recently enough to serve it without asking? */
static bool is_fresh(const struct cache_entry *entry, const struct cache_request *req)
{
	int64_t age;

	if (!req->tftp || entry->meta.size <= CACHE_AGAIN_MAX)
		return false;
	if (entry->began_ms)
		return clock_ms() - entry->began_ms <= req->max_age_ms;
	age = time(NULL) - entry->meta.fetched;
	return age >= 0 && age < req->max_age_ms / 1000;
}

struct file *cache_open(struct cache *cache, const struct cache_request *req)
{
	uint64_t join_ms = req->tftp ? req->max_age_ms : CACHE_AGE_DEFAULT_MS;
	struct cache_entry *old;
	struct cache_fetch *fetch;
	char key[CACHE_KEY_MAX];

	if (!make_key(key, req))
		return file_new_failed(req->vm, "", PVBOOT_S_BAD_REQUEST,
				       "the file's name is too long: use a shorter one");
	if (req->off)
		return cache_fetch_begin(cache, req, key, NULL, false);
	fetch = find_fetch(cache, key, join_ms);
	if (fetch) {
		log_msg(LOG_DEBUG, req->vm, "cache: %.200s is being fetched already", key);
		return file_ref(fetch->file);
	}
	old = cache_entry_find(cache, key);
	if (old && is_fresh(old, req)) {
		log_msg(LOG_INFO, req->vm, "cache: %.200s: fetched within tftp_max_age", key);
		return cache_fetch_begin(cache, req, key, old, true);
	}
	return cache_fetch_begin(cache, req, key, req->stat_only ? NULL : old, false);
}

enum cache_kept cache_kept(struct cache *cache, const struct cache_request *req)
{
	const struct cache_entry *entry = NULL;
	char key[CACHE_KEY_MAX];

	if (make_key(key, req))
		entry = cache_entry_find(cache, key);
	if (!entry || (!entry->storing && !entry->on_disk))
		return CACHE_NOT_KEPT;
	return entry->on_disk ? CACHE_KEPT : CACHE_BEING_STORED;
}

/* ---- listing and purging ------------------------------------------------------------------------------------------
 */

void cache_list(struct cache *cache, void (*each)(void *arg, const struct cache_info *info), void *arg)
{
	for (const struct cache_fetch *fetch = cache->fetches; fetch; fetch = fetch->next) {
		const struct cache_info info = {.key = fetch->meta.key,
						.size = fetch->file->size,
						.fetched = fetch->meta.fetched,
						.used = fetch->meta.fetched,
						.in_flight = true,
						.in_use = true};

		each(arg, &info);
	}
	for (const struct cache_entry *entry = cache->first; entry; entry = entry->next) {
		const struct cache_info info = {.key = entry->meta.key,
						.size = entry->meta.size,
						.fetched = entry->meta.fetched,
						.used = entry->used,
						.in_use = entry->users || (entry->mem && !entry->storing),
						.on_disk = entry->on_disk};

		each(arg, &info);
	}
}

unsigned int cache_purge(struct cache *cache, const char *key)
{
	struct cache_entry *entry, *next;
	unsigned int count = 0;

	for (entry = cache->first; entry; entry = next) {
		next = entry->next;
		if (key && strcmp(entry->meta.key, key))
			continue;
		cache_entry_forget(entry);
		count++;
	}
	return count;
}

/* ---- life ---------------------------------------------------------------------------------------------------------
 */

struct cache *cache_new(struct event_base *base, struct http *http, const struct cache_settings *settings)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->base = base;
	cache->http = http;
	cache->dir = settings->dir;
	cache->size = settings->size;
	if (settings->dir < 0)
		return cache;
	cache->disk = cache_disk_new(base, settings->dir, STORE_NICE);
	cache->verify = cache_disk_new(base, settings->dir, 0);
	if (!cache->disk || !cache->verify) {
		cache->dir = -1; /* still the caller's */
		cache_free(cache);
		return NULL;
	}
	cache_entry_scan(cache);
	log_msg(LOG_INFO, NULL, "cache: %u files of earlier boots, %llu of %llu MiB", cache->count,
		(unsigned long long)cache->stored >> 20, (unsigned long long)cache->size >> 20);
	return cache;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	while (cache->fetches)
		cache_fetch_end(cache->fetches);
	cache_disk_free(cache->disk);
	cache_disk_free(cache->verify);
	while (cache->first)
		cache_entry_abandon(cache->first);
	if (cache->dir >= 0)
		close(cache->dir);
	free(cache);
}
