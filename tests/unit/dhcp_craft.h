/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_craft.h - servers' messages for the DHCP tests, good ones and bad ones, built byte by byte. */
#ifndef DHCP_CRAFT_H
#define DHCP_CRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "dhcp/dhcp_msg.h"

#define CRAFT_XID 0x11223344u

struct craft {
	uint8_t buf[DHCP_MSG_MAX];
	size_t len;
};

extern const uint8_t craft_mac[6];

/* A BOOTREPLY with CRAFT_XID and craft_mac, no address, and option 53 if type is not 0; no END yet. */
void craft_begin(struct craft *craft, uint8_t type);
void craft_option(struct craft *craft, uint8_t code, const void *value, uint8_t len);
void craft_string(struct craft *craft, uint8_t code, const char *value);
void craft_address(struct craft *craft, uint8_t code, uint8_t a, uint8_t b, uint8_t c, uint8_t d);
void craft_yiaddr(struct craft *craft, uint8_t a, uint8_t b, uint8_t c, uint8_t d);
void craft_siaddr(struct craft *craft, uint8_t a, uint8_t b, uint8_t c, uint8_t d);
/* Up to 128 bytes; that many leave the field unterminated. */
void craft_file(struct craft *craft, const char *file);
void craft_end(struct craft *craft);

/* An offer of 172.21.0.50 by server 172.21.0.id, with a file unless that is NULL. */
void craft_offer(struct craft *craft, uint8_t type, uint8_t id, const char *file);
/* A proxy's message by server 172.21.0.id, with a file unless that is NULL. */
void craft_proxy(struct craft *craft, uint8_t type, uint8_t id, const char *file);

#endif /* DHCP_CRAFT_H */
