/* SPDX-License-Identifier: BSD-2-Clause */
/* argv.c - a command line that grows, for exec and for showing. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "argv.h"

static void no_memory(void)
{
	fputs("pvboot: out of memory\n", stderr);
	exit(1);
}

static void take(struct argv *argv, char *arg)
{
	char **v = realloc(argv->v, (argv->n + 2) * sizeof(*v));

	if (!v || !arg)
		no_memory();
	v[argv->n++] = arg;
	v[argv->n] = NULL;
	argv->v = v;
}

void argv_add(struct argv *argv, const char *fmt, ...)
{
	char *arg;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&arg, fmt, ap) < 0)
		no_memory();
	va_end(ap);
	take(argv, arg);
}

void argv_add_escaped(struct argv *argv, const char *head, const char *text, const char *tail)
{
	char *arg = malloc(strlen(head) + 2 * strlen(text) + strlen(tail) + 1);
	char *p;

	if (!arg)
		no_memory();
	p = stpcpy(arg, head);
	for (; *text; text++) {
		if (*text == ',')
			*p++ = ',';
		*p++ = *text;
	}
	strcpy(p, tail);
	take(argv, arg);
}

void argv_drop(struct argv *argv, size_t n)
{
	for (; n && argv->n; n--) {
		free(argv->v[--argv->n]);
		argv->v[argv->n] = NULL;
	}
}

static void show_quoted(const char *arg, FILE *out)
{
	if (*arg &&
	    strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%") == strlen(arg)) {
		fputs(arg, out);
		return;
	}
	fputc('\'', out);
	for (; *arg; arg++) {
		if (*arg == '\'')
			fputs("'\\''", out);
		else
			fputc(*arg, out);
	}
	fputc('\'', out);
}

void argv_show(const struct argv *argv, FILE *out)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (i)
			fputc(' ', out);
		show_quoted(argv->v[i], out);
	}
	fputc('\n', out);
}

void argv_free(struct argv *argv)
{
	for (size_t i = 0; i < argv->n; i++)
		free(argv->v[i]);
	free(argv->v);
	memset(argv, 0, sizeof(*argv));
}
