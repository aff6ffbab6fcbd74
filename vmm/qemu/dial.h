/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dial.h - a second process, which connects to hostd's socket and names our own.
 *
 * The process that faces the guest can then be forbidden to make sockets at all, may change its user and its root
 * directory, and hostd still sees the user who started the VM, and may be started over below a directory that was
 * removed and made again.
 */
#ifndef QEMU_DIAL_H
#define QEMU_DIAL_H

#include <stdbool.h>

/*
 * Start the process; it connects to the Unix socket at hostd whenever asked, and ends when the result is closed.  own,
 * if it is not NULL, is the path at which QEMU finds this device (listen.h), and state a file that belongs to it.
 * Returns a non-blocking descriptor for the next ones, or -1 and errno.
 */
int dial_start(const char *hostd, const char *own, const char *state);

/* Ask for a connection.  Returns 0, or an errno if the process is gone. */
int dial_ask(int dial);

/* Have the process fill the queue of our own socket (listen_fill()). */
void dial_fill(int dial);

/* QEMU has ended: have our own socket (if made says that it is ours to remove) and the state file removed. */
void dial_remove(int dial, bool made);

/*
 * Read an answer once the descriptor is readable.  Returns 0 and a connection in *fd, or an errno and -1; EAGAIN: none
 * yet.
 */
int dial_answer(int dial, int *fd);

/* End the process, and wait until it has ended, so that no zombie is left. */
void dial_stop(int dial);

#endif /* QEMU_DIAL_H */
