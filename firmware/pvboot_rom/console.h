/* SPDX-License-Identifier: BSD-2-Clause */
/* console.h - the BIOS console: INT 10h teletype, INT 16h keyboard. */
#ifndef ROM_CONSOLE_H
#define ROM_CONSOLE_H

#include "rom.h"

/*
 * Print.  %s near string, %d uint32_t, %X uint32_t in hexadecimal, two digits at least, %i pointer to an IPv4 address,
 * %m pointer to a MAC address.  A newline is CR LF.
 */
void print(const char *fmt, ...);

/* Print len bytes that the ROM did not write itself, such as the host's words.  Non-printable bytes become '?'. */
void print_text(const char *text, uint32_t len);

/* Is a text mode set?  In a graphics mode, a line would spoil the boot program's picture. */
bool console_is_text(void);

/* Take one key from the keyboard buffer: character in the low byte, scan code in the high byte.  0 if there is none. */
uint16_t console_take_key(void);
/* Is it Esc or Ctrl-C? */
bool console_is_escape(uint16_t key);

/* Empty the keyboard buffer up to an Esc or Ctrl-C.  Returns whether there was one. */
bool console_escape(void);
/* Empty the keyboard buffer.  Returns whether it held a key. */
bool console_key(void);

#endif /* ROM_CONSOLE_H */
