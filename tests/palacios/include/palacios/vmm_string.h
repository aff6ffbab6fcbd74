/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_STRING_H
#define STANDIN_VMM_STRING_H

#include <palacios/vmm_types.h>

void *memset(void *s, int c, size_t n);
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strcasecmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
int strncasecmp(const char *a, const char *b, size_t limit);
char *strncpy(char *dest, const char *src, size_t limit);
char *strchr(const char *s, int c);
int atoi(const char *s);

#endif
