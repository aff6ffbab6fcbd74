/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_keys.h - what a line of a pxelinux configuration means. */
#ifndef HOSTD_PXELINUX_KEYS_H
#define HOSTD_PXELINUX_KEYS_H

#include "pxelinux/pxelinux_parser.h"

/*
 * Handle one line, without its end, that is neither empty nor a comment.  Returns false if p->result says why parsing
 * stops.
 */
bool pxelinux_line(struct pxelinux_parser *p, const char *line);

#endif /* HOSTD_PXELINUX_KEYS_H */
