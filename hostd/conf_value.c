/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_value.c - what a key of the configuration may be given. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf_value.h"
#include "base/url.h"

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
	char why[256], url[URL_MAX];
	struct url file;

	if (!conf_value_text(conf, key, value, out, room))
		return false;
	if (url_kind(value) == URL_HTTP ? url_canonical(url, value, why, sizeof(why))
					: url_parse(&file, value, why, sizeof(why)))
		return true;
	conf_error(conf, "%s: %s", key, why);
	return false;
}
