/* SPDX-License-Identifier: BSD-2-Clause */
/* console.c - one terminal for the guest's console and the log: the process before it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "base/clock.h"
#include "console_lines.h"

enum { CONTROL, CONSOLE, LOG, QEMU_LOG, PIPES };

static bool same_place(void)
{
	struct stat out, err;

	return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
	       out.st_ino == err.st_ino;
}

/* ---- the process ------------------------------------------------------------------------------------------------ */

/* QEMU has the terminal not block, and with it everybody who has it open. */
static void put(void *arg, bool log, const char *buf, size_t len)
{
	struct pollfd pfd = {.fd = log ? STDERR_FILENO : STDOUT_FILENO, .events = POLLOUT};

	while (len) {
		ssize_t n = write(pfd.fd, buf, len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return; /* nobody reads it: the guest boots all the same */
		if (n < 0)
			poll(&pfd, 1, -1);
		buf += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* Read what is there of one pipe.  False at its end, and if there is nothing. */
static bool take(struct lines *l, int which, int fd)
{
	char buf[65536];
	ssize_t n;

	errno = 0;
	n = read(fd, buf, sizeof(buf));
	if (n <= 0)
		return errno == EINTR;
	if (which == CONSOLE)
		lines_console(l, clock_ms(), buf, (size_t)n);
	else
		lines_log(l, clock_ms(), which == QEMU_LOG, buf, (size_t)n);
	return true;
}

/* Until pvboot closes the control pipe, or is gone. */
static void serve(struct lines *l, struct pollfd pfds[PIPES])
{
	do {
		long due = lines_due(l), now = clock_ms();

		if (poll(pfds, PIPES, due < 0 ? -1 : due > now ? (int)(due - now) : 0) < 0 && errno != EINTR)
			break;
		/* the log first: what it says was so before the guest could go on */
		for (int i = PIPES - 1; i >= CONSOLE; i--) {
			if (pfds[i].revents && !take(l, i, pfds[i].fd) && errno != EAGAIN)
				pfds[i].fd = -1;
		}
		lines_time(l, clock_ms());
	} while (!pfds[CONTROL].revents);
}

static _Noreturn void run(int ends[PIPES][2])
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE};
	static struct lines l = {.put = put};
	struct pollfd pfds[PIPES];

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "pvboot-console");
	for (int i = 0; i < PIPES; i++) {
		close(ends[i][1]);
		fcntl(ends[i][0], F_SETFL, O_NONBLOCK);
		pfds[i] = (struct pollfd){.fd = ends[i][0], .events = POLLIN};
	}
	serve(&l, pfds);
	/* What somebody still has open (a program that QEMU started) is not waited for. */
	for (int i = PIPES - 1; i >= CONSOLE; i--) {
		while (pfds[i].fd >= 0 && take(&l, i, pfds[i].fd))
			;
	}
	lines_end(&l);
	_exit(0);
}

/* ---- pvboot ----------------------------------------------------------------------------------------------------- */

static void close_ends(int ends[PIPES][2], int which)
{
	for (int i = 0; i < PIPES; i++) {
		if (ends[i][which] >= 0)
			close(ends[i][which]);
	}
}

static bool failed(int ends[PIPES][2])
{
	perror("pvboot: a pipe for the console");
	close_ends(ends, 0);
	close_ends(ends, 1);
	return false;
}

bool console_begin(struct console *c, bool wanted)
{
	int ends[PIPES][2];

	*c = (struct console){.control = -1, .saved_stderr = -1, .qemu_stdout = -1, .qemu_stderr = -1};
	if (!wanted || !same_place())
		return true;
	memset(ends, -1, sizeof(ends));
	for (int i = 0; i < PIPES; i++) {
		if (pipe2(ends[i], O_CLOEXEC) < 0)
			return failed(ends);
	}
	c->saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fflush(stdout);
	c->pid = c->saved_stderr < 0 ? -1 : fork();
	if (c->pid == 0)
		run(ends);
	if (c->pid < 0) {
		c->pid = 0;
		return failed(ends);
	}
	close_ends(ends, 0);
	c->control = ends[CONTROL][1];
	c->qemu_stdout = ends[CONSOLE][1];
	c->qemu_stderr = ends[QEMU_LOG][1];
	dup2(ends[LOG][1], STDERR_FILENO);
	close(ends[LOG][1]);
	return true;
}

void console_end(struct console *c)
{
	if (!c->pid)
		return;
	dup2(c->saved_stderr, STDERR_FILENO);
	close(c->saved_stderr);
	close(c->qemu_stdout);
	close(c->qemu_stderr);
	close(c->control);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
}
