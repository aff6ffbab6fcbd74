/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_key.h - the keys of the configuration. */
#ifndef HOSTD_CONF_KEY_H
#define HOSTD_CONF_KEY_H

#include "conf_data.h"

/*
 * Set one key of [hostd] or, if vm is not NULL, of its section.  On failure returns false and sets conf->error, without
 * file and line.
 */
bool conf_set(struct conf *conf, struct conf_vm *vm, const char *key, const char *value);

/* A key that is also an option of the command line, with - for _. */
struct conf_key_option {
	const char *key;
	bool vm;   /* of [vm NAME], else of [hostd] */
	bool path; /* its value is a path, or may be none */
};

/* The n-th of them, from 0.  False beyond the last. */
bool conf_key_option(size_t n, struct conf_key_option *out);

#endif /* HOSTD_CONF_KEY_H */
