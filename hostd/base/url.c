/* SPDX-License-Identifier: BSD-2-Clause */
/* url.c - names of files as guests, DHCP servers, configurations and pxelinux write them: paths and URLs. */
#include "base/url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/bytes.h"

#define HOST_MAX 255 /* RFC 1035 2.3.4 */

static const struct scheme {
	const char *name;
	enum url_kind kind;
	uint16_t port;
	bool escaped; /* "%41" in its path is one character */
} schemes[] = {
	{"http", URL_HTTP, 80, true},
	{"https", URL_HTTP, 443, true},
	{"tftp", URL_TFTP, 69, true},
	{PVBOOT_SCHEME, URL_TFTP, 69, false},
};

static bool refuse(char *err, size_t err_len, const char *name, const char *words)
{
	snprintf(err, err_len, "\"%.100s\"%s", name, words);
	return false;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* The parts of a URL of any scheme, not yet checked. */
struct parts {
	const struct scheme *scheme; /* NULL: a scheme that is not in the table */
	const char *host;
	size_t host_len;
	const char *port; /* its digits; port_len is 0 if there are none */
	size_t port_len;
	bool has_user;
	const char *path; /* what follows host and port: "", or text that begins with '/', '?' or '#' */
};

static const struct scheme *find_scheme(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (len == strlen(schemes[i].name) && !strncasecmp(name, schemes[i].name, len))
			return &schemes[i];
	return NULL;
}

/* Split a URL into its parts.  Returns false if name is not a URL. */
static bool split(struct parts *p, const char *name)
{
	const char *at, *colon, *end;
	size_t n = 0;

	if (!isalpha((unsigned char)name[0]))
		return false;
	while (isalnum((unsigned char)name[n]) || name[n] == '+' || name[n] == '-' || name[n] == '.')
		n++;
	if (strncmp(name + n, "://", 3) != 0)
		return false;
	p->scheme = find_scheme(name, n);
	p->host = name + n + 3;
	p->path = end = p->host + strcspn(p->host, "/?#");
	at = memchr(p->host, '@', (size_t)(end - p->host));
	p->has_user = at != NULL;
	if (at)
		p->host = at + 1;
	colon = memchr(p->host, ':', (size_t)(end - p->host));
	p->host_len = (size_t)((colon ? colon : end) - p->host);
	p->port = colon ? colon + 1 : end;
	p->port_len = (size_t)(end - p->port);
	return true;
}

/* Read the port: 1 to 65535, or 0 if there is none; "host:" means "host" (RFC 3986 3.2.3). */
static bool read_port(uint16_t *port, const struct parts *p)
{
	unsigned long n = 0;

	for (size_t i = 0; i < p->port_len; i++) {
		if (!isdigit((unsigned char)p->port[i]))
			return false;
		n = n * 10 + (unsigned long)(p->port[i] - '0');
		if (n > 65535)
			return false;
	}
	*port = (uint16_t)n;
	return n || !p->port_len;
}

enum url_kind url_kind(const char *name)
{
	struct parts p;

	if (!split(&p, name))
		return URL_PATH;
	return p.scheme ? p.scheme->kind : URL_OTHER;
}

/* ---- a file of a TFTP server ------------------------------------------------------------------------------------- */

static bool take_path(struct url *url, const char *path, size_t len, const char *name, char *err, size_t err_len)
{
	if (len >= sizeof(url->path))
		return refuse(err, err_len, name, " is too long");
	memcpy(url->path, path, len);
	url->path[len] = '\0';
	return true;
}

/* Replace each "%41" by its character.  "%00" ends the text, as in pxelinux. */
static void unescape(char *text)
{
	const char *from = text;
	uint8_t byte;

	while (*from) {
		if (*from != '%' || !bytes_of_hex(&byte, from + 1)) {
			*text++ = *from++;
			continue;
		}
		if (!byte)
			break;
		*text++ = (char)byte;
		from += 3;
	}
	*text = '\0';
}

/* Read a server, if one is named, and a file, which must be named.  On failure returns false and fills err. */
static bool read_host(struct url *url, const char *host, size_t len, const char *name, char *err, size_t err_len)
{
	if (!len || addr_parse(url->server, host, len))
		return true;
	return refuse(err, err_len, name, ": the server has to be an IPv4 address, names are not looked up");
}

static bool parse_tftp(struct url *url, const struct parts *p, const char *name, char *err, size_t err_len)
{
	const char *path = p->path + 1; /* RFC 3617: the slash after the host is not part of the file's name */

	if (p->has_user)
		return refuse(err, err_len, name, " names a user: give the server by its IPv4 address alone");
	if (!read_host(url, p->host, p->host_len, name, err, err_len))
		return false;
	if (!read_port(&url->port, p))
		return refuse(err, err_len, name, " has no good port for TFTP");
	if (*p->path != '/')
		return refuse(err, err_len, name, " names no file");
	if (!take_path(url, path, p->scheme->escaped ? strcspn(path, ";#") : strlen(path), name, err, err_len))
		return false;
	if (p->scheme->escaped)
		unescape(url->path);
	return url->path[0] || refuse(err, err_len, name, " names no file");
}

bool url_parse(struct url *url, const char *name, char *err, size_t err_len)
{
	struct parts p;

	memset(url, 0, sizeof(*url));
	url->kind = url_kind(name);
	if (url->kind == URL_OTHER) {
		snprintf(err, err_len, "\"%.80s\": this host fetches by TFTP and HTTP: give a path or a URL of those",
			 name);
		return false;
	}
	if (url->kind == URL_TFTP)
		return split(&p, name) && parse_tftp(url, &p, name, err, err_len);
	return take_path(url, name, strlen(name), name, err, err_len);
}

/* ---- pxelinux ---------------------------------------------------------------------------------------------------- */

bool url_parse_pxelinux(struct url *url, const char *name, char *err, size_t err_len)
{
	const char *colon = strchr(name, ':');

	if (!colon || colon[1] != ':')
		return url_parse(url, name, err, err_len);
	memset(url, 0, sizeof(*url));
	url->kind = URL_TFTP;
	if (!read_host(url, name, (size_t)(colon - name), name, err, err_len))
		return false;
	if (!colon[2])
		return refuse(err, err_len, name, " names no file");
	return take_path(url, colon + 2, strlen(colon + 2), name, err, err_len);
}

bool url_has_no_prefix(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);
	size_t rest = colon ? len - (size_t)(colon - name) : 0;

	return rest >= 2 && (colon[1] == ':' || (rest >= 3 && colon[1] == '/' && colon[2] == '/'));
}

bool url_is_search(const char *path)
{
	static const char dir[] = "pxelinux.cfg/";
	const char *at = strstr(path, dir);

	return at && (at == path || at[-1] == '/') && strcmp(at + sizeof(dir) - 1, "default") != 0;
}

/* ---- HTTP -------------------------------------------------------------------------------------------------------- */

static bool host_is_good(const char *host, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]))
			return false;
	return len && len <= HOST_MAX;
}

/*
 * May this byte stand in a path or query as it is (RFC 3986 3.3, 3.4)?  '%' may: it begins an escape that the URL has.
 */
static bool is_plain(unsigned char c)
{
	return isalnum(c) || strchr("-._~!$&'()*+,;=:@/?%", c);
}

bool url_canonical(char *out, const char *url, char *err, size_t err_len)
{
	static const char hex[] = "0123456789ABCDEF";
	struct parts p;
	uint16_t port;
	size_t at;

	for (const char *c = url; *c; c++)
		if (iscntrl((unsigned char)*c))
			return refuse(err, err_len, url, " has control characters");
	if (!split(&p, url) || !p.scheme || p.scheme->kind != URL_HTTP)
		return refuse(err, err_len, url, " is no http: or https: URL");
	if (p.has_user)
		return refuse(err, err_len, "http://USER:PASSWORD@...", " names a user: that is not supported");
	if (!host_is_good(p.host, p.host_len))
		return refuse(err, err_len, url, " names no server: give its name or IPv4 address");
	if (!read_port(&port, &p))
		return refuse(err, err_len, url, " names no good port");
	at = (size_t)sprintf(out, "%s://", p.scheme->name);
	for (size_t i = 0; i < p.host_len; i++)
		out[at++] = (char)tolower((unsigned char)p.host[i]);
	if (port && port != p.scheme->port)
		at += (size_t)sprintf(out + at, ":%u", port);
	if (*p.path != '/')
		out[at++] = '/';
	for (const char *c = p.path; *c && *c != '#'; c++) {
		if (URL_MAX - at < 4)
			return refuse(err, err_len, url, " is too long");
		if (is_plain((unsigned char)*c)) {
			out[at++] = *c;
			continue;
		}
		out[at++] = '%';
		out[at++] = hex[(unsigned char)*c >> 4];
		out[at++] = hex[(unsigned char)*c & 15];
	}
	out[at] = '\0';
	return true;
}

bool url_host(char *host, size_t room, const char *url)
{
	struct parts p;

	if (!split(&p, url) || p.host_len >= room)
		return false;
	memcpy(host, p.host, p.host_len);
	host[p.host_len] = '\0';
	return true;
}
