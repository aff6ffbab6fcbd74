/* SPDX-License-Identifier: BSD-2-Clause */
/* palacios_open.c - the process that opens streams of Palacios machines. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "palacios_open.h"
#include "pass_fd.h"

#define STREAM_CONNECT 21 /* ioctl of /dev/v3-vmN: takes char[128], gives a descriptor */

static int connect_stream(int fd, const char name[PALACIOS_NAME_BYTES])
{
	return ioctl(fd, STREAM_CONNECT, name);
}

int (*palacios_open_ioctl)(int fd, const char name[PALACIOS_NAME_BYTES]) = connect_stream;

/* ---- opening --------------------------------------------------------------------------------------------------- */

int palacios_open(const char *path, const char *stream)
{
	char name[PALACIOS_NAME_BYTES] = "";
	int vm = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY), fd, error;

	if (vm < 0)
		return -errno;
	snprintf(name, sizeof(name), "%s", stream);
	fd = palacios_open_ioctl(vm, name);
	error = errno;
	close(vm);
	if (fd < 0)
		return -error;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

/* ---- the process ----------------------------------------------------------------------------------------------- */

static void answer(int to, const struct palacios_answer *a, int fd)
{
	if (!pass_fd(to, a, sizeof(*a), fd))
		_exit(1);
}

static _Noreturn void serve(const struct conf *conf, int fd)
{
	uint32_t index;

	while (recv(fd, &index, sizeof(index), 0) == (ssize_t)sizeof(index)) {
		struct palacios_answer a = {.index = index, .error = EINVAL};
		const struct conf_vm *vm = conf->vms;
		int stream = -1;

		for (uint32_t i = 0; vm && i < index; i++)
			vm = vm->next;
		if (vm && vm->palacios[0]) {
			stream = palacios_open(vm->palacios, vm->stream);
			a.error = stream < 0 ? -stream : 0;
		}
		answer(fd, &a, stream);
		if (stream >= 0)
			close(stream);
	}
	_exit(0);
}

int palacios_open_start(const struct conf *conf, char *err, size_t err_len)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		snprintf(err, err_len, "cannot start what opens Palacios streams: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		snprintf(err, err_len, "cannot start what opens Palacios streams: %s", strerror(errno));
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (!pid) {
		/* Whoever waits for hostd's descriptors to be closed is not to wait for this process. */
		dup2(ends[1], STDERR_FILENO + 1);
		close_range(STDERR_FILENO + 2, ~0u, 0);
		signal(SIGINT, SIG_IGN); /* hostd gets it as well, and its end is ours */
		signal(SIGTERM, SIG_IGN);
		prctl(PR_SET_NAME, "pvboot-opener");
		serve(conf, STDERR_FILENO + 1);
	}
	close(ends[1]);
	return ends[0];
}

/* ---- hostd's side ---------------------------------------------------------------------------------------------- */

bool palacios_open_ask(int fd, uint32_t index)
{
	return send(fd, &index, sizeof(index), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(index);
}

int palacios_open_answer(int fd, struct palacios_answer *a, int *stream)
{
	ssize_t n = pass_fd_receive_one(fd, a, sizeof(*a), stream);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != (ssize_t)sizeof(*a))
		return -1;
	if (*stream < 0 && !a->error)
		a->error = EPROTO;
	return 1;
}
