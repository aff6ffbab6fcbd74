/* SPDX-License-Identifier: BSD-2-Clause */
/* v3dev.c - the user space's side of this Palacios: /dev/v3-vmN as a socket (v3dev.h), served by a thread. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attach.h"
#include "host.h"
#include "v3dev.h"

#define CLIENTS 16

struct client {
	int fd; /* -1: unused */
	struct host_stream *stream;
	bool told; /* that there is something to read */
};

static struct client clients[CLIENTS];
static int listener = -1;
static char path[108];
static struct v3_vm_info *vm;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all above */
static int wake[2];

static void send_bytes(int fd, char type, const void *buf, size_t len)
{
	struct iovec iov[2] = {{&type, 1}, {(void *)(uintptr_t)buf, len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	sendmsg(fd, &mh, MSG_NOSIGNAL);
}

static void send_result(int fd, long long value)
{
	struct v3dev_result r = {.type = V3DEV_RESULT, .value = value};

	send(fd, &r, sizeof(r), MSG_NOSIGNAL);
}

/* A reader that waits for an answer drops what was told before it: so it is told again behind each answer. */
static void tell(struct client *c)
{
	if (c->told || !stream_readable(c->stream))
		return;
	c->told = true;
	send_bytes(c->fd, V3DEV_READY, NULL, 0);
}

static void drop(struct client *c)
{
	if (c->stream)
		stream_release(c->stream);
	close(c->fd);
	*c = (struct client){.fd = -1};
}

/* Output: the thread tells the reader, for the writer of output is a vcore, which never waits. */
static void on_output(struct host_stream *s)
{
	char byte = 0;

	(void)s;
	if (write(wake[1], &byte, 1) < 0 && errno != EAGAIN)
		abort();
}

/* ---- what a client asks
 * ---------------------------------------------------------------------------------------------- */

static void open_stream(struct client *c, const char *name)
{
	if (c->stream || !vm) {
		send_result(c->fd, -EFAULT);
		return;
	}
	c->stream = stream_connect(vm, name);
	send_result(c->fd, c->stream ? 0 : -EFAULT);
	if (c->stream)
		tell(c);
}

static void read_stream(struct client *c, uint32_t want)
{
	char buf[HOST_RING];
	long n = stream_read(c->stream, buf, want < sizeof(buf) ? want : sizeof(buf));

	if (n < 0)
		n = 0;
	send_bytes(c->fd, V3DEV_DATA, buf, (size_t)n);
	c->told = false;
	tell(c);
}

static void write_stream(struct client *c, const char *buf, size_t len)
{
	long n = stream_write(c->stream, buf, len);

	send_result(c->fd, n < 0 ? -EFAULT : n);
	c->told = false;
	tell(c);
}

/* False: the client is gone. */
static bool serve(struct client *c)
{
	static char buf[1u << 20];
	ssize_t n = recv(c->fd, buf, sizeof(buf) - 1, 0);
	uint32_t want = 0;

	if (n <= 0)
		return false;
	buf[n] = 0;
	switch (buf[0]) {
	case V3DEV_OPEN:
		open_stream(c, buf + 1);
		return true;
	case V3DEV_READ:
		memcpy(&want, buf + 1, sizeof(want));
		if (c->stream)
			read_stream(c, want);
		return c->stream != NULL;
	case V3DEV_WRITE:
		if (c->stream)
			write_stream(c, buf + 1, (size_t)n - 1);
		return c->stream != NULL;
	case V3DEV_WRONG:
		host_violation("of a stream's descriptor was asked: %s", buf + 1);
		return true;
	default:
		return false;
	}
}

/* ---- the thread
 * -------------------------------------------------------------------------------------------------------- */

static void accept_client(void)
{
	int fd = accept(listener, NULL, NULL);

	for (struct client *c = clients; fd >= 0 && c < clients + CLIENTS; c++) {
		if (c->fd >= 0)
			continue;
		c->fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static void on_wake(void)
{
	char buf[256];

	while (read(wake[0], buf, sizeof(buf)) > 0)
		;
	for (struct client *c = clients; c < clients + CLIENTS; c++) {
		if (c->fd >= 0 && c->stream)
			tell(c);
	}
}

static void *run(void *arg)
{
	struct pollfd p[CLIENTS + 2];

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&lock);
		for (unsigned int i = 0; i < CLIENTS; i++)
			p[i] = (struct pollfd){clients[i].fd, POLLIN, 0};
		p[CLIENTS] = (struct pollfd){listener, POLLIN, 0};
		p[CLIENTS + 1] = (struct pollfd){wake[0], POLLIN, 0};
		pthread_mutex_unlock(&lock);
		if (poll(p, CLIENTS + 2, -1) < 0 && errno != EINTR)
			abort();
		pthread_mutex_lock(&lock);
		if (p[CLIENTS + 1].revents)
			on_wake();
		for (unsigned int i = 0; i < CLIENTS; i++) {
			if (p[i].revents && clients[i].fd == p[i].fd && clients[i].fd >= 0 && !serve(&clients[i]))
				drop(&clients[i]);
		}
		if (p[CLIENTS].revents && listener >= 0)
			accept_client();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* ---- its life
 * -------------------------------------------------------------------------------------------------------- */

bool v3dev_start(const char *at)
{
	pthread_t thread;

	for (struct client *c = clients; c < clients + CLIENTS; c++)
		c->fd = -1;
	if (snprintf(path, sizeof(path), "%s", at) >= (int)sizeof(path) || pipe2(wake, O_NONBLOCK | O_CLOEXEC))
		return false;
	stream_wakeup = on_output;
	return pthread_create(&thread, NULL, run, NULL) == 0;
}

bool v3dev_appear(struct v3_vm_info *of)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	bool good;

	strcpy(a.sun_path, path);
	unlink(path);
	pthread_mutex_lock(&lock);
	vm = of;
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	good = listener >= 0 && bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(listener, 8) == 0;
	pthread_mutex_unlock(&lock);
	on_output(NULL);
	return good;
}

void v3dev_vanish(void)
{
	unlink(path);
	pthread_mutex_lock(&lock);
	close(listener);
	listener = -1;
	for (struct client *c = clients; c < clients + CLIENTS; c++) {
		if (c->fd >= 0 && !c->stream)
			drop(c); /* a stream stays open, whatever becomes of it */
	}
	vm = NULL;
	pthread_mutex_unlock(&lock);
}
