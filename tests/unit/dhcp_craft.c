/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_craft.c - servers' messages for the DHCP tests. */
#include "dhcp_craft.h"

#include <assert.h>
#include <string.h>

const uint8_t craft_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x57};

void craft_begin(struct craft *craft, uint8_t type)
{
	static const uint8_t head[] = {2, 1, 6, 0, 0x11, 0x22, 0x33, 0x44};
	static const uint8_t cookie[] = {99, 130, 83, 99};

	memset(craft, 0, sizeof(*craft));
	memcpy(craft->buf, head, sizeof(head));
	memcpy(craft->buf + 28, craft_mac, 6);
	memcpy(craft->buf + 236, cookie, sizeof(cookie));
	craft->len = DHCP_HEADER;
	if (type)
		craft_option(craft, DHCP_OPT_TYPE, &type, 1);
}

void craft_option(struct craft *craft, uint8_t code, const void *value, uint8_t len)
{
	assert(craft->len + 2 + len < sizeof(craft->buf));
	craft->buf[craft->len++] = code;
	craft->buf[craft->len++] = len;
	memcpy(craft->buf + craft->len, value, len);
	craft->len += len;
}

void craft_string(struct craft *craft, uint8_t code, const char *value)
{
	craft_option(craft, code, value, (uint8_t)strlen(value));
}

static void set(uint8_t *p, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	p[0] = a;
	p[1] = b;
	p[2] = c;
	p[3] = d;
}

void craft_address(struct craft *craft, uint8_t code, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint8_t addr[4];

	set(addr, a, b, c, d);
	craft_option(craft, code, addr, 4);
}

void craft_yiaddr(struct craft *craft, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	set(craft->buf + 16, a, b, c, d);
}

void craft_siaddr(struct craft *craft, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	set(craft->buf + 20, a, b, c, d);
}

void craft_file(struct craft *craft, const char *file)
{
	memcpy(craft->buf + 108, file, strnlen(file, 128));
}

void craft_end(struct craft *craft)
{
	craft->buf[craft->len++] = DHCP_OPT_END;
}

void craft_offer(struct craft *craft, uint8_t type, uint8_t id, const char *file)
{
	craft_begin(craft, type);
	craft_yiaddr(craft, 172, 21, 0, 50);
	craft_address(craft, DHCP_OPT_SERVER_ID, 172, 21, 0, id);
	craft_address(craft, DHCP_OPT_NETMASK, 255, 255, 0, 0);
	if (file) {
		craft_siaddr(craft, 172, 21, 0, id);
		craft_file(craft, file);
	}
	craft_end(craft);
}

void craft_proxy(struct craft *craft, uint8_t type, uint8_t id, const char *file)
{
	craft_begin(craft, type);
	craft_address(craft, DHCP_OPT_SERVER_ID, 172, 21, 0, id);
	craft_string(craft, DHCP_OPT_CLASS, "PXEClient");
	if (file) {
		craft_siaddr(craft, 172, 21, 0, id);
		craft_file(craft, file);
	}
	craft_end(craft);
}
