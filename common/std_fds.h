/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_fds.h - descriptors 0, 1 and 2.
 *
 * System calls: open, close.
 */
#ifndef COMMON_STD_FDS_H
#define COMMON_STD_FDS_H

#include <fcntl.h>
#include <unistd.h>

/* Open /dev/null as those that whoever started the program left closed: else a socket would become one of them, and be
 * written to by all that prints. */
static inline void std_fds_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

#endif /* COMMON_STD_FDS_H */
