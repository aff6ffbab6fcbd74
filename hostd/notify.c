/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.c - one datagram to the socket that NOTIFY_SOCKET names, as sd_notify(3) has it.
 *
 * The protocol is stable and meant to be spoken without libsystemd.  That library brings seven more with it, and hostd
 * is started anew for each `pvboot run`.
 */
#include "notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

/* state: lines of the protocol; status: any text, of which nothing becomes another line. */
static void tell(const char *state, const char *status)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char text[1024];
	size_t begin, len;
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(addr.sun_path))
		return;
	len = strlen(path);
	memcpy(addr.sun_path, path, len);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	snprintf(text, sizeof(text), "%sSTATUS=", state);
	begin = strlen(text);
	snprintf(text + begin, sizeof(text) - begin, "%s", status);
	for (char *c = text + begin; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* A manager that hears nothing says so itself. */
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&addr,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void notify_ready(const char *status)
{
	tell("READY=1\n", status);
}

void notify_stopping(const char *status)
{
	tell("STOPPING=1\n", status);
}

void notify_refusal(const char *words)
{
	log_refusal(words);
	tell("", words);
}
