/* SPDX-License-Identifier: BSD-2-Clause */
/* show_line.h - a line for a person's terminal, of which some came from a server. */
#ifndef SHOW_LINE_H
#define SHOW_LINE_H

#include <stdarg.h>
#include <stdio.h>

/*
 * Print one line to out, the newline added, cut at SHOW_LINE_MAX - 1 bytes.  What a server sent is part of it, so bytes
 * that could speak to a terminal are printed as '?'.
 */
#define SHOW_LINE_MAX 4096
void show_line(FILE *out, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

#endif /* SHOW_LINE_H */
