/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache_meta.c - the meta file of an object on disk.
 *
 * It is lines of text in a fixed order.  The last line is the SHA-256 of the others, so that damage by a power cut is
 * noticed.
 */
#include "cache/cache_meta.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "pvboot-cache 1"
#define END_LINE (sizeof("end ") - 1 + 2 * CACHE_SUM + 1)

void cache_sum(uint8_t sum[CACHE_SUM], const void *buf, size_t len)
{
	unsigned int n = CACHE_SUM;

	if (EVP_Digest(buf, len, sum, &n, EVP_sha256(), NULL) != 1)
		abort(); /* out of memory for a hundred bytes, or libcrypto without SHA-256 */
}

static void to_hex(char *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(uint8_t *bytes, size_t len, const char *text)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return !text[2 * len];
}

void cache_meta_name(char name[CACHE_NAME_MAX], const char *key)
{
	uint8_t sum[CACHE_SUM];

	cache_sum(sum, key, strlen(key));
	to_hex(name, sum, CACHE_SUM);
	strcpy(name + 2 * CACHE_SUM, ".meta");
}

void cache_data_name(char name[CACHE_NAME_MAX], const char *id)
{
	snprintf(name, CACHE_NAME_MAX, "%s.data", id);
}

/* ---- parsing ------------------------------------------------------------------------------------------------------
 */

/* A cursor over lines.  Every failure sets bad. */
struct lines {
	const char *at, *end;
	bool bad;
};

/* Read the next line, "NAME VALUE", and copy its value to out.  An empty value is "NAME ". */
static void take(struct lines *l, const char *name, char *out, size_t room)
{
	const char *nl = l->bad ? NULL : memchr(l->at, '\n', (size_t)(l->end - l->at));
	size_t skip = strlen(name) + 1, len = nl ? (size_t)(nl - l->at) : 0;

	out[0] = '\0';
	if (!nl || len < skip || memcmp(l->at, name, skip - 1) || l->at[skip - 1] != ' ' || len - skip >= room) {
		l->bad = true;
		return;
	}
	for (size_t i = skip; i < len; i++)
		if (!isprint((unsigned char)l->at[i]))
			l->bad = true;
	memcpy(out, l->at + skip, len - skip);
	out[len - skip] = '\0';
	l->at = nl + 1;
}

static uint64_t take_number(struct lines *l, const char *name)
{
	char text[24];
	uint64_t n = 0;

	take(l, name, text, 20);
	for (const char *c = text; *c; c++) {
		if (!isdigit((unsigned char)*c))
			l->bad = true;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	if (!text[0] || n > INT64_MAX)
		l->bad = true;
	return n;
}

static void take_hex(struct lines *l, const char *name, uint8_t *out, size_t len)
{
	char text[2 * CACHE_SUM + 1];

	take(l, name, text, sizeof(text));
	if (l->bad || strlen(text) != 2 * len || !from_hex(out, len, text))
		l->bad = true;
}

bool cache_meta_parse(struct cache_meta *meta, const char *buf, size_t len)
{
	struct lines l = {.at = buf, .end = buf + len};
	uint8_t sum[CACHE_SUM], end[CACHE_SUM], id[CACHE_ID_HEX / 2];
	char version[16];

	memset(meta, 0, sizeof(*meta));
	if (len < END_LINE || len > CACHE_META_MAX)
		return false;
	take(&l, "pvboot-cache", version, sizeof(version));
	l.bad |= strcmp(version, "1") != 0;
	take(&l, "key", meta->key, sizeof(meta->key));
	take_hex(&l, "id", id, sizeof(id));
	meta->size = take_number(&l, "size");
	take_hex(&l, "sha256", meta->sum, CACHE_SUM);
	meta->fetched = (int64_t)take_number(&l, "fetched");
	take(&l, "etag", meta->etag, sizeof(meta->etag));
	take(&l, "modified", meta->modified, sizeof(meta->modified));
	cache_sum(sum, buf, l.bad ? 0 : (size_t)(l.at - buf));
	take_hex(&l, "end", end, CACHE_SUM);
	if (l.bad || l.at != l.end || memcmp(sum, end, CACHE_SUM) || !meta->key[0])
		return false;
	to_hex(meta->id, id, sizeof(id));
	return true;
}

size_t cache_meta_build(char buf[CACHE_META_MAX], const struct cache_meta *meta)
{
	char sum[2 * CACHE_SUM + 1];
	uint8_t end[CACHE_SUM];
	int n;

	to_hex(sum, meta->sum, CACHE_SUM);
	n = snprintf(buf, CACHE_META_MAX,
		     FIRST_LINE "\nkey %s\nid %s\nsize %llu\nsha256 %s\nfetched %lld\netag %s\nmodified %s\n",
		     meta->key, meta->id, (unsigned long long)meta->size, sum, (long long)meta->fetched, meta->etag,
		     meta->modified);
	if (n < 0 || (size_t)n > CACHE_META_MAX - END_LINE - 1)
		return 0;
	cache_sum(end, buf, (size_t)n);
	to_hex(sum, end, CACHE_SUM);
	return (size_t)n + (size_t)sprintf(buf + n, "end %s\n", sum);
}
