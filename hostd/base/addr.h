/* SPDX-License-Identifier: BSD-2-Clause */
/* addr.h - addresses of networks and machines: IPv4, MAC and UUID, as bytes and as text. */
#ifndef HOSTD_ADDR_H
#define HOSTD_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_IP_TEXT 16	  /* "255.255.255.255" and a NUL */
#define ADDR_MAC_TEXT 18  /* "52:54:00:12:34:56" and a NUL */
#define ADDR_UUID_TEXT 37 /* 32 digits, four dashes and a NUL */

/* ---- IPv4 */

/* Is it 0.0.0.0, which stands for "no address" everywhere in hostd? */
bool addr_none(const uint8_t ip[4]);

/*
 * Can this be a host's address on a network?  Not 0.0.0.0/8, not the loopback, nothing from 224.0.0.0 up (RFC 1122
 * 3.2.1.3, RFC 6890 2.2.2).
 */
bool addr_unicast(const uint8_t ip[4]);

/* "10.0.0.1".  The text stays valid for the next seven calls of this function in the same thread. */
const char *addr_text(const uint8_t ip[4]);

/*
 * Parse len bytes of text as four decimal numbers.  Returns false, with ip unchanged, if they are not an IPv4 address.
 */
bool addr_parse(uint8_t ip[4], const char *text, size_t len);

/* ---- MAC */

/* A MAC address, or a pattern in which some bytes may have any value. */
struct addr_mac_pattern {
	uint8_t value[6];
	uint8_t mask[6]; /* ff: this byte must be equal; 0: any */
};

/* Is it 00:00:00:00:00:00, which stands for "no address"? */
bool addr_mac_none(const uint8_t mac[6]);

/* Can one station have this address?  Not a group address, and not all zeros. */
bool addr_mac_unicast(const uint8_t mac[6]);

/* "52:54:00:12:34:56".  The text stays valid for the next seven calls of this function in the same thread. */
const char *addr_mac_text(const uint8_t mac[6]);

/* Parse one MAC address, its bytes separated by ':'.  Returns false if text is anything else. */
bool addr_mac_parse(uint8_t mac[6], const char *text);

/* Parse a MAC address in which '*' stands for any byte, or at the end for all remaining bytes ("52:54:00:*"). */
bool addr_mac_pattern_parse(struct addr_mac_pattern *pattern, const char *text);

/* Does the pattern fix all six bytes? */
bool addr_mac_pattern_is_exact(const struct addr_mac_pattern *pattern);

bool addr_mac_matches(const struct addr_mac_pattern *pattern, const uint8_t mac[6]);

/* ---- UUID */

/*
 * Parse a UUID in its usual form.  The bytes are in wire order (RFC 4578 2.3, as in SMBIOS): the first three fields are
 * little-endian.
 */
bool addr_uuid_parse(uint8_t uuid[16], const char *text);

/*
 * Write a UUID in lower case with dashes, 36 characters, in the order of its bytes.  pxelinux writes it so; RFC 4122
 * would write a UUID in wire order differently.
 */
void addr_uuid_text(char text[ADDR_UUID_TEXT], const uint8_t uuid[16]);

#endif /* HOSTD_ADDR_H */
