/* SPDX-License-Identifier: BSD-2-Clause */
/* url.h - names of files as guests, DHCP servers, configurations and pxelinux write them: paths and URLs. */
#ifndef HOSTD_URL_H
#define HOSTD_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

#define URL_MAX 4096 /* bytes of an http: or https: URL in its canonical form, NUL included */

enum url_kind {
	URL_PATH, /* not a URL: a path on a server that is given elsewhere */
	URL_TFTP, /* tftp: or pvboot: (PVBOOT_SCHEME), and in a pxelinux.cfg "::path" and "address::path" */
	URL_HTTP, /* http: or https: */
	URL_OTHER /* a scheme that hostd does not fetch */
};

struct url {
	enum url_kind kind;
	uint8_t server[4]; /* 0.0.0.0: the name gives none, or (HTTP) it is part of path */
	uint16_t port;	   /* 0: the scheme's default */
	/* TFTP: the file's name on the server, unescaped.  Otherwise the unchanged name. */
	char path[PVBOOT_NAME_MAX + 1];
};

/*
 * The kind of a path or URL, by its scheme (RFC 3986 3.1), in upper or lower case.  The rest of the name is not
 * checked.
 */
enum url_kind url_kind(const char *name);

/*
 * Parse a path, or a URL of TFTP or HTTP.  The path of a tftp: URL is read as pxelinux 6.04 reads it: it ends before
 * the first '#' or ';' (";mode=octet", RFC 3617 3); then "%41" becomes one character, and "%00" ends the path.  The
 * path of a pvboot: URL is taken as it stands.  tftp:///path names no server.
 *
 * On failure returns false and fills err: the scheme is another one, the server is not an IPv4 address, the port is not
 * valid, no file is named, or the name is too long.
 */
bool url_parse(struct url *url, const char *name, char *err, size_t err_len);

/*
 * Like url_parse(), for a name in a pxelinux.cfg, where "::path" and "address::path" are names on a TFTP server as
 * well.
 */
bool url_parse_pxelinux(struct url *url, const char *name, char *err, size_t err_len);

/*
 * Does pxelinux take these len bytes for a URL or "address::path", and so add no prefix?  Like pxelinux, this looks at
 * the first colon only.
 */
bool url_has_no_prefix(const char *name, size_t len);

/*
 * Is this one of the names under which pxelinux looks for its configuration?  All but one of them are usually missing.
 */
bool url_is_search(const char *path);

/*
 * Write the canonical form of an http: or https: URL (RFC 3986, RFC 9110 4.2): scheme and host in lower case, no
 * default port, no fragment, and bytes that may not stand in a URL escaped.  out has URL_MAX bytes.  On failure returns
 * false and fills err: the URL has no host, a bad port, a user and password (they would appear in logs, and in the
 * cache's list), or control characters.
 */
bool url_canonical(char *out, const char *url, char *err, size_t err_len);

/* Copy the host of a canonical URL, without its port.  Returns false if it does not fit. */
bool url_host(char *host, size_t room, const char *url);

#endif /* HOSTD_URL_H */
