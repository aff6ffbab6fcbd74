/* SPDX-License-Identifier: BSD-2-Clause */
/* pass_fd.c - a helper process of hostd's answers, perhaps with a descriptor. */
#include <string.h>
#include <sys/socket.h>

#include "base/pass_fd.h"

bool pass_fd(int to, const void *bytes, size_t len, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {(void *)bytes, len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		mh.msg_control = control.bytes;
		mh.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	return sendmsg(to, &mh, MSG_NOSIGNAL) == (ssize_t)len;
}
