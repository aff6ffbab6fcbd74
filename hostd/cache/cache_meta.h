/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_meta.h - the meta file of an object on disk. */
#ifndef HOSTD_CACHE_META_H
#define HOSTD_CACHE_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http_head.h"

#define CACHE_KEY_MAX 4352  /* bytes of a key, NUL included */
#define CACHE_ID_HEX 33	    /* bytes of an ID in hexadecimal, NUL included */
#define CACHE_SUM 32	    /* bytes of a SHA-256 */
#define CACHE_NAME_MAX 80   /* bytes of a file's name in the directory, NUL included */
#define CACHE_META_MAX 6144 /* bytes of a meta file */

struct cache_meta {
	char key[CACHE_KEY_MAX];
	char id[CACHE_ID_HEX];
	uint64_t size;
	uint8_t sum[CACHE_SUM];
	int64_t fetched; /* seconds since 1970: when the fetch began */
	char etag[HTTP_VALIDATOR_MAX], modified[HTTP_VALIDATOR_MAX];
};

/* Parse a meta file.  Returns false unless it has exactly the form that cache_meta_build() writes. */
bool cache_meta_parse(struct cache_meta *meta, const char *buf, size_t len);
/* Write the text of a meta file to buf.  Returns its length in bytes; 0 if it does not fit. */
size_t cache_meta_build(char buf[CACHE_META_MAX], const struct cache_meta *meta);

/* The names of an object's files: meta file and data. */
void cache_meta_name(char name[CACHE_NAME_MAX], const char *key);
void cache_data_name(char name[CACHE_NAME_MAX], const char *id);

/* The SHA-256 of len bytes. */
void cache_sum(uint8_t sum[CACHE_SUM], const void *buf, size_t len);

#endif /* HOSTD_CACHE_META_H */
