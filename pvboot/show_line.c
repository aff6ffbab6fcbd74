// SPDX-License-Identifier: BSD-2-Clause
/* show_line.c - a line for a person's terminal, of which some came from a server. */
#include "show_line.h"

void show_line(FILE *out, const char *fmt, va_list ap)
{
	char line[SHOW_LINE_MAX];

	vsnprintf(line, sizeof(line), fmt, ap);
	for (char *s = line; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
	fprintf(out, "%s\n", line);
}
