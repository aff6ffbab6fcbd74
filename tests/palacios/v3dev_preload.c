/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v3dev_preload.c - preloaded into hostd: sockets of v3dev.h behave as Palacios's character device and its streams.
 *
 * Nothing is remembered here: whether a descriptor is such a one is asked of the kernel, so it may be passed on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "v3dev.h"

/* dlsym() gives a pointer to an object; POSIX lets it be one to a function. */
#define REAL(name)                                                                                                     \
	static __typeof__(&name) real;                                                                                 \
	if (!real)                                                                                                     \
	*(void **)(void *)&real = dlsym(RTLD_NEXT, #name)

static bool is_device_path(const char *path)
{
	size_t n = strlen(path), suffix = strlen(V3DEV_SUFFIX);

	return n > suffix && strcmp(path + n - suffix, V3DEV_SUFFIX) == 0;
}

/* The path of the device behind fd, or false. */
static bool peer(int fd, struct sockaddr_un *a)
{
	socklen_t len = sizeof(*a);
	int saved = errno;
	bool good = getpeername(fd, (struct sockaddr *)a, &len) == 0 && a->sun_family == AF_UNIX &&
		    len > offsetof(struct sockaddr_un, sun_path) && a->sun_path[0];

	errno = saved;
	if (!good)
		return false;
	((char *)a)[len < sizeof(*a) ? len : sizeof(*a) - 1] = 0;
	return is_device_path(a->sun_path);
}

static bool is_stream(int fd)
{
	struct sockaddr_un a;

	return peer(fd, &a);
}

static int dial(const char *path, int flags)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0), 0);

	if (fd < 0 || strlen(path) >= sizeof(a.sun_path)) {
		errno = ENOENT;
		return -1;
	}
	strcpy(a.sun_path, path);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	errno = ENOENT; /* no VM, no device */
	return -1;
}

/* The socket may have been made non-blocking; the device's calls all come back from the host's kernel. */
static bool wait_for(int fd, short events)
{
	struct pollfd p = {fd, events, 0};

	if (errno == EAGAIN)
		poll(&p, 1, -1);
	return errno == EAGAIN || errno == EINTR;
}

/* Ask the host; its answer of that type goes to buf.  Returns the length of what follows the type, or -1. */
static ssize_t ask(int fd, struct iovec *iov, size_t n, char type, void *buf, size_t room)
{
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = n};

	while (syscall(SYS_sendmsg, fd, &mh, MSG_NOSIGNAL) < 0) {
		if (!wait_for(fd, POLLOUT))
			return -1;
	}
	for (;;) {
		char got;
		struct iovec in[2] = {{&got, 1}, {buf, room}};
		struct msghdr answer = {.msg_iov = in, .msg_iovlen = 2};
		ssize_t len = syscall(SYS_recvmsg, fd, &answer, 0);

		if (len < 0 && wait_for(fd, POLLIN))
			continue;
		if (len <= 0) {
			errno = EFAULT;
			return -1;
		}
		if (got == type)
			return len - 1;
	}
}

static long result(const char *body)
{
	long long value;

	memcpy(&value, body + offsetof(struct v3dev_result, value) - 1, sizeof(value));
	if (value >= 0)
		return (long)value;
	errno = (int)-value;
	return -1;
}

static void wrong(int fd, const char *words)
{
	char type = V3DEV_WRONG;
	struct iovec iov[2] = {{&type, 1}, {(void *)(uintptr_t)words, strlen(words)}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	syscall(SYS_sendmsg, fd, &mh, MSG_NOSIGNAL);
}

/* ---- the device
 * ------------------------------------------------------------------------------------------------------ */

#define OPEN(name)                                                                                                     \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		REAL(name);                                                                                            \
		va_list args;                                                                                          \
		mode_t mode;                                                                                           \
                                                                                                                       \
		va_start(args, flags);                                                                                 \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;                                       \
		va_end(args);                                                                                          \
		return is_device_path(path) ? dial(path, flags) : real(path, flags, mode);                             \
	}
OPEN(open)
OPEN(open64)

int stat(const char *path, struct stat *st)
{
	REAL(stat);
	int bad = real(path, st);

	if (!bad && is_device_path(path) && S_ISSOCK(st->st_mode))
		st->st_mode = (st->st_mode & ~(mode_t)S_IFMT) | S_IFCHR;
	return bad;
}

int ioctl(int fd, unsigned long request, ...)
{
	char type = V3DEV_OPEN, answer[sizeof(struct v3dev_result)];
	struct sockaddr_un a;
	struct iovec iov[2];
	va_list args;
	void *arg;
	int stream;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request != V3DEV_CONNECT || !peer(fd, &a))
		return (int)syscall(SYS_ioctl, fd, request, arg);
	stream = dial(a.sun_path, 0);
	if (stream < 0)
		return -1;
	iov[0] = (struct iovec){&type, 1};
	iov[1] = (struct iovec){arg, V3DEV_NAME};
	if (ask(stream, iov, 2, V3DEV_RESULT, answer, sizeof(answer)) > 0 && result(answer) == 0)
		return stream;
	close(stream);
	errno = EFAULT;
	return -1;
}

/* ---- its streams
 * ------------------------------------------------------------------------------------------------------ */

ssize_t read(int fd, void *buf, size_t len)
{
	uint32_t want = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
	char type = V3DEV_READ;
	struct iovec iov[2] = {{&type, 1}, {&want, sizeof(want)}};
	ssize_t n;

	if (!is_stream(fd))
		return syscall(SYS_read, fd, buf, len);
	n = ask(fd, iov, 2, V3DEV_DATA, buf, len);
	if (n)
		return n;
	errno = EWOULDBLOCK;
	return -1;
}

ssize_t write(int fd, const void *buf, size_t len)
{
	char type = V3DEV_WRITE, answer[sizeof(struct v3dev_result)];
	struct iovec iov[2] = {{&type, 1}, {(void *)(uintptr_t)buf, len}};
	ssize_t n;

	if (!is_stream(fd))
		return syscall(SYS_write, fd, buf, len);
	if (len > V3DEV_WRITE_MAX)
		wrong(fd, "a write of more than 64 KiB: one kernel allocation");
	if (ask(fd, iov, 2, V3DEV_RESULT, answer, sizeof(answer)) < 0)
		return -1;
	n = result(answer);
	if (n)
		return n;
	errno = EWOULDBLOCK;
	return -1;
}

/* There is no more than read and write: vectors come one after the other, as the kernel does it for such a device. */
ssize_t writev(int fd, const struct iovec *iov, int count)
{
	ssize_t done = 0;

	if (!is_stream(fd))
		return syscall(SYS_writev, fd, iov, count);
	for (int i = 0; i < count; i++) {
		ssize_t n = write(fd, iov[i].iov_base, iov[i].iov_len);

		if (n < 0)
			return done ? done : -1;
		done += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return done;
}

ssize_t sendmsg(int fd, const struct msghdr *mh, int flags)
{
	if (!is_stream(fd))
		return syscall(SYS_sendmsg, fd, mh, flags);
	errno = ENOTSOCK;
	return -1;
}

ssize_t recvmsg(int fd, struct msghdr *mh, int flags)
{
	if (!is_stream(fd))
		return syscall(SYS_recvmsg, fd, mh, flags);
	errno = ENOTSOCK;
	return -1;
}

/* Such a stream never says that it can be written to: who waits for that waits for ever. */
int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	REAL(epoll_ctl);

	if (op != EPOLL_CTL_DEL && event && event->events & EPOLLOUT && is_stream(fd))
		wrong(fd, "poll for output, which never comes");
	return real(epfd, op, fd, event);
}
