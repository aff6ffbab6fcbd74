/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_http_head.c - any lines as the head of a server's answer. */
#include <stdlib.h>
#include <string.h>

#include "http/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head head;

	memset(&head, 0, sizeof(head));
	while (size) {
		const uint8_t *nl = memchr(data, '\n', size);
		size_t len = nl ? (size_t)(nl - data) + 1 : size;
		char *line = malloc(len); /* for the sanitizer: exactly as long */

		memcpy(line, data, len);
		http_head_line(&head, line, len);
		free(line);
		data += len;
		size -= len;
	}
	if (strlen(http_head_strong_etag(&head)) >= HTTP_VALIDATOR_MAX || http_head_strong_modified(&head)[0] == '\n')
		abort();
	return 0;
}
