/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - commands to a running hostd. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "palacios.h"

#define CLIENTS 8  /* at once */
#define PATIENCE 5 /* seconds for a client to say its line */

struct client {
	struct control *control;
	int fd; /* -1: free */
	struct event *readable;
	size_t have;
	char line[CONTROL_LINE];
};

struct control {
	struct event_base *base;
	struct palacios *palacios;
	int fd;
	struct event *readable;
	struct sockaddr_un address;
	struct client client[CLIENTS];
};

static void hang_up(struct client *c)
{
	palacios_forget(c->control->palacios, c);
	if (c->readable)
		event_free(c->readable);
	c->readable = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* As palacios_detach()'s done. */
static void answer(void *arg, const char *error)
{
	struct client *c = arg;
	char line[CONTROL_LINE];
	int len = error ? snprintf(line, sizeof(line), "error %s\n", error) : snprintf(line, sizeof(line), "ok\n");

	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	if (send(c->fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) != len)
		log_msg(LOG_DEBUG, NULL, "nobody waits for the answer to a command");
	hang_up(c);
}

static void obey(struct client *c)
{
	struct palacios *all = c->control->palacios;

	if (!strncmp(c->line, "detach ", 7))
		palacios_detach(all, c->line + 7, answer, c);
	else if (!strncmp(c->line, "attach ", 7))
		answer(c, palacios_attach(all, c->line + 7));
	else
		answer(c, "there is no such command: detach NAME, attach NAME");
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	ssize_t n = what & EV_TIMEOUT ? 0 : recv(fd, c->line + c->have, sizeof(c->line) - c->have, MSG_DONTWAIT);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->have += (size_t)n;
	end = memchr(c->line, '\n', c->have);
	if (!end && c->have < sizeof(c->line))
		return;
	event_del(c->readable); /* one command each */
	if (!end) {
		answer(c, "the line is too long");
		return;
	}
	*end = '\0';
	obey(c);
}

static void on_readable(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = control->client;

	while (c < control->client + CLIENTS && c->fd >= 0)
		c++;
	if (fd < 0 || c == control->client + CLIENTS) {
		if (fd >= 0)
			close(fd);
		return;
	}
	c->fd = fd;
	c->have = 0;
	c->readable = event_new(control->base, fd, EV_READ | EV_PERSIST, on_client, c);
	if (!c->readable || event_add(c->readable, &(struct timeval){PATIENCE, 0}))
		hang_up(c);
}

/* A name that a dead hostd left behind is removed; server_listen() has seen to it that there is no live one. */
static int bind_own(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	struct stat st;
	int failed;

	if (!lstat(address->sun_path, &st) && S_ISSOCK(st.st_mode))
		unlink(address->sun_path);
	failed = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	return failed;
}

struct control *control_listen(struct event_base *base, const struct conf *conf, char *why, size_t room)
{
	struct control *control = calloc(1, sizeof(*control));
	int n;

	if (!control) {
		snprintf(why, room, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		control->client[i] = (struct client){.control = control, .fd = -1};
	control->base = base;
	control->address.sun_family = AF_UNIX;
	n = snprintf(control->address.sun_path, sizeof(control->address.sun_path), "%s" CONTROL_SUFFIX, conf->socket);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n >= (int)sizeof(control->address.sun_path))
		snprintf(why, room, "the socket's name is too long for a " CONTROL_SUFFIX " beside it: name another");
	else if (control->fd < 0 || bind_own(control->fd, &control->address) || listen(control->fd, CLIENTS))
		snprintf(why, room, "cannot listen at %s: %s", control->address.sun_path, strerror(errno));
	else
		return control;
	control->address.sun_path[0] = '\0'; /* not ours to remove */
	control_free(control);
	return NULL;
}

void control_serve(struct control *control, struct palacios *palacios)
{
	control->palacios = palacios;
	control->readable = event_new(control->base, control->fd, EV_READ | EV_PERSIST, on_readable, control);
	if (!control->readable || event_add(control->readable, NULL))
		log_msg(LOG_ERR, NULL, "out of memory: no commands can be given");
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		hang_up(&control->client[i]);
	if (control->readable)
		event_free(control->readable);
	if (control->fd >= 0)
		close(control->fd);
	if (control->address.sun_path[0])
		unlink(control->address.sun_path); /* if not, the next hostd does */
	free(control);
}
