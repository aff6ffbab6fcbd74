/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_names.c - which configuration pxelinux would read, and what its file names mean. */
#include "pxelinux/pxelinux_names.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_pxe.h"

/* ---- the guest -------------------------------------------------------------------------------------------------- */

void pxelinux_prefix_of(char prefix[PVBOOT_BOOTFILE_MAX], const char *bootfile)
{
	size_t len = strnlen(bootfile, PVBOOT_BOOTFILE_MAX - 1);

	while (len && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-", bootfile[len - 1]))
		len--;
	memcpy(prefix, bootfile, len);
	prefix[len] = 0;
}

/* A mask or a router counts only where it is alone. */
static void read_address(uint8_t address[4], const struct dhcp_msg *msg, uint8_t code)
{
	size_t len;
	const uint8_t *value = dhcp_msg_option(msg, code, 4, &len);

	if (value && len == 4)
		memcpy(address, value, 4);
}

void pxelinux_guest_read(struct pxelinux_guest *guest, const struct pvboot_discover_res *res, const uint8_t mac[6],
			 const uint8_t uuid[16])
{
	const uint8_t *packets[] = {res->ack, res->reply};
	struct dhcp_msg msg;
	struct dhcp_pxe pxe;

	memset(guest, 0, sizeof(*guest));
	memcpy(guest->mac, mac, 6);
	memcpy(guest->uuid, uuid, 16);
	memcpy(guest->address, res->lease.address, 4);
	memcpy(guest->server, res->lease.boot_server, 4);
	pxelinux_prefix_of(guest->prefix, res->lease.bootfile);
	for (int i = 0; i < 2; i++) {
		if (!dhcp_msg_parse(&msg, packets[i], PVBOOT_DHCP_PACKET))
			continue;
		read_address(guest->netmask, &msg, DHCP_OPT_NETMASK);
		read_address(guest->router, &msg, DHCP_OPT_ROUTER);
		dhcp_pxe_read(&pxe, &msg);
		if (pxe.prefix[0])
			memcpy(guest->prefix, pxe.prefix, sizeof(guest->prefix));
		if (pxe.config[0])
			memcpy(guest->config, pxe.config, sizeof(guest->config));
	}
}

bool pxelinux_uuid_valid(const uint8_t uuid[16])
{
	return uuid[6] >= 0x10 && uuid[6] < 0xf0;
}

/* ---- a name ----------------------------------------------------------------------------------------------------- */

static bool refuse(char *error, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool refuse(char *error, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, cap, fmt, ap);
	va_end(ap);
	return false;
}

/* "address" or "address:port"; nothing is the boot server. */
static bool read_server(struct pxelinux_file *file, const char *host, size_t len)
{
	char text[32], *colon;
	unsigned long port;

	if (!len)
		return true;
	if (len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = 0;
	colon = strchr(text, ':');
	if (colon) {
		char *end;

		*colon = 0;
		port = strtoul(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end || port < 1 || port > 65535)
			return false;
		file->port = (uint16_t)port;
	}
	return inet_pton(AF_INET, text, file->server) == 1;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* A tftp URL's path: "%41" is one character, and ";mode=" is not part of the name (RFC 3617 3).  False: it has a NUL.
 */
static bool unescape(char *name)
{
	const char *from = name;

	while (*from && *from != ';') {
		int high = *from == '%' ? hex_digit(from[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(from[2]);

		if (low < 0) {
			*name++ = *from++;
			continue;
		}
		if (!high && !low)
			return false;
		*name++ = (char)(high << 4 | low);
		from += 3;
	}
	*name = 0;
	return true;
}

/* The whole name, prefix included, is in file->name: take the server out of it. */
static bool split_server(struct pxelinux_file *file)
{
	char whole[PVBOOT_NAME_MAX + 1];
	char *colon, *host, *slash;

	memcpy(whole, file->name, sizeof(whole));
	colon = strchr(whole, ':');
	if (!colon)
		return true;
	if (colon[1] == ':') {
		memmove(file->name, colon + 2, strlen(colon + 2) + 1);
		return read_server(file, whole, (size_t)(colon - whole));
	}
	if (strncmp(colon, "://", 3) || colon - whole != 4 || strncmp(whole, "tftp", 4))
		return true;
	host = colon + 3;
	slash = strchr(host, '/');
	if (!slash)
		return false;
	memmove(file->name, slash + 1, strlen(slash + 1) + 1);
	return unescape(file->name) && read_server(file, host, (size_t)(slash - host));
}

/* Is it a URL, or "server::path"?  Only the first colon counts, as in pxelinux. */
static bool has_prefix_of_its_own(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);
	size_t rest = colon ? len - (size_t)(colon - name) : 0;

	return rest >= 2 && (colon[1] == ':' || (rest >= 3 && colon[1] == '/' && colon[2] == '/'));
}

bool pxelinux_file_resolve(struct pxelinux_file *file, const char *prefix, const char *name, size_t len, char *error,
			   size_t cap)
{
	bool whole = has_prefix_of_its_own(name, len);
	size_t before = whole ? 0 : strlen(prefix);

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
	if ((whole || has_prefix_of_its_own(prefix, before)) && !split_server(file))
		return refuse(error, cap, "\"%.*s\" names a server by other than an IPv4 address", (int)len, name);
	if (!file->name[0])
		return refuse(error, cap, "\"%.*s\" names a server and no file", (int)len, name);
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
