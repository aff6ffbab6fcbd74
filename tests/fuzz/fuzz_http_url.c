/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_http_url.c - any text as a URL: its canonical form is its own, and has no byte that could forge a line. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[HTTP_URL_MAX], again[HTTP_URL_MAX];
	char *text = malloc(size + 1), why[256], host[16];

	memcpy(text, data, size);
	text[size] = '\0';
	if (http_url_canonical(out, text, why, sizeof(why))) {
		for (const char *c = out; *c; c++)
			if (!isgraph((unsigned char)*c))
				abort();
		if (!http_url_canonical(again, out, why, sizeof(why)) || strcmp(out, again))
			abort();
		http_url_host(host, sizeof(host), out);
	}
	free(text);
	return 0;
}
