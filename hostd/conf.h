/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.h - hostd's configuration: one file, and command line options that mirror it (docs/hostd.conf.5). */
#ifndef HOSTD_CONF_H
#define HOSTD_CONF_H

#include "conf_data.h"
#include "conf_key.h"
#include "conf_value.h"
#include "conf_vm.h"

#define CONF_FILE_DEFAULT "/etc/pvboot/hostd.conf"

/*
 * Parse len bytes of configuration; errors call it name.  Stops at the first error, returns false and sets conf->error.
 */
bool conf_parse(struct conf *conf, const char *name, const char *buf, size_t len);
/* The same for the file at path. */
bool conf_load(struct conf *conf, const char *path);

/*
 * What no single line can get wrong: every VM has an interface or a root, ...  Also fills in allow_uid where there is
 * none: the caller's own uid.  False with conf->error.
 */
bool conf_check(struct conf *conf, const char *name);

/*
 * Open the directories of all root keys; name is the file's, as for conf_parse().  On failure returns false and sets
 * conf->error.
 */
bool conf_open_roots(struct conf *conf, const char *name);

#endif /* HOSTD_CONF_H */
