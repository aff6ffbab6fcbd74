/* SPDX-License-Identifier: BSD-2-Clause */
/* pass_fd.h - a helper process of hostd's answers, perhaps with a descriptor. */
#ifndef HOSTD_PASS_FD_H
#define HOSTD_PASS_FD_H

#include <stdbool.h>
#include <stddef.h>

/* Send len bytes as one message, and with them fd, if not negative; it stays the caller's.  False with errno. */
bool pass_fd(int to, const void *bytes, size_t len, int fd);

#endif /* HOSTD_PASS_FD_H */
