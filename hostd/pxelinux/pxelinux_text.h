/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_text.h - words and blanks as pxelinux sees them, and words for a terminal. */
#ifndef HOSTD_PXELINUX_TEXT_H
#define HOSTD_PXELINUX_TEXT_H

#include <stddef.h>

/* Bytes up to the first blank (pxelinux's: all up to 20h, and 7Fh) or the end. */
size_t pxelinux_word(const char *text);
/* text behind its leading blanks. */
const char *pxelinux_skip(const char *text);

/* If text begins with the word (in any case), what is behind it and the blanks that follow; else NULL. */
const char *pxelinux_keyword(const char *text, const char *word);

/* Write printf()'s words to buf, with '?' for what a terminal would not print. */
void pxelinux_words(char *buf, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* HOSTD_PXELINUX_TEXT_H */
