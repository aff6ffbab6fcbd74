/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.h - one terminal for the guest's console and the log.
 *
 * Where standard output and standard error are the same terminal, file or pipe, a process of its own stands before it
 * and puts the lines in order (console_lines.h): it reads QEMU's standard output and error, and those of pvboot and its
 * other children.  Else nothing changes.  QEMU's standard input, which is where it sets the terminal's mode, is left
 * alone.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>

struct console {
	pid_t pid;		      /* 0: none */
	int control;		      /* its end ends the process */
	int saved_stderr;	      /* ours */
	int qemu_stdout, qemu_stderr; /* for QEMU; -1: as ours */
};

/*
 * Begin, before any child is started; wanted is false where the terminal is QEMU's own (curses).  From now on standard
 * error may be a pipe.  False, said on stderr.
 */
bool console_begin(struct console *c, bool wanted);

/* Nobody writes any more: returns when everything is written. */
void console_end(struct console *c);

#endif /* CONSOLE_H */
