/* SPDX-License-Identifier: BSD-2-Clause */
/* child.c - the processes that pvboot starts: begun with few descriptors, waited for, never left behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

#include "base/clock.h"

static sigset_t waited, before;
static int signals = -1; /* signalfd(2) of waited */

void child_init(void)
{
	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD);
	sigaddset(&waited, SIGINT);
	sigaddset(&waited, SIGTERM);
	sigaddset(&waited, SIGHUP);
	sigaddset(&waited, SIGQUIT);
	sigprocmask(SIG_BLOCK, &waited, &before);
	/* A parent may have left SIGCHLD ignored: then children vanish without a status. */
	signal(SIGCHLD, SIG_DFL);
	/* A write to a closed pipe must not end pvboot while a guest runs. */
	signal(SIGPIPE, SIG_IGN);
	if (signals < 0)
		signals = signalfd(-1, &waited, SFD_CLOEXEC);
}

/* In the child: everything that must be so before exec.  Returns only to say why it could not. */
static int become(const struct argv *argv, const struct child_conf *conf, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	if (!conf->stdin_ours) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		setpgid(0, 0);
		if (null >= 0)
			dup2(null, STDIN_FILENO);
	}
	if (conf->stdout_fd > 0)
		dup2(conf->stdout_fd, STDOUT_FILENO);
	if (conf->stderr_fd >= 0)
		dup2(conf->stderr_fd, STDERR_FILENO);
	if ((conf->keep_fd >= 0 && fcntl(conf->keep_fd, F_SETFD, 0) < 0) ||
	    (conf->keep_too > 0 && fcntl(conf->keep_too, F_SETFD, 0) < 0))
		return errno;
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	execvp(argv->v[0], argv->v);
	return errno;
}

bool child_start(struct child *child, const char *name, const struct argv *argv, const struct child_conf *conf)
{
	int error = 0, pipe_fds[2];
	pid_t parent = getpid();

	memset(child, 0, sizeof(*child));
	child->name = name;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		fprintf(stderr, "pvboot: cannot start %s: %s\n", argv->v[0], strerror(errno));
		return false;
	}
	child->pid = fork();
	if (child->pid == 0) {
		error = become(argv, conf, parent);
		if (write(pipe_fds[1], &error, sizeof(error)) < 0)
			_exit(126);
		_exit(127);
	}
	close(pipe_fds[1]);
	if (child->pid < 0)
		error = errno;
	else if (read(pipe_fds[0], &error, sizeof(error)) > 0)
		waitpid(child->pid, NULL, 0);
	close(pipe_fds[0]);
	if (error) {
		fprintf(stderr, "pvboot: cannot start %s: %s\n", argv->v[0], strerror(error));
		child->pid = 0;
		return false;
	}
	child->running = true;
	return true;
}

int child_wait(int ms)
{
	struct timespec limit = {ms / 1000, (ms % 1000) * 1000000L};
	int sig;

	do {
		sig = ms < 0 ? sigwaitinfo(&waited, NULL) : sigtimedwait(&waited, NULL, &limit);
	} while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

int child_wait_or_read(int fd)
{
	struct pollfd pfds[2] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(pfds, 2, -1) < 0)
			continue;
		if (pfds[0].revents)
			return CHILD_READABLE;
		if (read(signals, &info, sizeof(info)) == sizeof(info))
			return (int)info.ssi_signo;
	}
}

bool child_ended(struct child *child)
{
	if (child->running && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->running = false;
	return !child->running;
}

void child_stop(struct child *child, int ms)
{
	long end = clock_ms() + ms;

	if (!child->pid || child_ended(child))
		return;
	kill(child->pid, SIGTERM);
	while (!child_ended(child)) {
		long left = end - clock_ms();

		if (left <= 0) {
			kill(child->pid, SIGKILL);
			waitpid(child->pid, &child->status, 0);
			child->running = false;
			return;
		}
		/* Also woken by signals meant for us: the end is under way already. */
		child_wait((int)left);
	}
}

int child_exit_status(const struct child *child)
{
	return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status) : WEXITSTATUS(child->status);
}
