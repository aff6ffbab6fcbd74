/* SPDX-License-Identifier: BSD-2-Clause */
/* attach_socket.h - the socket between pvboot-device and QEMU. */
#ifndef ATTACH_SOCKET_H
#define ATTACH_SOCKET_H

#include "attach.h"
#include "temp_dir.h"

struct attach_socket {
	int device, qemu; /* what each inherits; qemu is -1 where QEMU connects to path */
	struct temp_dir dir;
	char path[TEMP_DIR_PATH + 16];
};

/* Make it; with dry_run nothing is created in the file system.  False, said on stderr. */
bool attach_socket_open(struct attach_socket *s, enum attach attach, bool dry_run);

/* The device has ended, and another is to be started for the same QEMU, which looks for it at path. */
bool attach_socket_again(struct attach_socket *s);

/* Both have been started: each end belongs to one process only now, and when that ends, the other sees it. */
void attach_socket_close(struct attach_socket *s);

/* Remove what is left in the file system. */
void attach_socket_end(struct attach_socket *s);

#endif /* ATTACH_SOCKET_H */
