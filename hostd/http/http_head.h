/* SPDX-License-Identifier: BSD-2-Clause */
/* http_head.h - the head of a response, line by line: what a fetch and the cache go by (RFC 9110, RFC 9111). */
#ifndef HOSTD_HTTP_HEAD_H
#define HOSTD_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_VALIDATOR_MAX 256 /* bytes of an ETag or a date, NUL included */
#define HTTP_HEAD_MAX 65536    /* bytes of the heads of one exchange, redirects included: more is refused */

struct http_head {
	unsigned int status;	       /* 0: none yet */
	bool complete;		       /* the empty line was there */
	bool location;		       /* it has one: with a 3xx this is a redirect, and another head follows */
	uint64_t length;	       /* Content-Length, or PVBOOT_SIZE_UNKNOWN */
	bool bad_length;	       /* there are two that differ, or one that is no number */
	bool has_range;		       /* Content-Range: bytes first-last/total */
	uint64_t first, total;	       /* total: PVBOOT_SIZE_UNKNOWN for "*" */
	bool no_store;		       /* Cache-Control: no-store or private */
	char etag[HTTP_VALIDATOR_MAX]; /* "": none, or none that fits; a weak one begins with W/ */
	char modified[HTTP_VALIDATOR_MAX], date[HTTP_VALIDATOR_MAX];
};

/* One line of len bytes, its line end included if it has one.  A status line begins a new head. */
void http_head_line(struct http_head *head, const char *line, size_t len);

/* The ETag if it is a strong one, else "" (RFC 9110 8.8.3). */
const char *http_head_strong_etag(const struct http_head *head);
/* Last-Modified if it tells two states of the file apart: it is 2 s older than Date (RFC 9110 8.8.2.2); else "". */
const char *http_head_strong_modified(const struct http_head *head);

/* Seconds since 1970 of a date as servers are to write it (IMF-fixdate, RFC 9110 5.6.7); -1 for anything else. */
int64_t http_head_date(const char *text);

#endif /* HOSTD_HTTP_HEAD_H */
