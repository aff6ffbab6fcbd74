/* SPDX-License-Identifier: BSD-2-Clause */
/* addr.c - addresses of networks and machines: IPv4, MAC and UUID, as bytes and as text. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define TEXTS 8

/* ---- IPv4 -------------------------------------------------------------------------------------------------------- */

bool addr_none(const uint8_t ip[4])
{
	return !(ip[0] | ip[1] | ip[2] | ip[3]);
}

bool addr_unicast(const uint8_t ip[4])
{
	return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

const char *addr_text(const uint8_t ip[4])
{
	static _Thread_local char texts[TEXTS][ADDR_IP_TEXT];
	static _Thread_local unsigned int next;
	char *text = texts[next++ % TEXTS];

	snprintf(text, ADDR_IP_TEXT, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
	return text;
}

bool addr_parse(uint8_t ip[4], const char *text, size_t len)
{
	char copy[ADDR_IP_TEXT];
	uint8_t bytes[4];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, bytes) != 1)
		return false;
	memcpy(ip, bytes, 4);
	return true;
}

/* ---- MAC --------------------------------------------------------------------------------------------------------- */

bool addr_mac_none(const uint8_t mac[6])
{
	return !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

bool addr_mac_unicast(const uint8_t mac[6])
{
	return !(mac[0] & 1) && !addr_mac_none(mac);
}

const char *addr_mac_text(const uint8_t mac[6])
{
	static _Thread_local char texts[TEXTS][ADDR_MAC_TEXT];
	static _Thread_local unsigned int next;
	char *text = texts[next++ % TEXTS];

	snprintf(text, ADDR_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

bool addr_mac_parse(uint8_t mac[6], const char *text)
{
	struct addr_mac_pattern pattern;

	if (!addr_mac_pattern_parse(&pattern, text) || !addr_mac_pattern_is_exact(&pattern))
		return false;
	memcpy(mac, pattern.value, 6);
	return true;
}

bool addr_mac_pattern_parse(struct addr_mac_pattern *pattern, const char *text)
{
	memset(pattern, 0, sizeof(*pattern));
	for (int i = 0; i < 6; i++) {
		if (i && *text++ != ':')
			return false;
		if (*text == '*') {
			text++;
			if (!*text)
				return true; /* "52:54:00:*": all remaining bytes */
			continue;
		}
		if (!bytes_of_hex(&pattern->value[i], text))
			return false;
		pattern->mask[i] = 0xff;
		text += 2;
	}
	return !*text;
}

bool addr_mac_pattern_is_exact(const struct addr_mac_pattern *pattern)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return !memcmp(pattern->mask, all, sizeof(all));
}

bool addr_mac_matches(const struct addr_mac_pattern *pattern, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++)
		if ((mac[i] ^ pattern->value[i]) & pattern->mask[i])
			return false;
	return true;
}

/* ---- UUID -------------------------------------------------------------------------------------------------------- */

static bool has_dash_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool addr_uuid_parse(uint8_t uuid[16], const char *text)
{
	/* The index of each byte of the text: SMBIOS 2.6, 7.2.1 stores the first three fields little-endian. */
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (int i = 0; i < 16; i++) {
		if (has_dash_before(i) && *text++ != '-')
			return false;
		if (!bytes_of_hex(&uuid[place[i]], text))
			return false;
		text += 2;
	}
	return !*text;
}

void addr_uuid_text(char text[ADDR_UUID_TEXT], const uint8_t uuid[16])
{
	char *s = text;

	for (int i = 0; i < 16; i++) {
		if (has_dash_before(i))
			*s++ = '-';
		s += snprintf(s, 3, "%02x", uuid[i]);
	}
}
