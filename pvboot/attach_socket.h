/* SPDX-License-Identifier: BSD-2-Clause */
/* attach_socket.h - the socket between pvboot-device and QEMU. */
#ifndef ATTACH_SOCKET_H
#define ATTACH_SOCKET_H

#include "temp_dir.h"

struct attach_socket {
	int device; /* what it inherits */
	struct temp_dir dir;
	char path[TEMP_DIR_PATH + 16]; /* where QEMU connects */
};

/* Make it; with dry_run nothing is created in the file system.  False, said on stderr. */
bool attach_socket_open(struct attach_socket *s, bool dry_run);

/* The device has ended, and another is to be started for the same QEMU, which looks for it at path. */
bool attach_socket_again(struct attach_socket *s);

/* The device has been started: the socket is only its own now, and when it ends, QEMU sees that. */
void attach_socket_close(struct attach_socket *s);

/* Remove what is left in the file system. */
void attach_socket_end(struct attach_socket *s);

#endif /* ATTACH_SOCKET_H */
