/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_parse.h - configuration files of pxelinux (syslinux.cfg(5)), read as pxelinux 6.04 reads them.
 *
 * pxelinux passes over every line that it does not know.  Here such a line is an error, with file and line, so that a
 * VM never boots something else than its configuration says; what only matters to a boot program's screen is known, and
 * ignored.
 */
#ifndef HOSTD_PXELINUX_PARSE_H
#define HOSTD_PXELINUX_PARSE_H

#include "pxelinux/pxelinux_config.h"

/*
 * Parse len bytes of configuration; file is what errors call it.  include may be NULL: then every INCLUDE is refused.
 * However it ends, the caller owns config and ends with pxelinux_config_free().  Memory that ran out is
 * PXELINUX_REFUSED.
 */
enum pxelinux_parsed pxelinux_parse(struct pxelinux_config *config, const char *file, const char *text, size_t len,
				    pxelinux_include_fn include, void *arg);

#endif /* HOSTD_PXELINUX_PARSE_H */
