/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_names.c - the names under which pxelinux looks for its configuration, and the meaning of its file names. */
#include "pxelinux/pxelinux_names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "base/addr.h"

/* ---- the guest -------------------------------------------------------------------------------------------------- */

void pxelinux_guest_make(struct pxelinux_guest *guest, const struct boot_info *info)
{
	memcpy(guest->mac, info->mac, 6);
	memcpy(guest->uuid, info->uuid, 16);
	memcpy(guest->address, info->res.lease.address, 4);
	memcpy(guest->server, info->res.lease.boot_server, 4);
	memcpy(guest->router, info->router, 4);
	memcpy(guest->netmask, info->netmask, 4);
	memcpy(guest->prefix, info->prefix, sizeof(guest->prefix));
	memcpy(guest->config, info->config, sizeof(guest->config));
}

bool pxelinux_uuid_valid(const uint8_t uuid[16])
{
	return uuid[6] >= 0x10 && uuid[6] < 0xf0;
}

/* ---- a name ----------------------------------------------------------------------------------------------------- */

static bool refuse(char *err, size_t err_len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool refuse(char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return false;
}

bool pxelinux_file_resolve(struct pxelinux_file *file, const char *prefix, const char *name, size_t len, char *error,
			   size_t cap)
{
	bool whole = url_has_no_prefix(name, len);
	size_t before = whole ? 0 : strlen(prefix);
	struct url url;

	memset(file, 0, sizeof(*file));
	if (!len)
		return refuse(error, cap, "a file name is empty");
	if (len > PXELINUX_WRITTEN_MAX)
		return refuse(error, cap,
			      "the file name \"%.40s...\" has %zu bytes, and pxelinux reads no more than %d", name, len,
			      PXELINUX_WRITTEN_MAX);
	if (before > sizeof(file->name) - 1 - len)
		return refuse(error, cap, "the file name \"%.*s...\" is too long behind its prefix",
			      len < 40 ? (int)len : 40, name);
	memcpy(file->name, prefix, before);
	memcpy(file->name + before, name, len);
	if (!whole && !url_has_no_prefix(prefix, before))
		return true;
	file->is_url = url_kind(file->name) == URL_HTTP || url_kind(file->name) == URL_OTHER;
	if (file->is_url)
		return true;
	if (!url_parse_pxelinux(&url, file->name, error, cap))
		return false;
	memcpy(file->server, url.server, 4);
	file->port = url.port;
	memcpy(file->name, url.path, sizeof(file->name));
	return true;
}

void pxelinux_file_text(char text[PXELINUX_NAME_TEXT_MAX], const struct pxelinux_file *file)
{
	if (addr_none(file->server))
		snprintf(text, PXELINUX_NAME_TEXT_MAX, "%s", file->name);
	else if (!file->port)
		snprintf(text, PXELINUX_NAME_TEXT_MAX, "%s::%s", addr_text(file->server), file->name);
	else
		snprintf(text, PXELINUX_NAME_TEXT_MAX, "tftp://%s:%u/%s", addr_text(file->server), file->port,
			 file->name);
}

/* ---- the search ------------------------------------------------------------------------------------------------- */

static void add(struct pxelinux_names *names, const struct pxelinux_guest *guest, const char *name)
{
	char error[128];

	if (names->count < PXELINUX_NAMES_MAX &&
	    pxelinux_file_resolve(&names->file[names->count], guest->prefix, name, strlen(name), error, sizeof(error)))
		names->count++;
}

void pxelinux_names(struct pxelinux_names *names, const struct pxelinux_guest *guest)
{
	const uint8_t *m = guest->mac, *ip = guest->address;
	char name[64], text[ADDR_UUID_TEXT];

	memset(names, 0, sizeof(*names));
	if (guest->config[0])
		add(names, guest, guest->config);
	if (pxelinux_uuid_valid(guest->uuid)) {
		addr_uuid_text(text, guest->uuid);
		snprintf(name, sizeof(name), "pxelinux.cfg/%s", text);
		add(names, guest, name);
	}
	/* 01: Ethernet's hardware type. */
	snprintf(name, sizeof(name), "pxelinux.cfg/01-%02x-%02x-%02x-%02x-%02x-%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	add(names, guest, name);
	for (int digits = 8; digits > 0; digits--) {
		char hex[9];

		snprintf(hex, sizeof(hex), "%02X%02X%02X%02X", ip[0], ip[1], ip[2], ip[3]);
		snprintf(name, sizeof(name), "pxelinux.cfg/%.*s", digits, hex);
		add(names, guest, name);
	}
	add(names, guest, "pxelinux.cfg/default");
}
