/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_world.h - a cache in a directory of its own, its servers played by the test (fake_network.c, and HTTP here). */
#ifndef TESTS_CACHE_WORLD_H
#define TESTS_CACHE_WORLD_H

#include "cache/cache.h"
#include "file/file.h"
#include "http/http.h"

#define MIB (1u << 20)

struct world {
	struct event_base *base;
	struct cache *cache;
	char dir[64];
	uint64_t size;
	bool stale, off;
	uint32_t max_age_ms;
};

int world_setup(void **state);
int world_teardown(void **state);
/* Begin a cache with the directory. */
void world_begin(struct world *w);
/* End the cache, and begin another one with its directory: hostd was started again. */
void world_restart(struct world *w);

/* Ask for a file by TFTP, and by HTTP. */
struct file *world_tftp(struct world *w, const char *name);
struct file *world_http(struct world *w, const char *url);

/* The server of the transfer that began last sends size bytes that begin with seed: all of it. */
void world_send(uint64_t size, uint8_t seed);
/* The first part of that only, after saying that it will be size. */
void world_send_part(uint64_t size, uint8_t seed, uint64_t part);
/* The same by HTTP. */
void world_send_http(uint64_t size, uint8_t seed, const char *etag, const char *modified);

/* Fetch a file by TFTP and wait until it is on disk. */
void world_store(struct world *w, const char *name, uint64_t size, uint8_t seed);

/* Run the loop until file is done; NULL: until nothing is being stored, hashed or removed. */
void world_run(struct world *w, struct file *file);
/* Run the loop until so many objects are on disk. */
void world_wait_stored(struct world *w, unsigned int count);

/* The file is complete and has those bytes. */
void world_expect_(struct file *file, uint64_t size, uint8_t seed, int line);
#define world_expect(file, size, seed) world_expect_(file, size, seed, __LINE__)

/* Files in the directory whose names end so. */
unsigned int world_count(struct world *w, const char *tail);
/* The path of the one data file (the first that is found). */
void world_data_path(struct world *w, char path[160]);

/* ---- HTTP, as in fake_network.h ---- */
extern int fake_http_gets, fake_http_running;
extern char fake_http_url[256], fake_http_etag[64], fake_http_modified[64];
extern bool fake_http_stat;
void fake_http_opened(const struct http_answer *answer);
bool fake_http_data(const void *buf, size_t len);
void fake_http_done(uint32_t status, uint32_t detail, const char *text);

#endif /* TESTS_CACHE_WORLD_H */
