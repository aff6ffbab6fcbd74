/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.h - the Unix socket at which QEMU's vhost-user looks for its device.
 *
 * While the device does not want to be found its name is another: QEMU's attempts to connect fail at once, and without
 * a word, where a socket that nobody serves would hold up the guest.
 */
#ifndef QEMU_LISTEN_H
#define QEMU_LISTEN_H

#include <stdbool.h>

/*
 * Listen at path.  One that was left there is replaced, so the caller makes sure that nobody is there (keep.h).
 * A descriptor, or a negated errno.
 */
int listen_open(const char *path);

/* The path at which fd, a stream socket of somebody else's making, listens.  False if it does not, or has none. */
bool listen_path(int fd, char *path, unsigned int size);

/* Take the socket's name away, or give it back. */
void listen_hide(const char *path);
void listen_show(const char *path);

/* Remove it under either name. */
void listen_remove(const char *path);

#endif /* QEMU_LISTEN_H */
