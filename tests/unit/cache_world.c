/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_world.c - a cache in a directory of its own, its servers played by the test. */
#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/cache_dir.h"
#include "cache/cache_object.h"
#include "cache_world.h"
#include "fake_network.h"
#include "log.h"
#include "tftp/tftp.h"

#define PATIENCE 5000 /* turns of a millisecond */

/* ---- HTTP ---------------------------------------------------------------------------------------------------------
 */

struct http_get {
	const struct http_ops *ops;
	void *arg;
};

int fake_http_gets, fake_http_running;
char fake_http_url[256], fake_http_etag[64], fake_http_modified[64];
bool fake_http_stat;
static struct http_get *latest;

struct http_get *http_get(struct http *http, const struct http_request *req, const struct http_ops *ops, void *arg)
{
	latest = calloc(1, sizeof(*latest));
	assert_non_null(latest);
	*latest = (struct http_get){ops, arg};
	fake_http_gets++;
	fake_http_running++;
	snprintf(fake_http_url, sizeof(fake_http_url), "%s", req->url);
	snprintf(fake_http_etag, sizeof(fake_http_etag), "%s", req->etag ? req->etag : "");
	snprintf(fake_http_modified, sizeof(fake_http_modified), "%s", req->modified ? req->modified : "");
	fake_http_stat = req->stat_only;
	return latest;
}

void http_cancel(struct http_get *get)
{
	fake_http_running--;
	if (get == latest)
		latest = NULL;
	free(get);
}

void fake_http_opened(const struct http_answer *answer)
{
	assert_non_null(latest);
	latest->ops->opened(latest->arg, answer);
}

bool fake_http_data(const void *buf, size_t len)
{
	assert_non_null(latest);
	return latest->ops->data(latest->arg, buf, len);
}

void fake_http_done(uint32_t status, uint32_t detail, const char *text)
{
	struct http_get *get = latest;

	assert_non_null(get);
	latest = NULL;
	fake_http_running--;
	get->ops->done(get->arg, status, detail, text);
	free(get);
}

/* ---- life ---------------------------------------------------------------------------------------------------------
 */

void world_begin(struct world *w)
{
	struct cache_settings settings = {.size = w->size};
	char why[256] = "";

	settings.dir = cache_dir_open(w->dir, "", why, sizeof(why));
	if (settings.dir < 0)
		fail_msg("%s", why);
	/* Never looked at: http_get() above is what it is for. */
	w->cache = cache_new(w->base, (struct http *)w, &settings);
	assert_non_null(w->cache);
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	log_open(false, LOG_ERR);
	*state = w;
	strcpy(w->dir, "/tmp/test_cache.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	w->size = 64 * MIB;
	w->max_age_ms = CACHE_AGE_DEFAULT_MS;
	w->base = event_base_new();
	file_set_limits(UINT64_C(1) << 30, UINT64_C(1) << 30);
	world_begin(w);
	fake_tftp_gets = fake_http_gets = 0;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	char command[128];
	int status;

	cache_free(w->cache);
	event_base_free(w->base);
	snprintf(command, sizeof(command), "rm -r %s", w->dir);
	status = system(command);
	free(w);
	return status || fake_tftp_running || fake_http_running;
}

void world_restart(struct world *w)
{
	cache_free(w->cache);
	world_begin(w);
}

/* ---- asking -------------------------------------------------------------------------------------------------------
 */

static struct file *open_it(struct world *w, const struct tftp_request *tftp, const char *url)
{
	const struct cache_request req = {
		.vm = "vm", .tftp = tftp, .url = url, .stale = w->stale, .off = w->off, .max_age_ms = w->max_age_ms};
	struct file *file = cache_open(w->cache, &req);

	assert_non_null(file);
	return file;
}

struct file *world_tftp(struct world *w, const char *name)
{
	const struct tftp_request tftp = {.vm = "vm", .server = {172, 21, 0, 2}, .filename = name};

	return open_it(w, &tftp, NULL);
}

struct file *world_http(struct world *w, const char *url)
{
	return open_it(w, NULL, url);
}

/* ---- answering ----------------------------------------------------------------------------------------------------
 */

static uint8_t byte_of(uint64_t at, uint8_t seed)
{
	return (uint8_t)(at * 7 + (at >> 8) + seed);
}

static const uint8_t *bytes_of(uint64_t size, uint8_t seed)
{
	static uint8_t *bytes;

	bytes = realloc(bytes, size ? size : 1);
	assert_non_null(bytes);
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = byte_of(i, seed);
	return bytes;
}

void world_send_part(uint64_t size, uint8_t seed, uint64_t part)
{
	const uint8_t *bytes = bytes_of(part, seed);

	fake_tftp_opened(size);
	for (uint64_t at = 0; at < part; at += 65536) {
		int before = fake_tftp_running;

		fake_tftp_data(bytes + at, part - at < 65536 ? part - at : 65536);
		if (fake_tftp_running < before)
			return; /* it has seen enough */
	}
}

void world_send(uint64_t size, uint8_t seed)
{
	int before = fake_tftp_running;

	world_send_part(size, seed, size);
	if (fake_tftp_running == before)
		fake_tftp_done(PVBOOT_S_OK, 0, "");
}

void world_send_http(uint64_t size, uint8_t seed, const char *etag, const char *modified)
{
	const struct http_answer answer = {.size = size, .etag = etag, .modified = modified};

	fake_http_opened(&answer);
	assert_true(fake_http_data(bytes_of(size, seed), size));
	fake_http_done(PVBOOT_S_OK, 0, "");
}

/* ---- waiting ------------------------------------------------------------------------------------------------------
 */

static void turn(struct world *w)
{
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	usleep(1000);
}

void world_run(struct world *w, struct file *file)
{
	for (int i = 0; i < PATIENCE; i++) {
		bool idle = cache_disk_idle(w->cache->disk) && cache_disk_idle(w->cache->verify);

		if (file ? file_done(file) : idle)
			return;
		turn(w);
	}
	fail_msg("nothing comes to an end");
}

static void count_stored(void *arg, const struct cache_info *info)
{
	*(unsigned int *)arg += info->on_disk;
}

void world_wait_stored(struct world *w, unsigned int count)
{
	unsigned int stored;

	for (int i = 0; i < PATIENCE; i++) {
		stored = 0;
		cache_list(w->cache, count_stored, &stored);
		if (stored == count)
			return;
		turn(w);
	}
	fail_msg("%u objects on disk, not %u", stored, count);
}

void world_store(struct world *w, const char *name, uint64_t size, uint8_t seed)
{
	struct file *file = world_tftp(w, name);
	unsigned int stored = 0;

	cache_list(w->cache, count_stored, &stored);
	world_send(size, seed);
	assert_int_equal(file_status(file), PVBOOT_S_OK);
	file_unref(file);
	world_wait_stored(w, stored + 1);
}

void world_expect_(struct file *file, uint64_t size, uint8_t seed, int line)
{
	static uint8_t buf[65536];
	uint64_t at = 0;

	if (!file_done(file) || file_status(file) != PVBOOT_S_OK || file_size(file) != size ||
	    file_available(file) != size) {
		print_error("done %d status %u size %llu: %s\n", file_done(file), file_status(file),
			    (unsigned long long)file_size(file), file_text(file));
		_fail(__FILE__, line);
	}
	while (at < size) {
		ssize_t n = file_read(file, at, buf, sizeof(buf));

		if (n <= 0)
			_fail(__FILE__, line);
		for (ssize_t i = 0; i < n; i++, at++)
			if (buf[i] != byte_of(at, seed))
				_fail(__FILE__, line);
	}
}

unsigned int world_count(struct world *w, const char *tail)
{
	DIR *dir = opendir(w->dir);
	unsigned int count = 0;
	struct dirent *d;

	while ((d = readdir(dir))) {
		size_t len = strlen(d->d_name);

		count += d->d_name[0] != '.' && len >= strlen(tail) && !strcmp(d->d_name + len - strlen(tail), tail);
	}
	closedir(dir);
	return count;
}

void world_data_path(struct world *w, char path[160])
{
	DIR *dir = opendir(w->dir);
	struct dirent *d;

	path[0] = '\0';
	while ((d = readdir(dir)))
		if (strstr(d->d_name, ".data"))
			snprintf(path, 160, "%s/%.90s", w->dir, d->d_name);
	closedir(dir);
	assert_true(path[0]);
}
