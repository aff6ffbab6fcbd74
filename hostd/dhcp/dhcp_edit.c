/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_edit.c - what hostd changes in the packets that a boot program sees. */
#include <stdio.h>
#include <string.h>

#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_msg.h"

#define FILE_AT 108 /* RFC 2131 2 */
#define FILE_LEN 128
#define OVERLOAD_FILE 1 /* option 52: `file` holds options (RFC 2132 9.3) */

/* Take every such option out; *overload is option 52's value.  The offset of END, or of the end of what can be read. */
static size_t strip(uint8_t *packet, uint8_t code, uint8_t *overload)
{
	size_t at = DHCP_HEADER, to = DHCP_HEADER;

	*overload = 0;
	while (at < PVBOOT_DHCP_PACKET && packet[at] != DHCP_OPT_END) {
		size_t len = 1;

		if (packet[at] != DHCP_OPT_PAD) {
			if (PVBOOT_DHCP_PACKET - at < 2 || packet[at + 1] > PVBOOT_DHCP_PACKET - at - 2)
				break;
			len = 2u + packet[at + 1];
			if (packet[at] == DHCP_OPT_OVERLOAD && len == 3)
				*overload = packet[at + 2];
		}
		if (packet[at] != code) {
			memmove(packet + to, packet + at, len);
			to += len;
		}
		at += len;
	}
	memset(packet + to, 0, PVBOOT_DHCP_PACKET - to);
	return to;
}

/* Write an option at end, where its END goes too.  False if there is no room. */
static bool append(uint8_t *packet, size_t end, uint8_t code, const char *value, size_t len)
{
	bool fits = len <= 255 && len + 3 <= PVBOOT_DHCP_PACKET - end;

	if (fits) {
		packet[end++] = code;
		packet[end++] = (uint8_t)len;
		memcpy(packet + end, value, len);
		end += len;
	}
	if (end < PVBOOT_DHCP_PACKET)
		packet[end] = DHCP_OPT_END;
	return fits;
}

void dhcp_edit_boot_file(struct pvboot_discover_res *res, const char *name)
{
	size_t len = strlen(name), end;
	uint8_t overload;

	memset(res->lease.bootfile, 0, sizeof(res->lease.bootfile));
	snprintf(res->lease.bootfile, sizeof(res->lease.bootfile), "%s", name);
	end = strip(res->reply, DHCP_OPT_BOOTFILE, &overload);
	if (!(overload & OVERLOAD_FILE)) {
		memset(res->reply + FILE_AT, 0, FILE_LEN);
		if (len < FILE_LEN)
			memcpy(res->reply + FILE_AT, name, len);
	}
	append(res->reply, end, DHCP_OPT_BOOTFILE, name, len);
}

bool dhcp_edit_add_prefix(struct pvboot_discover_res *res, const char *prefix)
{
	uint8_t overload;
	size_t end = strip(res->reply, DHCP_OPT_PXELINUX_PREFIX, &overload);

	if (!append(res->reply, end, DHCP_OPT_PXELINUX_PREFIX, prefix, strlen(prefix)))
		return false;
	res->lease.prefix_at = (uint16_t)end;
	return true;
}
