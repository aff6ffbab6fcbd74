/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_pxe.c - read what a DHCP message says about booting. */
#include "dhcp/dhcp_pxe.h"

#include <string.h>

#include "base/bytes.h"
#include "base/addr.h"

/* Sub-options of option 43 (PXE 2.1, table 2-1). */
#define SUB_CONTROL 6
#define SUB_SERVERS 8
#define SUB_MENU 9

static void read_file(struct dhcp_pxe *pxe, const struct dhcp_msg *msg)
{
	size_t len = 0;

	if (msg->file[0]) {
		memcpy(pxe->file, msg->file, sizeof(msg->file));
		pxe->file_from = "file field";
		pxe->file_full = strlen(msg->file) >= DHCP_FILE_FIELD - 1; /* some servers keep a byte for a NUL */
	} else if (dhcp_msg_string(msg, DHCP_OPT_BOOTFILE, pxe->file, sizeof(pxe->file))) {
		pxe->file_from = "option 67";
	} else {
		dhcp_msg_option(msg, DHCP_OPT_BOOTFILE, 1, &len);
		pxe->file_too_long = len >= sizeof(pxe->file);
	}
}

static bool take_server(struct dhcp_pxe *pxe, const char *from, const uint8_t addr[4])
{
	if (!addr_unicast(addr))
		return false;
	memcpy(pxe->server, addr, 4);
	pxe->server_from = from;
	return true;
}

/* Take a server from text.  If the text is an address, use it and return true; else remember it for the log. */
static bool take_named(struct dhcp_pxe *pxe, const char *from, const char *name)
{
	uint8_t addr[4];

	if (!name[0])
		return false;
	if (addr_parse(addr, name, strlen(name)))
		return take_server(pxe, from, addr);
	if (!pxe->server_name[0])
		memcpy(pxe->server_name, name, strlen(name) + 1);
	return false;
}

static void read_server(struct dhcp_pxe *pxe, const struct dhcp_msg *msg)
{
	char name[sizeof(pxe->server_name)];
	uint8_t addr[4];

	if (take_server(pxe, "siaddr", msg->siaddr))
		return;
	dhcp_msg_string(msg, DHCP_OPT_SERVER_NAME, name, sizeof(name));
	if (take_named(pxe, "option 66", name) || take_named(pxe, "sname field", msg->sname))
		return;
	if (dhcp_msg_address(msg, DHCP_OPT_TFTP_SERVERS, addr) && take_server(pxe, "option 150", addr))
		return;
	if (dhcp_msg_address(msg, DHCP_OPT_SERVER_ID, addr))
		take_server(pxe, "option 54", addr);
}

/* Read sub-option 9.  Each entry has a type, a length and a description.  Type 0 is "boot from the local disk". */
static void read_menu(struct dhcp_pxe *pxe, const uint8_t *menu, size_t len)
{
	while (len >= 3) {
		uint16_t type = bytes_be16(menu);
		size_t text = menu[2];

		if (text > len - 3)
			return;
		if (type && !pxe->has_item) {
			size_t room = sizeof(pxe->item_text) - 1;

			pxe->has_item = true;
			pxe->item = type;
			memcpy(pxe->item_text, menu + 3, text < room ? text : room);
		}
		menu += 3 + text;
		len -= 3 + text;
	}
}

/* Read sub-option 8.  Each entry has a type, a count and that many addresses. */
static void read_servers(struct dhcp_pxe *pxe, const uint8_t *list, size_t len)
{
	while (len >= 3) {
		uint16_t type = bytes_be16(list);
		size_t bytes = (size_t)list[2] * 4;

		if (bytes > len - 3)
			return;
		if (pxe->has_item && type == pxe->item && bytes && !pxe->has_item_server && addr_unicast(list + 3)) {
			pxe->has_item_server = true;
			memcpy(pxe->item_server, list + 3, 4);
		}
		list += 3 + bytes;
		len -= 3 + bytes;
	}
}

static void read_sub_string(char *to, size_t cap, const struct dhcp_walk *walk)
{
	size_t len = strnlen((const char *)walk->value, walk->length);

	if (to[0] || len >= cap)
		return;
	memcpy(to, walk->value, len);
	to[len] = 0;
}

/* Read option 43.  Each vendor defines its own: it is PXE's only if option 60 says so (PXE 2.1, 2.2.3; RFC 5071 2). */
static void read_vendor(struct dhcp_pxe *pxe, const struct dhcp_msg *msg)
{
	struct dhcp_walk walk;
	struct dhcp_walk servers = {0};
	size_t len;
	const uint8_t *vendor = dhcp_msg_option(msg, DHCP_OPT_VENDOR, 1, &len);

	if (!vendor)
		return;
	dhcp_walk_begin(&walk, vendor, len);
	while (dhcp_walk_next(&walk)) {
		if (walk.code == DHCP_OPT_PXELINUX_CONFIG)
			read_sub_string(pxe->config, sizeof(pxe->config), &walk);
		else if (walk.code == DHCP_OPT_PXELINUX_PREFIX)
			read_sub_string(pxe->prefix, sizeof(pxe->prefix), &walk);
		else if (!pxe->is_pxe)
			continue;
		else if (walk.code == SUB_CONTROL && walk.length >= 1)
			pxe->control = walk.value[0];
		else if (walk.code == SUB_SERVERS)
			servers = walk;
		else if (walk.code == SUB_MENU)
			read_menu(pxe, walk.value, walk.length);
	}
	/* Read the servers after the menu, which selects the entry that matters and may come later in the packet. */
	read_servers(pxe, servers.value, servers.length);
}

void dhcp_pxe_read(struct dhcp_pxe *pxe, const struct dhcp_msg *msg)
{
	static const char class_id[] = "PXEClient";
	const uint8_t *class;

	memset(pxe, 0, sizeof(*pxe));
	class = dhcp_msg_option(msg, DHCP_OPT_CLASS, sizeof(class_id) - 1, NULL);
	pxe->is_pxe = class && !memcmp(class, class_id, sizeof(class_id) - 1);
	dhcp_msg_string(msg, DHCP_OPT_PXELINUX_CONFIG, pxe->config, sizeof(pxe->config));
	dhcp_msg_string(msg, DHCP_OPT_PXELINUX_PREFIX, pxe->prefix, sizeof(pxe->prefix));
	read_file(pxe, msg);
	read_server(pxe, msg);
	read_vendor(pxe, msg);
}
