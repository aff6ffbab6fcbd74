/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_value.h - what a key of the configuration may be given. */
#ifndef HOSTD_CONF_VALUE_H
#define HOSTD_CONF_VALUE_H

#include "conf_data.h"

/*
 * Each function checks a value and stores it.  On failure it returns false and sets conf->error to a text that begins
 * with the key and quotes the value.
 */

/* 1 to room - 1 bytes. */
bool conf_value_text(struct conf *conf, const char *key, const char *value, char *out, size_t room);
/* The same, beginning with a slash. */
bool conf_value_path(struct conf *conf, const char *key, const char *value, char *out, size_t room);
/* 1 to room - 1 bytes: a path of any server's, or a URL that hostd can fetch. */
bool conf_value_file(struct conf *conf, const char *key, const char *value, char *out, size_t room);
/* base 10, or 8: a mode. */
bool conf_value_number(struct conf *conf, const char *key, const char *value, int base, uint64_t min, uint64_t max,
		       uint64_t *out);

#endif /* HOSTD_CONF_VALUE_H */
