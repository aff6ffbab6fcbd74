/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dial.h - a second process whose only job is to connect to hostd's socket.
 *
 * The process that faces the guest can then be forbidden to make sockets at all, may change its user and its root
 * directory, and hostd still sees the user who started the VM, and may be started over below a directory that was
 * removed and made again.
 */
#ifndef QEMU_DIAL_H
#define QEMU_DIAL_H

/*
 * Start the process; it connects to the Unix socket at path whenever asked, and ends when the result is closed.
 * Returns a non-blocking descriptor for the next two, or -1 and errno.
 */
int dial_start(const char *path);

/* Ask for a connection.  0, or an errno: the process is gone. */
int dial_ask(int dial);

/* The descriptor is readable: *fd is a connection, or -1 and an errno is returned.  EAGAIN: not yet. */
int dial_answer(int dial, int *fd);

/* End the process, and wait until it has ended: nobody inherits a dead child. */
void dial_stop(int dial);

#endif /* QEMU_DIAL_H */
