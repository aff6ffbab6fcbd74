/* SPDX-License-Identifier: BSD-2-Clause */
/* receive.h - bytes from QEMU, and the descriptors that come with them. */
#ifndef QEMU_RECEIVE_H
#define QEMU_RECEIVE_H

#include <stddef.h>
#include <sys/types.h>

#define RECEIVE_FDS 8 /* descriptors with one message of any attachment's */

/*
 * Read what is there, at most room bytes; descriptors (close-on-exec) are appended to fds, of which there are *nfds and
 * may be max, at most RECEIVE_FDS.  The kernel ends a read behind the bytes that descriptors came with (unix(7)).
 * Returns how many bytes; 0: none now; -1: no more will come, and *why is why, NULL where QEMU hung up.  Descriptors
 * beyond max are closed, and that is an end.
 */
ssize_t receive(int sock, void *buf, size_t room, int *fds, unsigned int *nfds, unsigned int max, const char **why);

#endif /* QEMU_RECEIVE_H */
