/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - commands to a running hostd. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "control_cache.h"
#include "log.h"
#include "palacios.h"

#define CLIENTS 8  /* at once */
#define PATIENCE 5 /* seconds for a client to say its line */

struct client {
	struct control *control;
	int fd; /* -1: free */
	struct event *readable, *writable;
	struct evbuffer *out;
	bool ended; /* all of the answer is in out */
	struct control_cache *job;
	size_t have;
	char line[CONTROL_LINE];
};

struct control {
	struct event_base *base;
	struct palacios *palacios;
	struct cache *cache;
	int fd;
	struct event *readable;
	struct sockaddr_un address;
	struct client client[CLIENTS];
};

static void hang_up(struct client *c)
{
	if (c->control->palacios)
		palacios_forget(c->control->palacios, c);
	control_cache_cancel(c->job);
	c->job = NULL;
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	if (c->out)
		evbuffer_free(c->out);
	c->readable = c->writable = NULL;
	c->out = NULL;
	c->ended = false;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	int n = what & EV_TIMEOUT ? -1 : evbuffer_write(c->out, fd);

	if (n < 0 && !(what & EV_TIMEOUT) && (errno == EAGAIN || errno == EINTR))
		n = 0;
	if (n < 0)
		log_msg(LOG_DEBUG, NULL, "nobody waits for the answer to a command");
	if (n < 0 || (c->ended && !evbuffer_get_length(c->out)))
		hang_up(c);
	else if (evbuffer_get_length(c->out))
		event_add(c->writable, &(struct timeval){PATIENCE, 0});
}

/* Queue a line of an answer, without its newline. */
static void say(void *client, const char *line)
{
	struct client *c = client;

	evbuffer_add_printf(c->out, "%s\n", line);
	event_add(c->writable, &(struct timeval){PATIENCE, 0});
}

/*
 * End the answer with "ok", or, if error is not NULL, with "error" and that text.  The client is closed once it has
 * read all.
 */
static void answer(void *client, const char *error)
{
	struct client *c = client;

	evbuffer_add_printf(c->out, error ? "error %s\n" : "ok\n", error);
	c->job = NULL;
	c->ended = true;
	event_add(c->writable, &(struct timeval){PATIENCE, 0});
}

static const struct control_answer cache_answer = {.say = say, .end = answer};

static void obey(struct client *c)
{
	struct palacios *all = c->control->palacios;
	bool machine = !strncmp(c->line, "detach ", 7) || !strncmp(c->line, "attach ", 7);

	if (!strncmp(c->line, "cache ", 6))
		c->job = control_cache(c->control->cache, c->control->base, c->line + 6, &cache_answer, c);
	else if (machine && !all)
		answer(c, "no section of the configuration is a machine of Palacios's");
	else if (machine && *c->line == 'd')
		palacios_detach(all, c->line + 7, answer, c);
	else if (machine)
		answer(c, palacios_attach(all, c->line + 7));
	else
		answer(c, "there is no such command: detach NAME, attach NAME, cache ...");
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
	c->out = evbuffer_new();
	c->readable = event_new(control->base, fd, EV_READ | EV_PERSIST, on_client, c);
	c->writable = event_new(control->base, fd, EV_WRITE, on_writable, c);
	if (!c->out || !c->readable || !c->writable || event_add(c->readable, &(struct timeval){PATIENCE, 0}))
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

struct control *control_listen(struct event_base *base, const struct conf *conf, char *err, size_t err_len)
{
	struct control *control = calloc(1, sizeof(*control));
	int n;

	if (!control) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		control->client[i] = (struct client){.control = control, .fd = -1};
	control->base = base;
	control->address.sun_family = AF_UNIX;
	n = snprintf(control->address.sun_path, sizeof(control->address.sun_path), "%s" CONTROL_SUFFIX, conf->socket);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n >= (int)sizeof(control->address.sun_path))
		snprintf(err, err_len,
			 "the socket's name is too long for a " CONTROL_SUFFIX " beside it: name another");
	else if (control->fd < 0 || bind_own(control->fd, &control->address) || listen(control->fd, CLIENTS))
		snprintf(err, err_len, "cannot listen at %s: %s", control->address.sun_path, strerror(errno));
	else
		return control;
	control->address.sun_path[0] = '\0'; /* not ours to remove */
	control_free(control);
	return NULL;
}

void control_serve(struct control *control, struct palacios *palacios, struct cache *cache)
{
	control->palacios = palacios;
	control->cache = cache;
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
