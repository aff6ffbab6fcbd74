/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_value.c - what a key of the configuration may be given. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf_value.h"
#include "base/file_name.h"
#include "base/http_url.h"

bool conf_value_text(struct conf *conf, const char *key, const char *value, char *out, size_t room)
{
	if (!*value || strlen(value) >= room) {
		conf_error(conf, "%s: \"%.200s\" must have 1 to %zu bytes", key, value, room - 1);
		return false;
	}
	memcpy(out, value, strlen(value) + 1);
	return true;
}

bool conf_value_number(struct conf *conf, const char *key, const char *value, int base, uint64_t min, uint64_t max,
		       uint64_t *out)
{
	unsigned long long n;
	char *end;

	n = isdigit((unsigned char)*value) ? strtoull(value, &end, base) : 0;
	if (!isdigit((unsigned char)*value) || *end || n < min || n > max) {
		conf_error(conf,
			   base == 8 ? "%s: \"%.200s\" is no octal mode from %llo to %llo"
				     : "%s: \"%.200s\" is no number from %llu to %llu",
			   key, value, (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = n;
	return true;
}

bool conf_value_path(struct conf *conf, const char *key, const char *value, char *out, size_t room)
{
	if (*value != '/') {
		conf_error(conf, "%s: \"%.200s\" is no path from / on", key, value);
		return false;
	}
	return conf_value_text(conf, key, value, out, room);
}

bool conf_value_file(struct conf *conf, const char *key, const char *value, char *out, size_t room)
{
	char why[256], url[HTTP_URL_MAX];
	const char *path;
	uint8_t server[4];
	uint16_t port;

	if (!conf_value_text(conf, key, value, out, room))
		return false;
	if (http_url_is(value) ? http_url_canonical(url, value, why, sizeof(why))
			       : file_name_parse(value, server, &port, &path, why, sizeof(why)) == PVBOOT_S_OK)
		return true;
	conf_error(conf, "%s: %s", key, why);
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool conf_parse_mac(const char *text, struct conf_mac *mac)
{
	memset(mac, 0, sizeof(*mac));
	for (int i = 0; i < 6; i++) {
		if (i && *text++ != ':')
			return false;
		if (*text == '*') {
			text++;
			if (!*text)
				return true; /* "52:54:00:*": all that is left */
			continue;
		}
		if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return false;
		mac->value[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		mac->mask[i] = 0xff;
		text += 2;
	}
	return !*text;
}

bool conf_parse_uuid(const char *text, uint8_t uuid[16])
{
	/* Where each byte of the text goes: SMBIOS 2.6, 7.2.1 stores the first three fields little-endian. */
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (int i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return false;
		uuid[place[i]] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return !*text;
}
