/* SPDX-License-Identifier: BSD-2-Clause */
/* http_head.h - parse the head of a response, line by line, for the fetch and the cache (RFC 9110, RFC 9111). */
#ifndef HOSTD_HTTP_HEAD_H
#define HOSTD_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_VALIDATOR_MAX 256 /* bytes of an ETag or a date, NUL included */
#define HTTP_HEAD_MAX 65536    /* bytes: the limit for all heads of one exchange, redirects included */

struct http_head {
	unsigned int status;	       /* 0: none yet */
	bool complete;		       /* the empty line has come */
	bool location;		       /* it has a Location: with a 3xx this is a redirect, and another head follows */
	uint64_t length;	       /* Content-Length, or PVBOOT_SIZE_UNKNOWN */
	bool bad_length;	       /* two Content-Lengths differ, or one is not a number */
	bool has_range;		       /* Content-Range: bytes first-last/total */
	uint64_t first, total;	       /* total: PVBOOT_SIZE_UNKNOWN for "*" */
	bool no_store;		       /* Cache-Control: no-store or private */
	char etag[HTTP_VALIDATOR_MAX]; /* "": none, or it is too long; a weak one begins with W/ */
	char modified[HTTP_VALIDATOR_MAX], date[HTTP_VALIDATOR_MAX];
};

/* Parse one line of len bytes, with or without its line end, into *head.  A status line begins a new head. */
void http_head_line(struct http_head *head, const char *line, size_t len);

/* Returns the ETag if it is strong, else "" (RFC 9110 8.8.3). */
const char *http_head_strong_etag(const struct http_head *head);
/* Returns Last-Modified if it is strong, that is, at least 2 s older than Date (RFC 9110 8.8.2.2), else "". */
const char *http_head_strong_modified(const struct http_head *head);

/* Returns the seconds since 1970 of a date in the form servers must use (IMF-fixdate, RFC 9110 5.6.7); -1 for any other
 * text. */
int64_t http_head_date(const char *text);

#endif /* HOSTD_HTTP_HEAD_H */
