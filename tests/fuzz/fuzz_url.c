/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_url.c - any text as a name of a file, and as a URL of HTTP: its canonical form is its own, and has no byte that
 * could forge a line. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[URL_MAX], again[URL_MAX];
	struct url url;
	char *text = malloc(size + 1), why[256], host[16];

	memcpy(text, data, size);
	text[size] = '\0';
	if (url_parse_pxelinux(&url, text, why, sizeof(why)) && ((!url.path[0] && text[0]) || url.kind == URL_OTHER))
		abort();
	if (url_canonical(out, text, why, sizeof(why))) {
		for (const char *c = out; *c; c++)
			if (!isgraph((unsigned char)*c))
				abort();
		if (!url_canonical(again, out, why, sizeof(why)) || strcmp(out, again))
			abort();
		url_host(host, sizeof(host), out);
	}
	free(text);
	return 0;
}
