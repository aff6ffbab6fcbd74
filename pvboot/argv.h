/* SPDX-License-Identifier: BSD-2-Clause */
/* argv.h - a command line that grows, for exec and for showing. */
#ifndef ARGV_H
#define ARGV_H

#include <stddef.h>
#include <stdio.h>

/* Zero is empty.  v is NULL terminated once something was added; the strings are the argv's own. */
struct argv {
	char **v;
	size_t n;
};

/* Append one argument, formatted.  Ends the program if memory runs out: nothing is started yet then. */
void argv_add(struct argv *argv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Append one argument in which text stands with its commas doubled, as QEMU's option parser wants a value: head,
 * text, tail. */
void argv_add_escaped(struct argv *argv, const char *head, const char *text, const char *tail);

/* Take the last n arguments away. */
void argv_drop(struct argv *argv, size_t n);

/* Write the command as one line that a shell would take: each argument quoted where it must be. */
void argv_show(const struct argv *argv, FILE *out);

void argv_free(struct argv *argv);

#endif /* ARGV_H */
