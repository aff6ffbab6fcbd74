/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_parse.h - configuration files of pxelinux (syslinux.cfg(5)), read as pxelinux 6.04 reads them.
 *
 * pxelinux skips every line that it does not know.  Here such a line is an error, with file and line, so that a VM
 * never boots anything other than its configuration says.  Lines that only affect a boot program's screen are known,
 * and ignored.
 */
#ifndef HOSTD_PXELINUX_PARSE_H
#define HOSTD_PXELINUX_PARSE_H

#include "pxelinux/pxelinux_config.h"

/*
 * Parse len bytes of configuration; errors call it file.  If include is NULL, every INCLUDE is refused.  The caller
 * owns config, whatever the result, and must call pxelinux_config_free().  If memory runs out, the result is
 * PXELINUX_REFUSED.
 */
enum pxelinux_parsed pxelinux_parse(struct pxelinux_config *config, const char *file, const char *text, size_t len,
				    pxelinux_include_fn include, void *arg);

#endif /* HOSTD_PXELINUX_PARSE_H */
