/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_cache_meta.c - any bytes as a meta file; with a sum that fits, too.  What is taken can be written again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache_meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len)
{
	static struct cache_meta meta, again;
	static char buf[CACHE_META_MAX];
	size_t n;

	if (!cache_meta_parse(&meta, text, len))
		return;
	n = cache_meta_build(buf, &meta);
	if (!n || !cache_meta_parse(&again, buf, n) || memcmp(&meta, &again, sizeof(meta)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[2 * CACHE_META_MAX];
	uint8_t sum[CACHE_SUM];

	check((const char *)data, size);
	if (size > CACHE_META_MAX)
		return 0;
	memcpy(text, data, size);
	cache_sum(sum, data, size);
	size += (size_t)sprintf(text + size, "end ");
	for (size_t i = 0; i < CACHE_SUM; i++)
		size += (size_t)sprintf(text + size, "%02x", sum[i]);
	text[size++] = '\n';
	check(text, size);
	return 0;
}
