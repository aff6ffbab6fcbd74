/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_key.h - the keys of the configuration. */
#ifndef HOSTD_CONF_KEY_H
#define HOSTD_CONF_KEY_H

#include "conf_data.h"

/* Set one key as in [hostd]; or, with vm, as in its section.  False with conf->error (no file or line in it). */
bool conf_set(struct conf *conf, struct conf_vm *vm, const char *key, const char *value);

#endif /* HOSTD_CONF_KEY_H */
