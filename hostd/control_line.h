/* SPDX-License-Identifier: BSD-2-Clause */
/* control_line.h - how long a command to hostd, or a line of its answer, may be. */
#ifndef HOSTD_CONTROL_LINE_H
#define HOSTD_CONTROL_LINE_H

#define CONTROL_LINE 8192 /* bytes of a line, newline included */

#endif /* HOSTD_CONTROL_LINE_H */
