/* SPDX-License-Identifier: BSD-2-Clause */
/* dial.c - a second process, which connects to hostd's socket and names our own. */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "link_socket.h"
#include "listen.h"
#include "pass_fd.h"
#include "sandbox.h"

enum { ASK_CONNECTION, ASK_FILL, ASK_REMOVE_STATE, ASK_REMOVE };

/* One answer: an errno or 0, and with 0 a descriptor. */
static void send_answer(int pair, int fd)
{
	int error = fd < 0 ? -fd : 0;

	if (!pass_fd(pair, &error, sizeof(error), fd))
		_exit(0);
	if (fd >= 0)
		close(fd);
}

static void run(int pair, const char *hostd, const char *own, const char *state)
{
	char ask;

	prctl(PR_SET_NAME, "pvboot-dial");
	dup2(pair, 3);
	close_range(4, ~0U, 0);
	sandbox_dial(own != NULL);
	while (recv(3, &ask, 1, 0) == 1) {
		if (ask == ASK_CONNECTION)
			send_answer(3, link_socket_connect(hostd));
		else if (own && ask == ASK_FILL)
			listen_fill(own);
		else if (own && ask >= ASK_REMOVE_STATE)
			unlink(state);
		if (own && ask == ASK_REMOVE)
			listen_remove(own);
	}
	_exit(0);
}

int dial_start(const char *hostd, const char *own, const char *state)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -1;
	pid = fork();
	if (pid == 0)
		run(pair[1], hostd, own, state);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -1;
	}
	return pair[0];
}

static int ask_for(int dial, char what)
{
	return send(dial, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : errno;
}

int dial_ask(int dial)
{
	return ask_for(dial, ASK_CONNECTION);
}

void dial_fill(int dial)
{
	ask_for(dial, ASK_FILL);
}

void dial_remove(int dial, bool made)
{
	ask_for(dial, made ? ASK_REMOVE : ASK_REMOVE_STATE);
}

int dial_answer(int dial, int *fd)
{
	int error = 0;
	ssize_t n = pass_fd_receive_one(dial, &error, sizeof(error), fd);

	if (n < 0)
		return errno == EINTR ? EAGAIN : errno;
	if (n == 0)
		return EPIPE;
	return *fd < 0 && !error ? EPROTO : error;
}

void dial_stop(int dial)
{
	close(dial);
	while (wait(NULL) < 0 && errno == EINTR)
		;
}
