/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_text.h - words and blanks as pxelinux sees them, and text for a terminal. */
#ifndef HOSTD_PXELINUX_TEXT_H
#define HOSTD_PXELINUX_TEXT_H

#include <stddef.h>

/* The number of bytes up to the first blank or the end.  A blank for pxelinux is any byte up to 20h, and 7Fh. */
size_t pxelinux_word(const char *text);
/* Skip the leading blanks of text. */
const char *pxelinux_skip(const char *text);

/* If text begins with the word, in upper or lower case, returns what follows it and the blanks behind it; else NULL. */
const char *pxelinux_keyword(const char *text, const char *word);

/* Format text like snprintf(), with '?' for bytes that a terminal would not print. */
void pxelinux_words(char *buf, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* HOSTD_PXELINUX_TEXT_H */
