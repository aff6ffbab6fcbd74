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

/* Print len bytes from elsewhere, such as the host's words: what is not printable ASCII becomes '?'. */
void print_text(const char *text, uint32_t len);

/* Is a text mode set, so that a line does not spoil a boot program's picture? */
bool console_is_text(void);

/* Take one key: its character below its scan code, 0: none waits. */
uint16_t console_take_key(void);
/* Is it Esc or Ctrl-C? */
bool console_is_escape(uint16_t key);

/* Take every key that waits; was Esc or Ctrl-C among them? */
bool console_escape(void);
/* Take every key that waits; was there any? */
bool console_key(void);

#endif /* ROM_CONSOLE_H */
