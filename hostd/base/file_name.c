/* SPDX-License-Identifier: BSD-2-Clause */
/* file_name.c - the name of a file, as guests and configurations write it: a path, or a URL. */
#include "base/file_name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http_url.h"
#include "pvboot_req.h"

/* Bytes of an URL's scheme before "://" (RFC 3986 3.1); 0: this is no URL. */
static size_t scheme_length(const char *name)
{
	size_t n = 0;

	if (!isalpha((unsigned char)name[0]))
		return 0;
	while (isalnum((unsigned char)name[n]) || name[n] == '+' || name[n] == '-' || name[n] == '.')
		n++;
	return strncmp(name + n, "://", 3) ? 0 : n;
}

static bool is_scheme(const char *name, size_t len, const char *scheme)
{
	return len == strlen(scheme) && !strncasecmp(name, scheme, len);
}

uint32_t file_name_parse(const char *name, uint8_t server[4], uint16_t *port, const char **path, char *why, size_t room)
{
	const char *const whole = name;
	size_t scheme = scheme_length(name), len;
	char host[INET_ADDRSTRLEN];
	unsigned long number;
	char *end;

	*path = name;
	if (!scheme)
		return PVBOOT_S_OK;
	if (http_url_is(name)) {
		memset(server, 0, 4); /* it names its own */
		*port = 0;
		return PVBOOT_S_OK;
	}
	if (!is_scheme(name, scheme, "tftp") && !is_scheme(name, scheme, PVBOOT_SCHEME)) {
		snprintf(why, room, "\"%.80s\": this host fetches by TFTP and HTTP: give a path or a URL of those",
			 name);
		return PVBOOT_S_UNSUPPORTED;
	}
	name += scheme + 3;
	len = strcspn(name, ":/");
	if (len && len < sizeof(host)) {
		memcpy(host, name, len);
		host[len] = '\0';
	}
	if (!len || len >= sizeof(host) || inet_pton(AF_INET, host, server) != 1) {
		snprintf(why, room, "\"%.100s\": the server has to be an IPv4 address, names are not looked up", whole);
		return PVBOOT_S_UNSUPPORTED;
	}
	name += len;
	if (*name == ':') {
		number = isdigit((unsigned char)name[1]) ? strtoul(name + 1, &end, 10) : 0;
		if (!number || number > 65535 || *end != '/') {
			snprintf(why, room, "\"%.100s\" has no good port for TFTP", whole);
			return PVBOOT_S_UNSUPPORTED;
		}
		*port = (uint16_t)number;
		name = end;
	}
	if (*name != '/' || !name[1]) {
		snprintf(why, room, "\"%.100s\" names no file", whole);
		return PVBOOT_S_UNSUPPORTED;
	}
	*path = name + 1; /* RFC 3617: the slash after the host is not the file's */
	return PVBOOT_S_OK;
}

bool file_name_is_search(const char *name)
{
	static const char dir[] = "pxelinux.cfg/";
	const char *at = strstr(name, dir);

	return at && (at == name || at[-1] == '/') && strcmp(at + sizeof(dir) - 1, "default") != 0;
}
