/* SPDX-License-Identifier: BSD-2-Clause */
/* link_socket.c - the link to hostd over a Unix stream socket: bytes, descriptors, files, and reconnecting. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "link_socket.h"

#include "pass_fd.h"

#define FDS_AT_ONCE 4 /* maximum descriptors of one recvmsg(); hostd sends one */

/*
 * Priority of the link's events.  The program that makes the loop serves register accesses of the guest at priority 0,
 * before these.
 */
#define PRIORITY 1

static void after_ms(struct event *ev, uint64_t ms)
{
	struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(ev, &tv);
}

/* ---- struct link_ops ------------------------------------------------------------------------------------------- */

static size_t send_bytes(void *owner, const void *buf, size_t len)
{
	struct link_socket *s = owner;
	ssize_t n;

	do {
		n = send(s->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		n = 0; /* full: wait for room; broken: reading reports it */
	if ((size_t)n < len)
		event_add(s->writable, NULL);
	return (size_t)n;
}

static void hang_up(struct link_socket *s)
{
	event_del(s->readable);
	event_del(s->writable);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void dial_later(struct link_socket *s, uint32_t at_least_ms)
{
	after_ms(s->retry, s->retry_ms > at_least_ms ? s->retry_ms : at_least_ms);
	s->retry_ms = s->retry_ms < LINK_SOCKET_RETRY_MAX_MS / 2 ? s->retry_ms * 2 : LINK_SOCKET_RETRY_MAX_MS;
}

static void drop(void *owner, uint32_t retry_ms)
{
	struct link_socket *s = owner;

	hang_up(s);
	dial_later(s, retry_ms);
}

/*
 * Accept only a regular file that is open for reading: a pipe or a device could block, and hostd never means to pass a
 * writable descriptor.
 */
static bool file_check(void *owner, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_PATH) && fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* Not ctime: it also changes when a cached file is renamed or replaced under its name. */
static bool file_stamp(void *owner, int fd, uint64_t stamp[2])
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	stamp[0] = (uint64_t)st.st_size;
	stamp[1] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	return true;
}

int64_t link_socket_pread(int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	uint32_t done = 0;

	while (done < len) {
		uint64_t room;
		void *p = pvboot_io_map(io, to + done, &room);
		ssize_t n;

		if (!p)
			return -1;
		if (room > len - done)
			room = len - done;
		n = pread(fd, p, (size_t)room, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (uint32_t)n;
	}
	return done;
}

static int64_t file_read(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	struct link_socket *s = owner;

	return s->move ? s->move(s->arg, fd, offset, io, to, len) : link_socket_pread(fd, offset, io, to, len);
}

static void file_close(void *owner, int fd)
{
	close(fd);
}

static const struct link_ops ops = {
	.send = send_bytes,
	.drop = drop,
	.file_check = file_check,
	.file_stamp = file_stamp,
	.file_read = file_read,
	.file_close = file_close,
};

/* ---- events ---------------------------------------------------------------------------------------------------- */

void link_socket_kick(struct link_socket *s)
{
	uint64_t due = link_deadline(&s->link), now;

	if (link_turn_due(&s->link))
		event_active(s->turn, EV_TIMEOUT, 0);
	if (due == UINT64_MAX) {
		event_del(s->timer);
		return;
	}
	now = pvboot_dev_now_ms(s->link.dev);
	after_ms(s->timer, due > now ? due - now : 0);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct link_socket *s = arg;

	link_turn(&s->link);
	link_socket_kick(s);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link_socket *s = arg;
	int fds[FDS_AT_ONCE];
	unsigned int n_fds = 0;
	bool all_fit;
	ssize_t n = pass_fd_receive(fd, s->buf, sizeof(s->buf), fds, &n_fds, FDS_AT_ONCE, &all_fit);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (s->link.state == LINK_UP)
			s->retry_ms = LINK_SOCKET_RETRY_MIN_MS;
		link_down(&s->link);
		drop(s, 0);
		return;
	}
	for (unsigned int i = 0; i < n_fds; i++)
		link_fd(&s->link, fds[i]);
	if (!all_fit)
		link_fail(&s->link, "it sends more descriptors than it announces");
	link_input(&s->link, s->buf, (size_t)n);
	if (s->link.state == LINK_UP)
		s->missed = false;
	link_socket_kick(s);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct link_socket *s = arg;

	link_pump(&s->link);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct link_socket *s = arg;

	s->dial(s->arg);
}

/* ---- connecting ------------------------------------------------------------------------------------------------ */

int link_socket_connect(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

static bool watch(struct link_socket *s, int fd)
{
	return event_assign(s->readable, s->base, fd, EV_READ | EV_PERSIST, on_readable, s) == 0 &&
	       event_assign(s->writable, s->base, fd, EV_WRITE, on_writable, s) == 0 &&
	       event_priority_set(s->readable, PRIORITY) == 0 && event_priority_set(s->writable, PRIORITY) == 0 &&
	       event_add(s->readable, NULL) == 0;
}

void link_socket_dialed(struct link_socket *s, int fd, int error)
{
	char line[128];

	if (s->resting) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd >= 0) {
		s->fd = fd;
		link_up(&s->link);
		if (watch(s, fd))
			return;
		hang_up(s);
		error = ENOMEM;
	}
	link_down(&s->link);
	dial_later(s, 0);
	if (s->missed)
		return;
	s->missed = true;
	snprintf(line, sizeof(line), "hostd cannot be reached (%s); trying again until it can", strerror(error));
	pvboot_dev_log(s->link.dev, PVBOOT_LOG_WARNING, line);
}

bool link_socket_init(
	struct link_socket *s, struct event_base *base, const struct link_conf *conf, void (*dial)(void *arg),
	int64_t (*move)(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len), void *arg)
{
	memset(s, 0, sizeof(*s));
	link_init(&s->link, &ops, s, conf);
	s->base = base;
	s->fd = -1;
	s->retry_ms = LINK_SOCKET_RETRY_MIN_MS;
	s->dial = dial;
	s->move = move;
	s->arg = arg;
	s->readable = event_new(base, -1, EV_READ, on_readable, s);
	s->writable = event_new(base, -1, EV_WRITE, on_writable, s);
	s->turn = event_new(base, -1, 0, on_turn, s);
	s->timer = event_new(base, -1, 0, on_turn, s);
	s->retry = event_new(base, -1, 0, on_retry, s);
	if (s->readable && s->writable && s->turn && s->timer && s->retry && event_priority_set(s->turn, PRIORITY) == 0)
		return true;
	link_socket_close(s);
	return false;
}

void link_socket_start(struct link_socket *s)
{
	s->dial(s->arg);
}

void link_socket_rest(struct link_socket *s, bool rest)
{
	if (s->resting == rest)
		return;
	s->resting = rest;
	if (!rest) {
		s->retry_ms = LINK_SOCKET_RETRY_MIN_MS;
		s->dial(s->arg);
		return;
	}
	event_del(s->retry);
	hang_up(s);
	s->link.was_up = false; /* the next connection counts as the first, of another boot */
	if (s->link.state == LINK_UP)
		s->link.state = LINK_RESUMING; /* no warning about a lost hostd: no request waits for it */
	link_down(&s->link);
}

void link_socket_close(struct link_socket *s)
{
	struct event *events[] = {s->readable, s->writable, s->turn, s->timer, s->retry};

	if (s->link.state != LINK_DOWN)
		link_down(&s->link);
	if (s->link.dev)
		link_file_close_all(&s->link);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i])
			event_free(events[i]);
	}
}
