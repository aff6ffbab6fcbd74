/* SPDX-License-Identifier: BSD-2-Clause */
/* sandbox.h - shedding privilege; sandbox.c begins with the theory of operation. */
#ifndef QEMU_SANDBOX_H
#define QEMU_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

struct sandbox_user {
	uid_t uid;
	gid_t gid;
};

/* Phase 1: look the user up, while /etc can be read.  False: there is none of that name. */
bool sandbox_find_user(const char *name, struct sandbox_user *user);

/* Phase 2, in the process that connects to hostd, and if names is set names a socket.  Ends it if that is refused. */
void sandbox_dial(bool names);

/*
 * Phase 3, in the process that faces the guest.  user is whom to become if this is root.  NULL, or in
 * words what was refused; errno says why.
 */
const char *sandbox_device(const struct sandbox_user *user);

#endif /* QEMU_SANDBOX_H */
