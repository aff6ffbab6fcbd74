/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_internal.h - what the files of the configuration share. */
#ifndef HOSTD_CONF_INTERNAL_H
#define HOSTD_CONF_INTERNAL_H

#include <stdarg.h>
#include <syslog.h>

#include "conf.h"

/* Note what is wrong; the first one counts. */
void conf_error(struct conf *conf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* HOSTD_CONF_INTERNAL_H */
