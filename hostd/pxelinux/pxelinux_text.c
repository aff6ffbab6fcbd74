/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_text.c - words and blanks as pxelinux sees them, and text for a terminal. */
#include "pxelinux/pxelinux_text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

size_t pxelinux_word(const char *text)
{
	size_t len = 0;

	while (!is_blank(text[len]))
		len++;
	return len;
}

const char *pxelinux_skip(const char *text)
{
	while (*text && is_blank(*text))
		text++;
	return text;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

const char *pxelinux_keyword(const char *text, const char *word)
{
	while (*word && lower(*text) == lower(*word)) {
		text++;
		word++;
	}
	return !*word && is_blank(*text) ? pxelinux_skip(text) : NULL;
}

void pxelinux_words(char *buf, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, cap, fmt, ap);
	va_end(ap);
	for (char *s = buf; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}
