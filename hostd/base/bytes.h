/* SPDX-License-Identifier: BSD-2-Clause */
/* bytes.h - numbers as bytes: network byte order, and hexadecimal digits. */
#ifndef HOSTD_BYTES_H
#define HOSTD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read a big-endian number; p needs no alignment. */
static inline uint16_t bytes_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t bytes_be32(const uint8_t *p)
{
	return (uint32_t)bytes_be16(p) << 16 | bytes_be16(p + 2);
}

/* Write the low 16 or 32 bits of value in big-endian order. */
static inline void bytes_put_be16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void bytes_put_be32(uint8_t *p, uint32_t value)
{
	bytes_put_be16(p, value >> 16);
	bytes_put_be16(p + 2, value);
}

/* The value of a hexadecimal digit in upper or lower case; -1 if c is not one. */
static inline int bytes_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Read two hexadecimal digits.  Returns false if the text does not begin with two. */
static inline bool bytes_of_hex(uint8_t *byte, const char *text)
{
	int high = bytes_hex_digit(text[0]), low = high < 0 ? -1 : bytes_hex_digit(text[1]);

	if (low < 0)
		return false;
	*byte = (uint8_t)(high << 4 | low);
	return true;
}

#endif /* HOSTD_BYTES_H */
