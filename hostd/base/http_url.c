/* SPDX-License-Identifier: BSD-2-Clause */
/* http_url.c - http: and https: URLs as guests and configurations write them. */
#include "base/http_url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 255 /* RFC 1035 2.3.4 */

static const struct {
	const char *prefix; /* up to the host */
	const char *port;
} schemes[] = {{"http://", "80"}, {"https://", "443"}};

static int scheme_of(const char *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncasecmp(url, schemes[i].prefix, strlen(schemes[i].prefix)))
			return (int)i;
	return -1;
}

bool http_url_is(const char *name)
{
	return scheme_of(name) >= 0;
}

static bool refuse(char *why, size_t room, const char *url, const char *words)
{
	snprintf(why, room, "\"%.100s\" %s", url, words);
	return false;
}

static bool host_is_good(const char *host, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]))
			return false;
	return len && len <= HOST_MAX;
}

/* ":8080", where one is written.  *port is empty for the scheme's own. */
static bool read_port(char port[8], const char *text, size_t len, const char *usual)
{
	unsigned long n = 0;

	port[0] = '\0';
	if (!len || len == 1)
		return true; /* "host:" is "host" (RFC 3986 3.2.3) */
	for (size_t i = 1; i < len; i++) {
		if (!isdigit((unsigned char)text[i]) || n > 65535)
			return false;
		n = n * 10 + (unsigned long)(text[i] - '0');
	}
	if (!n || n > 65535)
		return false;
	if (n != strtoul(usual, NULL, 10))
		snprintf(port, 8, ":%lu", n);
	return true;
}

/* May it stand in a path or query as it is (RFC 3986 3.3, 3.4)?  '%' begins an escape that is there already. */
static bool is_plain(unsigned char c)
{
	return isalnum(c) || strchr("-._~!$&'()*+,;=:@/?%", c);
}

bool http_url_canonical(char *out, const char *url, char *why, size_t room)
{
	static const char hex[] = "0123456789ABCDEF";
	int scheme = scheme_of(url);
	size_t host_len, at;
	const char *host, *colon, *end;
	char port[8];

	for (const char *c = url; *c; c++)
		if (iscntrl((unsigned char)*c))
			return refuse(why, room, url, "has control characters");
	if (scheme < 0)
		return refuse(why, room, url, "is no http: or https: URL");
	host = url + strlen(schemes[scheme].prefix);
	end = host + strcspn(host, "/?#");
	if (memchr(host, '@', (size_t)(end - host)))
		return refuse(why, room, "http://USER:PASSWORD@...", "names a user: that is not supported");
	colon = memchr(host, ':', (size_t)(end - host));
	host_len = (size_t)((colon ? colon : end) - host);
	if (!host_is_good(host, host_len))
		return refuse(why, room, url, "names no server: give its name or IPv4 address");
	if (!read_port(port, colon, colon ? (size_t)(end - colon) : 0, schemes[scheme].port))
		return refuse(why, room, url, "names no good port");
	at = (size_t)sprintf(out, "%s", schemes[scheme].prefix);
	for (size_t i = 0; i < host_len; i++)
		out[at++] = (char)tolower((unsigned char)host[i]);
	at += (size_t)sprintf(out + at, "%s%s", port, *end == '/' ? "" : "/");
	for (; *end && *end != '#'; end++) {
		if (HTTP_URL_MAX - at < 4)
			return refuse(why, room, url, "is too long");
		if (is_plain((unsigned char)*end)) {
			out[at++] = *end;
			continue;
		}
		out[at++] = '%';
		out[at++] = hex[(unsigned char)*end >> 4];
		out[at++] = hex[(unsigned char)*end & 15];
	}
	out[at] = '\0';
	return true;
}

bool http_url_host(char *host, size_t room, const char *url)
{
	const char *from = strstr(url, "://");
	size_t len;

	if (!from)
		return false;
	from += 3;
	len = strcspn(from, ":/?");
	if (len >= room)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	return true;
}
