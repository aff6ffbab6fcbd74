/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_keys.h - what a line of a pxelinux configuration means. */
#ifndef HOSTD_PXELINUX_KEYS_H
#define HOSTD_PXELINUX_KEYS_H

#include "pxelinux/pxelinux_parser.h"

/* One line, without its end, that is not empty and no comment.  False: p->result says why. */
bool pxelinux_line(struct pxelinux_parser *p, const char *line);

#endif /* HOSTD_PXELINUX_KEYS_H */
