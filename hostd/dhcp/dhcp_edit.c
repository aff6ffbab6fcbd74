/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_edit.c - change the packets that a boot program sees. */
#include <stdio.h>
#include <string.h>

#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_msg.h"

/* Remove every option with that code from the options proper.  Returns a writer that appends after the options left. */
static struct dhcp_writer strip(uint8_t packet[PVBOOT_DHCP_PACKET], uint8_t code)
{
	struct dhcp_writer w = {.buf = packet, .cap = PVBOOT_DHCP_PACKET, .len = DHCP_HEADER};
	size_t from = DHCP_HEADER;
	struct dhcp_walk walk;
	bool more;

	dhcp_walk_begin(&walk, packet + DHCP_HEADER, PVBOOT_DHCP_PACKET - DHCP_HEADER);
	do {
		size_t to, next;

		more = dhcp_walk_next(&walk);
		next = DHCP_HEADER + walk.pos;
		/* Keep the item that was read, and the pads before it; of one to be removed, only the pads. */
		to = more && walk.code == code ? next - 2 - walk.length : next;
		memmove(packet + w.len, packet + from, to - from);
		w.len += to - from;
		from = next;
	} while (more);
	memset(packet + w.len, 0, PVBOOT_DHCP_PACKET - w.len);
	return w;
}

void dhcp_edit_boot_file(struct pvboot_discover_res *res, const char *name)
{
	size_t len = strlen(name);
	struct dhcp_writer w;
	struct dhcp_msg msg;

	memset(res->lease.bootfile, 0, sizeof(res->lease.bootfile));
	snprintf(res->lease.bootfile, sizeof(res->lease.bootfile), "%s", name);
	if (!dhcp_msg_parse(&msg, res->reply, sizeof(res->reply)) || !msg.file_overloaded) {
		memset(res->reply + DHCP_FILE_AT, 0, DHCP_FILE_FIELD);
		if (len < DHCP_FILE_FIELD)
			memcpy(res->reply + DHCP_FILE_AT, name, len);
	}
	w = strip(res->reply, DHCP_OPT_BOOTFILE);
	dhcp_put_option(&w, DHCP_OPT_BOOTFILE, name, len);
	dhcp_put_end(&w);
}

bool dhcp_edit_add_prefix(struct pvboot_discover_res *res, const char *prefix)
{
	struct dhcp_writer w = strip(res->reply, DHCP_OPT_PXELINUX_PREFIX);
	size_t at = w.len;

	dhcp_put_option(&w, DHCP_OPT_PXELINUX_PREFIX, prefix, strlen(prefix));
	if (!dhcp_put_end(&w))
		return false;
	res->lease.prefix_at = (uint16_t)at;
	return true;
}
