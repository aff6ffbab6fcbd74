/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_socket.c - the socket between pvboot-device and QEMU.
 *
 * QEMU connects to a path: the socket listens before either process is there, in a directory that admits nobody else.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attach_socket.h"

#define NAME "vm.sock"

/* What there may be: the socket, and what a vhost-user device keeps. */
static const char *const files[] = {NAME, NAME ".state"};

static bool listen_at(struct attach_socket *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
	if (bind(s->device, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(s->device, 1) == 0)
		return true;
	perror("pvboot: a socket for QEMU");
	return false;
}

bool attach_socket_open(struct attach_socket *s, bool dry_run)
{
	memset(s, 0, sizeof(*s));
	s->device = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->device < 0)
		perror("pvboot: socket");
	if (s->device < 0 || !temp_dir_name(&s->dir))
		return false;
	snprintf(s->path, sizeof(s->path), "%s/" NAME, s->dir.path);
	return dry_run || (temp_dir_make(&s->dir) && listen_at(s));
}

bool attach_socket_again(struct attach_socket *s)
{
	temp_dir_unlink(&s->dir, files[0]);
	s->device = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->device < 0)
		perror("pvboot: socket");
	return s->device >= 0 && listen_at(s);
}

void attach_socket_close(struct attach_socket *s)
{
	if (s->device >= 0)
		close(s->device);
	s->device = -1;
}

void attach_socket_end(struct attach_socket *s)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		temp_dir_unlink(&s->dir, files[i]);
	temp_dir_remove(&s->dir);
}
