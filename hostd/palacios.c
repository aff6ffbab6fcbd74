/* SPDX-License-Identifier: BSD-2-Clause */
/* palacios.c - the streams of Palacios machines: found, carried, let go, found again. */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "palacios.h"
#include "palacios_open.h"
#include "server.h"

#define FIND_MS 1000u /* between looks for a machine that is not there */
#define AGAIN_MS 500u /* before a new link where the last one has ended */
#define AGAIN_MAX_MS 5000u
#define GO_MS 1000u   /* to let a stream go in good order */
#define END_MS 200u   /* the same for all of them, when hostd ends */
#define OUT 65536u    /* the host copies a write whole, by one allocation */
#define IN 4096u      /* what the ring of the Linux host holds */
#define RETRY_US 500u /* a stream that is full is tried again by time: it never says that it has room */
#define RETRY_MAX_US 10000u

enum state {
	FINDING, /* waiting for the timer, or for the opener */
	SERVING, /* the stream is open, and carries a link */
	LEAVING, /* detached, and its last bytes are on their way */
	DETACHED,
};

struct machine {
	struct palacios *all;
	const struct conf_vm *conf;
	uint32_t index; /* for the opener */
	enum state state;
	bool asked;  /* the opener was; its answer comes */
	bool missed; /* that the machine is not there was said */
	bool again;  /* that it is attached was said: the last link has ended, and the stream was not lost */
	int stream, pair;
	uint32_t again_ms, retry_us;
	struct event *timer; /* FINDING: ask; LEAVING: enough */
	struct event *retry; /* the stream was full */
	struct event *stream_in, *pair_in, *pair_out;
	size_t out_from, out_to, in_from, in_to;
	uint8_t out[OUT], in[IN];
	void (*done)(void *arg, const char *error);
	void *arg;
};

struct palacios {
	struct event_base *base;
	struct server *server;
	const struct conf *conf;
	int opener;
	struct event *answered;
	size_t n;
	struct machine *machine;
};

static void after_us(struct event *timer, uint32_t us)
{
	struct timeval tv = {us / 1000000, us % 1000000};

	event_add(timer, &tv);
}

/* ---- ending ---------------------------------------------------------------------------------------------------- */

static void drop_event(struct event **event)
{
	if (*event)
		event_free(*event);
	*event = NULL;
}

static void close_pair(struct machine *m)
{
	drop_event(&m->pair_in);
	drop_event(&m->pair_out);
	event_del(m->retry);
	if (m->pair >= 0)
		close(m->pair);
	m->pair = -1;
	m->out_from = m->out_to = m->in_from = m->in_to = 0;
}

static void close_stream(struct machine *m)
{
	drop_event(&m->stream_in);
	if (m->stream >= 0)
		close(m->stream);
	m->stream = -1;
}

static void say_done(struct machine *m, const char *error)
{
	void (*done)(void *arg, const char *error) = m->done;

	m->done = NULL;
	if (done)
		done(m->arg, error);
}

/* The stream is let go, unless the opener has it and does not answer in time. */
static void leave(struct machine *m)
{
	close_pair(m);
	close_stream(m);
	event_del(m->timer);
	m->state = DETACHED;
	log_msg(LOG_INFO, m->conf->name, "detached from %s", m->conf->palacios);
	say_done(m,
		 m->asked ? "the process that opens streams does not answer, and may have it open: try again" : NULL);
}

/* The stream is of no use any more: look for another. */
static void lose(struct machine *m, const char *why)
{
	if (m->state == LEAVING) {
		leave(m);
		return;
	}
	log_msg(LOG_WARNING, m->conf->name, "the stream \"%s\" of %s is lost: %s", m->conf->stream, m->conf->palacios,
		why);
	close_pair(m);
	close_stream(m);
	m->state = FINDING;
	m->again = false;
	after_us(m->timer, FIND_MS * 1000);
}

/* Why a write to the stream fails; EFAULT is all that the host's kernel says to these two. */
static const char *write_error(int error)
{
	return error == EFAULT ? "the VM was freed, or the host's kernel has no memory" : strerror(error);
}

/* The server has ended the link, and the device may have been told by a BYE: then it closes the stream when its VM is
 * freed.  So none is held without a link; the next link opens it again. */
static void link_ended(struct machine *m)
{
	if (m->state == LEAVING) {
		leave(m);
		return;
	}
	close_pair(m);
	close_stream(m);
	m->state = FINDING;
	m->again = true;
	after_us(m->timer, m->again_ms * 1000);
	m->again_ms = m->again_ms < AGAIN_MAX_MS / 2 ? m->again_ms * 2 : AGAIN_MAX_MS;
}

/* ---- carrying -------------------------------------------------------------------------------------------------- */

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* To the stream.  False: it is lost. */
static bool push_out(struct machine *m)
{
	while (m->out_from < m->out_to) {
		ssize_t n = write(m->stream, m->out + m->out_from, m->out_to - m->out_from);

		if (would_block(n)) {
			event_del(m->pair_in);
			after_us(m->retry, m->retry_us);
			m->retry_us = m->retry_us < RETRY_MAX_US / 2 ? m->retry_us * 2 : RETRY_MAX_US;
			return true;
		}
		if (n <= 0)
			return false;
		m->out_from += (size_t)n;
		m->retry_us = RETRY_US;
	}
	m->out_from = m->out_to = 0;
	event_add(m->pair_in, NULL);
	return true;
}

static void on_pair_in(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;
	ssize_t n = recv(fd, m->out, sizeof(m->out), MSG_DONTWAIT);

	if (would_block(n))
		return;
	if (n <= 0) {
		link_ended(m);
		return;
	}
	m->out_to = (size_t)n;
	if (!push_out(m))
		lose(m, write_error(errno));
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;

	if (!push_out(m))
		lose(m, write_error(errno));
}

/* To the server's end. */
static void push_in(struct machine *m)
{
	while (m->in_from < m->in_to) {
		ssize_t n = send(m->pair, m->in + m->in_from, m->in_to - m->in_from, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (would_block(n)) {
			event_del(m->stream_in);
			event_add(m->pair_out, NULL);
			return;
		}
		if (n < 0)
			break; /* the server has closed its end, which on_pair_in() is told */
		m->in_from += (size_t)n;
	}
	m->in_from = m->in_to = 0;
	event_add(m->stream_in, NULL);
}

static void on_pair_out(evutil_socket_t fd, short what, void *arg)
{
	push_in(arg);
}

static void on_stream_in(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;
	ssize_t n = read(fd, m->in, sizeof(m->in));

	if (would_block(n))
		return;
	if (n <= 0) {
		lose(m, n ? strerror(errno) : "it has ended");
		return;
	}
	m->again_ms = AGAIN_MS; /* somebody is there */
	m->in_from = 0;
	m->in_to = (size_t)n;
	push_in(m);
}

/* ---- beginning ------------------------------------------------------------------------------------------------- */

/* A new link on the stream, which begins with a HELLO. */
static bool begin_link(struct machine *m)
{
	struct event_base *base = m->all->base;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return false;
	m->pair = ends[0];
	m->retry_us = RETRY_US;
	m->pair_in = event_new(base, m->pair, EV_READ | EV_PERSIST, on_pair_in, m);
	m->pair_out = event_new(base, m->pair, EV_WRITE, on_pair_out, m);
	if (m->pair_in && m->pair_out && !event_add(m->pair_in, NULL))
		return server_take_stream(m->all->server, ends[1], m->conf);
	close(ends[1]);
	return false;
}

static void take_stream(struct machine *m, int fd)
{
	m->stream = fd;
	m->state = SERVING;
	m->missed = false;
	m->stream_in = event_new(m->all->base, fd, EV_READ | EV_PERSIST, on_stream_in, m);
	if (!m->stream_in || event_add(m->stream_in, NULL) || !begin_link(m)) {
		lose(m, "out of memory");
		return;
	}
	if (!m->again)
		log_msg(LOG_INFO, m->conf->name, "attached to the stream \"%s\" of %s", m->conf->stream,
			m->conf->palacios);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;

	switch (m->state) {
	case FINDING:
		if (!m->asked)
			m->asked = palacios_open_ask(m->all->opener, m->index);
		if (!m->asked)
			after_us(m->timer, FIND_MS * 1000);
		break;
	case LEAVING:
		leave(m);
		break;
	case SERVING:
	case DETACHED:
		break;
	}
}

static void not_there(struct machine *m, int error)
{
	after_us(m->timer, FIND_MS * 1000);
	m->again = false;
	if (m->missed)
		return;
	m->missed = true;
	log_msg(LOG_INFO, m->conf->name, "waiting for the stream \"%s\" of %s (%s)", m->conf->stream, m->conf->palacios,
		error == EFAULT ? "no such stream yet, or another process has it" : strerror(error));
}

static void on_answered(evutil_socket_t fd, short what, void *arg)
{
	struct palacios *all = arg;
	struct palacios_answer answer;
	struct machine *m = NULL;
	int stream, status = palacios_open_answer(fd, &answer, &stream);

	if (!status)
		return;
	if (status < 0) {
		event_del(all->answered);
		for (size_t i = 0; i < all->n; i++)
			all->machine[i].asked = false; /* it had nothing open when it ended */
		log_msg(LOG_ERR, NULL, "the process that opens Palacios streams has ended: restart hostd");
		return;
	}
	for (size_t i = 0; i < all->n && !m; i++)
		if (all->machine[i].index == answer.index)
			m = &all->machine[i];
	if (m)
		m->asked = false;
	if (m && m->state == FINDING && stream >= 0) {
		take_stream(m, stream);
		return;
	}
	if (stream >= 0)
		close(stream); /* detached meanwhile */
	if (m && m->state == FINDING)
		not_there(m, answer.error);
	if (m && m->state == LEAVING)
		leave(m);
}

/* ---- attach, detach -------------------------------------------------------------------------------------------- */

static struct machine *find(struct palacios *all, const char *name)
{
	for (size_t i = 0; all && i < all->n; i++)
		if (!strcmp(all->machine[i].conf->name, name))
			return &all->machine[i];
	return NULL;
}

#define NO_MACHINE "hostd's configuration has no such machine with palacios = /dev/v3-vmN"

void palacios_detach(struct palacios *all, const char *name, void (*done)(void *arg, const char *error), void *arg)
{
	struct machine *m = find(all, name);

	if (!m) {
		done(arg, NO_MACHINE);
		return;
	}
	if (m->state == DETACHED && !m->asked) {
		done(arg, NULL);
		return;
	}
	say_done(m, "another detach of this machine came");
	m->done = done;
	m->arg = arg;
	if (m->state == LEAVING)
		return;
	event_del(m->timer);
	/* While the opener may hold the stream open, or a link has something to say, it is not let go yet. */
	if (m->state == FINDING && !m->asked) {
		leave(m);
		return;
	}
	m->state = LEAVING;
	after_us(m->timer, GO_MS * 1000);
	server_end_stream(all->server, m->conf);
}

void palacios_forget(struct palacios *all, void *arg)
{
	for (size_t i = 0; all && i < all->n; i++)
		if (all->machine[i].done && all->machine[i].arg == arg)
			all->machine[i].done = NULL;
}

const char *palacios_attach(struct palacios *all, const char *name)
{
	struct machine *m = find(all, name);

	if (!m)
		return NO_MACHINE;
	if (m->state == LEAVING)
		return "it is being detached: try again";
	if (m->state != DETACHED)
		return NULL;
	m->state = FINDING;
	m->missed = m->again = false;
	after_us(m->timer, 0);
	return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

bool palacios_wanted(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->palacios[0])
			return true;
	return false;
}

static bool init_machine(struct palacios *all, struct machine *m, const struct conf_vm *conf, uint32_t index)
{
	m->all = all;
	m->conf = conf;
	m->index = index;
	m->stream = m->pair = -1;
	m->again_ms = AGAIN_MS;
	m->timer = evtimer_new(all->base, on_timer, m);
	m->retry = evtimer_new(all->base, on_retry, m);
	if (!m->timer || !m->retry)
		return false;
	after_us(m->timer, 0);
	return true;
}

struct palacios *palacios_new(struct event_base *base, struct server *server, const struct conf *conf, int opener)
{
	struct palacios *all = calloc(1, sizeof(*all));
	uint32_t index = 0;

	if (!all)
		return NULL;
	*all = (struct palacios){.base = base, .server = server, .conf = conf, .opener = opener};
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		all->n += vm->palacios[0] != '\0';
	all->machine = calloc(all->n ? all->n : 1, sizeof(*all->machine));
	all->answered = event_new(base, opener, EV_READ | EV_PERSIST, on_answered, all);
	if (!all->machine || !all->answered || event_add(all->answered, NULL)) {
		all->n = 0;
		palacios_free(all);
		return NULL;
	}
	all->n = 0;
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next, index++) {
		if (!vm->palacios[0])
			continue;
		if (!init_machine(all, &all->machine[all->n++], vm, index)) {
			palacios_free(all);
			return NULL;
		}
	}
	return all;
}

/* Write the server's last messages.  Returns false if the stream is full: try again. */
static bool finish(struct machine *m)
{
	for (;;) {
		ssize_t n = 0;

		while (m->out_from < m->out_to && n >= 0) {
			n = write(m->stream, m->out + m->out_from, m->out_to - m->out_from);
			if (n > 0)
				m->out_from += (size_t)n;
		}
		if (n < 0)
			return !would_block(n);
		n = recv(m->pair, m->out, sizeof(m->out), MSG_DONTWAIT);
		if (n <= 0)
			return true;
		m->out_from = 0;
		m->out_to = (size_t)n;
	}
}

static void free_machine(struct machine *m, uint32_t *left_ms)
{
	while (m->pair >= 0 && m->stream >= 0 && *left_ms && !finish(m)) {
		nanosleep(&(struct timespec){0, 1000000}, NULL);
		--*left_ms;
	}
	if (m->retry)
		close_pair(m);
	close_stream(m);
	drop_event(&m->timer);
	drop_event(&m->retry);
}

void palacios_free(struct palacios *all)
{
	uint32_t left_ms = END_MS;

	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++)
		free_machine(&all->machine[i], &left_ms);
	drop_event(&all->answered);
	close(all->opener);
	free(all->machine);
	free(all);
}
