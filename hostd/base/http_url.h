/* SPDX-License-Identifier: BSD-2-Clause */
/* http_url.h - http: and https: URLs as guests and configurations write them (RFC 3986, RFC 9110 4.2). */
#ifndef HOSTD_HTTP_URL_H
#define HOSTD_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_URL_MAX 4096 /* bytes of a URL in its canonical form, NUL included */

/* Is it one, by its scheme? */
bool http_url_is(const char *name);

/*
 * The canonical form: scheme and host in lower case, no default port, no fragment, what may not stand in a URL escaped.
 * out has HTTP_URL_MAX bytes.  False, with words in why, for one that names no host or no good port, that has a user
 * and password (they would be in logs, and in the cache's list), or control characters.
 */
bool http_url_canonical(char *out, const char *url, char *why, size_t room);

/* The host of a canonical URL, without a port.  False if it does not fit. */
bool http_url_host(char *host, size_t room, const char *url);

#endif /* HOSTD_HTTP_URL_H */
