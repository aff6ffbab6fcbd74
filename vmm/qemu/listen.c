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

#define HIDDEN ".away" /* behind the path */
#define PATH_ROOM (sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(HIDDEN))
#define BACKLOG 2

static void hidden(const char *path, char name[PATH_ROOM])
{
	snprintf(name, PATH_ROOM, "%s" HIDDEN, path);
}

/* Remove what is there if it is a socket: nothing else was left by one of us. */
static void remove_socket(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

int listen_open(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
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

bool listen_path(int fd, char *path, unsigned int size)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	int listening = 0;
	socklen_t int_len = sizeof(listening);

	memset(&sun, 0, sizeof(sun));
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &int_len) || !listening ||
	    getsockname(fd, (struct sockaddr *)&sun, &len) || sun.sun_family != AF_UNIX || sun.sun_path[0] != '/')
		return false;
	return (unsigned int)snprintf(path, size, "%.*s", (int)sizeof(sun.sun_path), sun.sun_path) < size;
}

void listen_hide(const char *path)
{
	char name[PATH_ROOM];

	hidden(path, name);
	rename(path, name);
}

void listen_show(const char *path)
{
	char name[PATH_ROOM];

	hidden(path, name);
	/* the next process may have made its own already */
	renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE);
}

void listen_remove(const char *path)
{
	char name[PATH_ROOM];

	hidden(path, name);
	remove_socket(name);
	remove_socket(path);
}
