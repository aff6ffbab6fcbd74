// SPDX-License-Identifier: BSD-2-Clause
/* console.c - the BIOS console: INT 10h teletype, INT 16h keyboard. */
#include "console.h"

#include <stdarg.h>

#define VIDEO_VECTOR 0x10
#define VIDEO_TELETYPE 0x0e00
#define VIDEO_GET_MODE 0x0f00
#define KEYBOARD_VECTOR 0x16
#define KEYBOARD_READ 0x0000
#define KEYBOARD_PEEK 0x0100
#define KEY_ESCAPE 0x1b
#define KEY_CTRL_C 0x03

static void put(char c)
{
	struct regs r = {.eax = VIDEO_TELETYPE | (uint8_t)c, .ebx = 7};

	bios_call(VIDEO_VECTOR, &r);
}

static void put_number(uint32_t n, uint32_t base, uint32_t digits, bool upper)
{
	const char *digits_of = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[10];
	uint32_t i = 0;

	do {
		buf[i++] = digits_of[n % base];
		n /= base;
	} while (n || i < digits);
	while (i)
		put(buf[--i]);
}

static void put_string(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}

static void put_bytes(const uint8_t *b, uint32_t n, uint32_t base, char between)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(between);
		put_number(b[i], base, base == 16 ? 2 : 1, false);
	}
}

void print(const char *fmt, ...)
{
	va_list ap;
	char piece[2] = "";

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			piece[0] = *fmt;
			put_string(piece);
			continue;
		}
		switch (*++fmt) {
		case 's':
			put_string(va_arg(ap, const char *));
			break;
		case 'd':
			put_number(va_arg(ap, uint32_t), 10, 1, false);
			break;
		case 'X':
			put_number(va_arg(ap, uint32_t), 16, 2, true);
			break;
		case 'i':
			put_bytes(va_arg(ap, const uint8_t *), 4, 10, '.');
			break;
		case 'm':
			put_bytes(va_arg(ap, const uint8_t *), 6, 16, ':');
			break;
		}
	}
	va_end(ap);
}

void print_text(const char *text, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		put(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
}

bool console_is_text(void)
{
	struct regs r = {.eax = VIDEO_GET_MODE};
	uint8_t mode;

	bios_call(VIDEO_VECTOR, &r);
	mode = r.eax & 0x7f;
	return mode <= 3 || mode == 7;
}

uint16_t console_take_key(void)
{
	struct regs r = {.eax = KEYBOARD_PEEK};

	bios_call(KEYBOARD_VECTOR, &r);
	if (r.flags & FLAG_ZERO)
		return 0;
	r.eax = KEYBOARD_READ;
	bios_call(KEYBOARD_VECTOR, &r);
	return r.eax ? r.eax : 1;
}

bool console_is_escape(uint16_t key)
{
	uint8_t ascii = (uint8_t)key;

	return ascii == KEY_ESCAPE || ascii == KEY_CTRL_C;
}

bool console_escape(void)
{
	uint16_t key;

	while ((key = console_take_key()))
		if (console_is_escape(key))
			return true;
	return false;
}

bool console_key(void)
{
	bool any = false;

	while (console_take_key())
		any = true;
	return any;
}
