/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.h - the Unix socket at which QEMU's vhost-user looks for its device.
 *
 * While the device does not want to be found its queue is full: QEMU's attempt to connect, which QEMU makes in a thread
 * of its own, waits in the kernel.  One that failed QEMU would complain of; one that succeeded and is not served would
 * hold up the guest.
 */
#ifndef QEMU_LISTEN_H
#define QEMU_LISTEN_H

#include <stdbool.h>

/*
 * Listen at path.  One that was left there is replaced, so the caller makes sure that nobody is there (keep.h).
 * A descriptor, or a negated errno.
 */
int listen_open(const char *path);

/*
 * The path at which fd, a stream socket of somebody else's making, listens.  It gets the queue of one, and does not
 * block, as what listen_open() made.  False if it does not listen, or has no path.
 */
bool listen_take(int fd, char *path, unsigned int size);

/* Fill its queue, by a connection that has ended when it is accepted.  The socket becomes readable. */
void listen_fill(const char *path);

/* Accept a connection; -1 if there is none, or if it has ended. */
int listen_accept(int fd);

/* Has the peer of this connection closed it? */
bool listen_ended(int connection);

/* Remove the socket. */
void listen_remove(const char *path);

#endif /* QEMU_LISTEN_H */
