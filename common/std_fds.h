/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_fds.h - make sure that descriptors 0, 1 and 2 are open.
 *
 * System calls: open, close.
 */
#ifndef COMMON_STD_FDS_H
#define COMMON_STD_FDS_H

#include <fcntl.h>
#include <unistd.h>

/*
 * Open /dev/null for each of descriptors 0, 1 and 2 that is closed.  Otherwise a socket would get one of these numbers,
 * and everything the program prints would go to that socket.
 */
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
