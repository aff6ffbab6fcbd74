/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pass_fd.h - send and receive descriptors with bytes on a Unix socket (SCM_RIGHTS, unix(7)).
 *
 * System calls: sendmsg, recvmsg, close.
 */
#ifndef COMMON_PASS_FD_H
#define COMMON_PASS_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PASS_FD_MAX 8	    /* descriptors that are received with one message */
#define PASS_FD_SEND_MAX 32 /* and sent */

/* Control buffer for the descriptors of a message to send. */
union pass_fd_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(PASS_FD_SEND_MAX * sizeof(int))];
};

/*
 * Add n descriptors, at most PASS_FD_SEND_MAX, to a message; with none the message stays as it is.  room must stay
 * valid until the message is sent.
 */
static inline void pass_fd_add(struct msghdr *mh, union pass_fd_room *room, const int *fds, unsigned int n)
{
	struct cmsghdr *c;

	if (!n)
		return;
	memset(room, 0, sizeof(*room));
	mh->msg_control = room->bytes;
	mh->msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
}

/*
 * Send len bytes as one message, with fd if it is not negative.  fd stays the caller's.  On failure returns false and
 * sets errno.
 */
static inline bool pass_fd(int to, const void *bytes, size_t len, int fd)
{
	union pass_fd_room room;
	struct iovec iov = {(void *)bytes, len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	pass_fd_add(&mh, &room, &fd, fd >= 0);
	return sendmsg(to, &mh, MSG_NOSIGNAL) == (ssize_t)len;
}

/*
 * Read at most room bytes without waiting; returns what recvmsg() returns, with its errno.  Received descriptors
 * (close-on-exec) are appended to fds and belong to the caller: *nfds counts them, max is the room in fds, at most
 * *nfds + PASS_FD_MAX.  If more descriptors came, the excess is closed and *all_fit is false.
 */
static inline ssize_t pass_fd_receive(int from, void *buf, size_t room, int *fds, unsigned int *nfds, unsigned int max,
				      bool *all_fit)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(PASS_FD_MAX * sizeof(int))];
	} control;
	struct iovec iov = {buf, room};
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(from, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*all_fit = n < 0 || !(mh.msg_flags & MSG_CTRUNC);
	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*nfds < max) {
				fds[(*nfds)++] = fd;
			} else {
				close(fd);
				*all_fit = false;
			}
		}
	}
	return n;
}

/*
 * Read one message without waiting; returns what recvmsg() returns.  *fd becomes the descriptor that came with it,
 * which belongs to the caller, or -1.  Further descriptors are closed.
 */
static inline ssize_t pass_fd_receive_one(int from, void *buf, size_t room, int *fd)
{
	unsigned int n = 0;
	bool all_fit;

	*fd = -1;
	return pass_fd_receive(from, buf, room, fd, &n, 1, &all_fit);
}

#endif /* COMMON_PASS_FD_H */
