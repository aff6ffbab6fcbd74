/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * receive.c - bytes from QEMU, and the descriptors that come with them.
 *
 * System calls: recvmsg, close.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "receive.h"

static bool take_fds(struct msghdr *mh, int *fds, unsigned int *nfds, unsigned int max)
{
	bool fit = !(mh->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			bool room = *nfds < max;
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (room)
				fds[(*nfds)++] = fd;
			else
				close(fd);
			fit &= room;
		}
	}
	return fit;
}

ssize_t receive(int sock, void *buf, size_t room, int *fds, unsigned int *nfds, unsigned int max, const char **why)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(RECEIVE_FDS * sizeof(int))];
	} control;
	struct iovec iov = {buf, room};
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*why = NULL;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -1;
	if (n < 0)
		*why = "the socket to QEMU cannot be read";
	else if (!take_fds(&mh, fds, nfds, max))
		*why = "QEMU sent more descriptors than a message has";
	return *why ? -1 : n;
}
