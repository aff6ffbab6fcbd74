/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * receive.c - receive bytes from QEMU, and the descriptors that come with them.
 *
 * System calls: those of pass_fd.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "pass_fd.h"
#include "receive.h"

ssize_t receive(int sock, void *buf, size_t room, int *fds, unsigned int *nfds, unsigned int max, const char **why)
{
	bool all_fit;
	ssize_t n = pass_fd_receive(sock, buf, room, fds, nfds, max, &all_fit);

	*why = NULL;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -1;
	if (n < 0)
		*why = "the socket to QEMU cannot be read";
	else if (!all_fit)
		*why = "QEMU sent more descriptors than a message has";
	return *why ? -1 : n;
}
