/* SPDX-License-Identifier: BSD-2-Clause */
/* http_head.c - parse the head of a response, line by line. */
#include "http/http_head.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "pvboot_req.h"

#define DISTINCT_SECONDS 2 /* a file may change twice within one second of its server's clock */

/* Read digits at *at, up to end, and move *at past them.  Returns false if there are none, or too many. */
static bool read_number(const char **at, const char *end, uint64_t *out)
{
	const char *from = *at;
	uint64_t n = 0;

	while (*at < end && isdigit((unsigned char)**at)) {
		if (n > (UINT64_MAX >> 1) / 10)
			return false;
		n = n * 10 + (uint64_t)(*(*at)++ - '0');
	}
	*out = n;
	return *at > from;
}

/* Copy a value that is printable and fits; otherwise set out to "". */
static void take_text(char out[HTTP_VALIDATOR_MAX], const char *value, size_t len)
{
	out[0] = '\0';
	if (len >= HTTP_VALIDATOR_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (!isprint((unsigned char)value[i]))
			return;
	memcpy(out, value, len);
	out[len] = '\0';
}

static void take_etag(struct http_head *head, const char *value, size_t len)
{
	size_t weak = len > 2 && !memcmp(value, "W/", 2) ? 2 : 0;

	head->etag[0] = '\0';
	if (len - weak >= 2 && value[weak] == '"' && value[len - 1] == '"' &&
	    !memchr(value + weak + 1, '"', len - weak - 2))
		take_text(head->etag, value, len);
}

static void take_modified(struct http_head *head, const char *value, size_t len)
{
	take_text(head->modified, value, len);
}

static void take_date(struct http_head *head, const char *value, size_t len)
{
	take_text(head->date, value, len);
}

static void take_length(struct http_head *head, const char *value, size_t len)
{
	const char *at = value, *end = value + len;
	uint64_t n;

	if (!read_number(&at, end, &n) || at != end || (head->length != PVBOOT_SIZE_UNKNOWN && head->length != n))
		head->bad_length = true;
	else
		head->length = n;
}

/* "bytes 5-9/10" or "bytes 5-9/" and a star (RFC 9110 14.4). */
static void take_range(struct http_head *head, const char *value, size_t len)
{
	const char *at = value, *end = value + len;
	uint64_t last;

	head->has_range = false;
	if (len < 6 || strncasecmp(at, "bytes ", 6))
		return;
	at += 6;
	if (!read_number(&at, end, &head->first) || at == end || *at++ != '-' || !read_number(&at, end, &last) ||
	    at == end || *at++ != '/' || last < head->first)
		return;
	head->total = PVBOOT_SIZE_UNKNOWN;
	if (end - at == 1 && *at == '*')
		head->has_range = true;
	else if (read_number(&at, end, &head->total) && at == end)
		head->has_range = last < head->total;
}

static bool has_word(const char *value, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; len >= n && i <= len - n; i++)
		if (!strncasecmp(value + i, word, n))
			return true;
	return false;
}

static void take_cache_control(struct http_head *head, const char *value, size_t len)
{
	head->no_store |= has_word(value, len, "no-store") || has_word(value, len, "private");
}

static void take_location(struct http_head *head, const char *value, size_t len)
{
	head->location = true;
}

static const struct {
	const char *name;
	void (*take)(struct http_head *head, const char *value, size_t len);
} fields[] = {
	{"content-length", take_length},  {"content-range", take_range}, {"etag", take_etag},
	{"last-modified", take_modified}, {"date", take_date},		 {"cache-control", take_cache_control},
	{"location", take_location},
};

static void begin(struct http_head *head, const char *line, size_t len)
{
	const char *at = memchr(line, ' ', len), *end = line + len;
	uint64_t status = 0;

	memset(head, 0, sizeof(*head));
	head->length = PVBOOT_SIZE_UNKNOWN;
	if (!at)
		return;
	at++;
	if (read_number(&at, end, &status) && status >= 100 && status <= 599)
		head->status = (unsigned int)status;
}

void http_head_line(struct http_head *head, const char *line, size_t len)
{
	const char *colon, *value;

	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (len >= 5 && !memcmp(line, "HTTP/", 5)) {
		begin(head, line, len);
		return;
	}
	if (!len) {
		head->complete = true;
		return;
	}
	colon = memchr(line, ':', len);
	if (!colon)
		return;
	value = colon + 1;
	len -= (size_t)(value - line);
	while (len && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == (size_t)(colon - line) &&
		    !strncasecmp(line, fields[i].name, (size_t)(colon - line)))
			fields[i].take(head, value, len);
}

const char *http_head_strong_etag(const struct http_head *head)
{
	return head->etag[0] == '"' ? head->etag : "";
}

int64_t http_head_date(const char *text)
{
	struct tm tm;
	const char *end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!end || *end)
		return -1;
	return timegm(&tm);
}

const char *http_head_strong_modified(const struct http_head *head)
{
	int64_t modified = http_head_date(head->modified), date = http_head_date(head->date);

	if (modified < 0 || date < 0 || date - modified < DISTINCT_SECONDS)
		return "";
	return head->modified;
}
