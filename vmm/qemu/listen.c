/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.c - the Unix socket at which QEMU's vhost-user looks for its device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"

#define BACKLOG 0 /* one connection may wait: then connect() blocks (unix_recvq_full() in Linux) */

/* False if it is too long. */
static bool make_address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(sun->sun_path))
		return false;
	strcpy(sun->sun_path, path);
	return true;
}

int listen_open(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	if (!make_address(&sun, path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	listen_remove(path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || listen(fd, BACKLOG)) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

bool listen_take(int fd, char *path, unsigned int size)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	int listening = 0;
	socklen_t int_len = sizeof(listening);

	memset(&sun, 0, sizeof(sun));
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_len) || !listening ||
	    getsockname(fd, (struct sockaddr *)&sun, &len) || sun.sun_family != AF_UNIX || sun.sun_path[0] != '/' ||
	    listen(fd, BACKLOG) || fcntl(fd, F_SETFL, O_NONBLOCK))
		return false;
	return (unsigned int)snprintf(path, size, "%.*s", (int)sizeof(sun.sun_path), sun.sun_path) < size;
}

void listen_fill(const char *path)
{
	struct sockaddr_un sun;
	int fd;

	if (!make_address(&sun, path))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* EAGAIN: it is full already.  What is closed stays in the queue. */
	connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
}

bool listen_ended(int connection)
{
	char c;

	return recv(connection, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int listen_accept(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client >= 0 && listen_ended(client)) {
		close(client);
		client = -1;
	}
	return client;
}

void listen_remove(const char *path)
{
	struct stat st;

	/* nothing else was left by one of us */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}
