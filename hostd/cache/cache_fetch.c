/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache_fetch.c - getting one object: check that the copy is undamaged, ask its server whether it is current, else
 * fetch.
 *
 * The struct file exists from the beginning.  It is opened once hostd knows where its bytes come from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache_entry.h"
#include "cache/cache_fetch.h"
#include "base/clock.h"
#include "log.h"
#include "net/source.h"
#include "tftp/tftp.h"

/* ---- the end ------------------------------------------------------------------------------------------------------
 */

static void drop_old(struct cache_fetch *fetch)
{
	struct cache_entry *old = fetch->old;
	struct file *mem = fetch->old_mem;

	fetch->old = NULL;
	fetch->old_mem = NULL;
	file_unref(mem);
	if (old)
		cache_entry_release(old);
}

/* Free the fetch and all that it holds, except the file. */
static void destroy(struct cache_fetch *fetch)
{
	if (fetch->verify)
		cache_disk_cancel(fetch->cache->verify, fetch->verify);
	if (fetch->tftp)
		tftp_cancel(fetch->tftp);
	if (fetch->http)
		http_cancel(fetch->http);
	drop_old(fetch);
	if (fetch->prev) {
		*fetch->prev = fetch->next;
		if (fetch->next)
			fetch->next->prev = fetch->prev;
	}
	fetch->file->ended = NULL;
	fetch->file->owner = NULL;
	source_unref(fetch->req.source);
	free(fetch->filename);
	free(fetch->url);
	free(fetch->tftp_req);
	free(fetch);
}

void cache_fetch_end(struct cache_fetch *fetch)
{
	destroy(fetch);
}

/* The last reference to the file was dropped. */
static void on_file_ended(struct file *file)
{
	destroy(file->owner);
}

/* Give guests the copy, and end the fetch.  Returns false if the copy is gone. */
static bool give_old(struct cache_fetch *fetch)
{
	struct cache_entry *old = fetch->old;
	struct file *file = fetch->file;
	int fd = cache_entry_open(old);

	if (fd < 0)
		return false;
	cache_entry_hold(old);
	file_ref(file);
	destroy(fetch);
	cache_entry_give(old, fd, file);
	cache_entry_release(old);
	file_unref(file);
	return true;
}

static void log_given(const struct cache_fetch *fetch, const char *why)
{
	log_msg(LOG_INFO, fetch->file->vm, "cache: %.200s: %s", fetch->meta.key, why);
}

/* The server does not answer: give guests the old copy if the request allows that.  Returns false if it does not. */
static bool give_stale(struct cache_fetch *fetch, uint32_t status, const char *text)
{
	if (!fetch->old || !fetch->req.stale || fetch->file->opened ||
	    (status != PVBOOT_S_TIMEOUT && status != PVBOOT_S_UNREACHABLE && status != PVBOOT_S_FAILED))
		return false;
	log_msg(LOG_WARNING, fetch->file->vm,
		"cache: %.200s: an old copy is served, of %lld s ago, since its server is away: %.200s",
		fetch->meta.key, (long long)(time(NULL) - fetch->old->meta.fetched), text);
	return give_old(fetch);
}

static bool worth_keeping(const struct cache_fetch *fetch)
{
	if (fetch->req.off || fetch->req.stat_only || fetch->no_store || fetch->file->status != PVBOOT_S_OK)
		return false;
	/* If a copy cannot be checked against its server, it only helps when the server is away. */
	if (fetch->req.tftp)
		return fetch->req.stale || fetch->file->size > CACHE_AGAIN_MAX;
	return fetch->req.stale || fetch->meta.etag[0] || fetch->meta.modified[0];
}

/* The transfer has ended. */
static void finish(struct cache_fetch *fetch, uint32_t status, uint32_t detail, const char *text)
{
	struct cache *cache = fetch->cache;
	struct file *file = fetch->file;

	if (status != PVBOOT_S_OK && give_stale(fetch, status, text))
		return;
	file_ref(file);
	file->quiet = true;
	if (fetch->req.stat_only && !file->done)
		file_fail(file, status, detail, "%s", status == PVBOOT_S_OK ? "" : text);
	else
		file_grow_done(file, status, detail, text);
	file->quiet = false;
	if (worth_keeping(fetch)) {
		struct cache_meta meta = fetch->meta;
		uint64_t began = fetch->began_ms;

		destroy(fetch);
		cache_entry_keep(cache, &meta, began, file);
	} else {
		destroy(fetch);
	}
	file_notify(file);
	file_unref(file);
}

/* ---- TFTP ---------------------------------------------------------------------------------------------------------
 */

static void on_tftp_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct cache_fetch *fetch = arg;

	log_msg(LOG_DEBUG, fetch->file->vm, "%s: opened, blksize %u", fetch->filename, blksize);
	if (fetch->old && size > CACHE_AGAIN_MAX && size == fetch->old->meta.size) {
		fetch->probing = true;
		return;
	}
	drop_old(fetch);
	file_grow_opened(fetch->file, size);
}

/* Do the first CACHE_HEAD bytes from the server equal the copy's? */
static bool same_head(struct cache_fetch *fetch)
{
	static uint8_t come[CACHE_HEAD], copy[CACHE_HEAD];

	return cache_entry_head(fetch->old, copy) && file_read(fetch->file, 0, come, CACHE_HEAD) == CACHE_HEAD &&
	       !memcmp(come, copy, CACHE_HEAD);
}

/* More bytes have come while it is not known whether the copy is current.  Guests are told nothing yet. */
static bool probe(struct cache_fetch *fetch, const void *buf, size_t len)
{
	struct file *file = fetch->file;
	uint64_t size = fetch->old->meta.size;
	bool ok;

	file->quiet = true;
	ok = file_grow(file, buf, len);
	file->quiet = false;
	if (!ok || file->available < CACHE_HEAD)
		return ok;
	fetch->probing = false;
	if (same_head(fetch)) {
		log_given(fetch, "the copy has the same size and the same first 64 KiB");
		if (give_old(fetch))
			return false; /* give_old() has ended the transfer */
	}
	drop_old(fetch);
	file_grow_opened(file, size);
	return true;
}

static bool on_tftp_data(void *arg, const void *buf, size_t len)
{
	struct cache_fetch *fetch = arg;

	return fetch->probing ? probe(fetch, buf, len) : file_grow(fetch->file, buf, len);
}

static void on_tftp_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct cache_fetch *fetch = arg;

	fetch->tftp = NULL;
	if (fetch->probing && status == PVBOOT_S_OK)
		fetch->file->size = fetch->old->meta.size; /* as announced: the transfer was cut short */
	finish(fetch, status, detail, text);
}

static const struct tftp_ops tftp_ops = {.opened = on_tftp_opened, .data = on_tftp_data, .done = on_tftp_done};

static void ask(struct cache_fetch *fetch);

/* ---- HTTP ---------------------------------------------------------------------------------------------------------
 */

static void on_http_opened(void *arg, const struct http_answer *answer)
{
	struct cache_fetch *fetch = arg;

	if (answer->unchanged) {
		fetch->confirmed = true; /* read the rest of the answer, so that the connection can be used again */
		return;
	}
	drop_old(fetch);
	snprintf(fetch->meta.etag, sizeof(fetch->meta.etag), "%s", answer->etag);
	snprintf(fetch->meta.modified, sizeof(fetch->meta.modified), "%s", answer->modified);
	fetch->no_store = answer->no_store;
	if (fetch->req.stat_only || file_grow_begin(fetch->file))
		file_grow_opened(fetch->file, answer->size);
}

static bool on_http_data(void *arg, const void *buf, size_t len)
{
	struct cache_fetch *fetch = arg;

	return file_grow(fetch->file, buf, len);
}

static bool on_http_same(void *arg, uint64_t offset, const void *buf, size_t len)
{
	struct cache_fetch *fetch = arg;
	static uint8_t bytes[16384];
	const uint8_t *at = buf;

	while (len) {
		size_t part = len < sizeof(bytes) ? len : sizeof(bytes);

		if (file_read(fetch->file, offset, bytes, part) != (ssize_t)part || memcmp(bytes, at, part))
			return false;
		offset += part;
		at += part;
		len -= part;
	}
	return true;
}

static void on_http_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct cache_fetch *fetch = arg;

	fetch->http = NULL;
	if (status != PVBOOT_S_OK || !fetch->confirmed) {
		finish(fetch, status, detail, text);
		return;
	}
	log_given(fetch, "unchanged, the server says");
	if (give_old(fetch))
		return;
	fetch->confirmed = false;
	drop_old(fetch);
	ask(fetch);
}

static const struct http_ops http_ops = {
	.opened = on_http_opened, .data = on_http_data, .same = on_http_same, .done = on_http_done};

/* ---- asking the server --------------------------------------------------------------------------------------------
 */

static void fail_memory(struct cache_fetch *fetch)
{
	finish(fetch, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
}

static void ask_http(struct cache_fetch *fetch)
{
	struct http_request req = {
		.vm = fetch->file->vm,
		.url = fetch->url,
		.etag = fetch->old ? fetch->old->meta.etag : NULL,
		.modified = fetch->old ? fetch->old->meta.modified : NULL,
		.stat_only = fetch->req.stat_only,
		.source = fetch->req.source,
	};

	if (!fetch->cache->http) {
		finish(fetch, PVBOOT_S_UNSUPPORTED, 0, "this host does not fetch by HTTP: see hostd's log");
		return;
	}
	fetch->http = http_get(fetch->cache->http, &req, &http_ops, fetch);
	if (!fetch->http)
		fail_memory(fetch);
}

/* Ask the server.  May end, and free, the fetch. */
static void ask(struct cache_fetch *fetch)
{
	if (!fetch->req.tftp) {
		ask_http(fetch);
		return;
	}
	if (!file_grow_begin(fetch->file)) {
		finish(fetch, PVBOOT_S_NO_RESOURCES, 0, "");
		return;
	}
	fetch->tftp = tftp_get(fetch->cache->base, fetch->tftp_req, &tftp_ops, fetch);
	if (!fetch->tftp)
		fail_memory(fetch);
}

/* ---- is the copy whole? -------------------------------------------------------------------------------------------
 */

/* The copy, if there still is one, is undamaged: serve it, or ask the server.  May end, and free, the fetch. */
static void use_old(struct cache_fetch *fetch)
{
	if (fetch->old && fetch->fresh) {
		if (give_old(fetch))
			return;
		drop_old(fetch);
	}
	ask(fetch);
}

static void on_verified(void *arg, struct cache_job *job)
{
	struct cache_fetch *fetch = arg;
	struct cache_entry *old = fetch->old;

	fetch->verify = NULL;
	if (!job->error) {
		old->good = job->stat;
		old->known_good = true;
	} else {
		log_msg(LOG_WARNING, fetch->file->vm, "cache: the copy of %.200s is damaged (%s): fetched again",
			fetch->meta.key, job->error == EILSEQ ? "its sum is another" : strerror(job->error));
		if (!old->dead && (job->error == EILSEQ || job->error == EIO))
			cache_entry_forget(old);
		drop_old(fetch);
	}
	use_old(fetch);
}

/* Check whether the copy is undamaged.  May end, and free, the fetch. */
static void check_old(struct cache_fetch *fetch)
{
	int fd;
	enum cache_state state = cache_entry_state(fetch->old, &fd);
	struct cache_job *job = NULL;

	if (state == CACHE_UNKNOWN) {
		job = cache_job_new(CACHE_VERIFY, fd, on_verified, fetch);
		if (job) {
			job->meta = fetch->old->meta;
			fetch->verify = job;
			cache_disk_do(fetch->cache->verify, job);
			return;
		}
		close(fd);
	}
	if (state == CACHE_BAD) {
		log_msg(LOG_WARNING, fetch->file->vm, "cache: the copy of %.200s is gone or cut short: fetched again",
			fetch->meta.key);
		cache_entry_forget(fetch->old);
	}
	if (state != CACHE_GOOD)
		drop_old(fetch);
	use_old(fetch);
}

/* ---- the beginning ------------------------------------------------------------------------------------------------
 */

/* Copy the request and what it points to.  Returns false if memory ran out. */
static bool copy_request(struct cache_fetch *fetch, const struct cache_request *req)
{
	fetch->req = *req;
	source_ref(req->source);
	if (!req->tftp) {
		fetch->url = strdup(req->url);
		fetch->req.url = fetch->url;
		return fetch->url != NULL;
	}
	fetch->filename = strdup(req->tftp->filename);
	fetch->tftp_req = malloc(sizeof(*fetch->tftp_req));
	if (!fetch->filename || !fetch->tftp_req)
		return false;
	*fetch->tftp_req = *req->tftp;
	fetch->tftp_req->vm = fetch->file->vm;
	fetch->tftp_req->filename = fetch->filename;
	fetch->tftp_req->source = req->source;
	fetch->tftp_req->stat_only = req->stat_only;
	fetch->req.tftp = fetch->tftp_req;
	return true;
}

struct file *cache_fetch_begin(struct cache *cache, const struct cache_request *req, const char *key,
			       struct cache_entry *old, bool fresh)
{
	struct cache_fetch *fetch = calloc(1, sizeof(*fetch));
	struct file *file = file_alloc(req->vm, req->tftp ? req->tftp->filename : req->url);

	if (!fetch || !file) {
		free(fetch);
		file_unref(file);
		return NULL;
	}
	fetch->cache = cache;
	fetch->file = file;
	file->owner = fetch;
	file->ended = on_file_ended;
	if (!copy_request(fetch, req)) {
		file_unref(file);
		return NULL;
	}
	snprintf(fetch->meta.key, sizeof(fetch->meta.key), "%s", key);
	fetch->meta.fetched = time(NULL);
	fetch->began_ms = clock_ms();
	fetch->fresh = fresh;
	if (!req->off && !req->stat_only) {
		fetch->next = cache->fetches;
		fetch->prev = &cache->fetches;
		if (fetch->next)
			fetch->next->prev = &fetch->next;
		cache->fetches = fetch;
	}
	fetch->old = old;
	if (old) {
		cache_entry_hold(old);
		fetch->old_mem = old->mem ? file_ref(old->mem) : NULL;
		check_old(fetch);
	} else {
		ask(fetch);
	}
	return file;
}
