/* SPDX-License-Identifier: BSD-2-Clause */
/* source_guest.c - sources that speak with a guest's MAC and leased address. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "source_guest.h"

#define PATIENCE_MS 2000 /* hostd serves everybody from one thread; a namespace takes a few milliseconds */

struct guest {
	char vm[PVBOOT_LINK_NAME_MAX];
	bool made;
	struct source_request req; /* as it is asked each time, but for number, op and type */
};

static int helper = -1;
static uint32_t last_number, last_id;

void source_guest_helper(int fd)
{
	helper = fd;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Take one answer and the descriptor that comes with it, or -1.  False: there is none, or no helper. */
static bool take_answer(struct source_answer *a, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {a, sizeof(*a)};
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *cmsg;

	*fd = -1;
	if (recvmsg(helper, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*a))
		return false;
	cmsg = CMSG_FIRSTHDR(&mh);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(cmsg), sizeof(int));
	a->words[sizeof(a->words) - 1] = '\0';
	return true;
}

/* The answer to that number, passing over older ones.  Its error (or why there is none); *fd is a descriptor or -1. */
static int await(uint32_t number, struct source_answer *a, int *fd)
{
	int64_t end = now_ms() + PATIENCE_MS, left;

	for (;;) {
		struct pollfd p = {.fd = helper, .events = POLLIN};

		left = end - now_ms();
		if (left <= 0)
			return ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (!take_answer(a, fd))
			return EPIPE;
		if (a->number == number)
			return a->error;
		if (*fd >= 0)
			close(*fd);
	}
}

/* 0, or an errno. */
static int ask(struct guest *g, enum source_op op, int type, int *fd)
{
	struct source_answer a = {.error = 0};
	int error;

	g->req.number = ++last_number;
	g->req.op = op;
	g->req.type = type;
	*fd = -1;
	if (send(helper, &g->req, sizeof(g->req), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(g->req))
		error = EPIPE;
	else
		error = await(g->req.number, &a, fd);
	if (!error && op == SOURCE_SOCKET && *fd < 0)
		error = EPROTO;
	if (error)
		log_msg(LOG_ERR, g->vm, "source = guest: %s%s%s", a.words[0] ? a.words : strerror(error),
			error == EPIPE ? ": the process that makes namespaces has ended: restart hostd" : "",
			op == SOURCE_REMOVE ? ": its namespace may be there still" : "");
	return error;
}

static int guest_socket(void *arg, int type)
{
	struct guest *g = arg;
	int fd, error = ask(g, SOURCE_SOCKET, type, &fd);

	if (!error && !g->made)
		log_msg(LOG_INFO, g->vm, "fetching with the guest's own address, %u.%u.%u.%u", g->req.address[0],
			g->req.address[1], g->req.address[2], g->req.address[3]);
	g->made |= !error || error == ETIMEDOUT;
	if (!error)
		return fd;
	errno = error;
	return -1;
}

static void guest_close(void *arg)
{
	struct guest *g = arg;
	int fd;

	if (g->made && !ask(g, SOURCE_REMOVE, 0, &fd))
		log_msg(LOG_DEBUG, g->vm, "the guest's address is its own again");
	g->made = false;
}

static const struct source_ops ops = {
	.socket = guest_socket,
	.close = guest_close,
	.free = free,
};

struct source *source_guest(const char *vm, uint32_t section, const uint8_t mac[6], const struct pvboot_lease *lease)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct source *source;

	if (!g)
		return NULL;
	snprintf(g->vm, sizeof(g->vm), "%s", vm);
	g->req.id = ++last_id;
	g->req.section = section;
	memcpy(g->req.mac, mac, 6);
	memcpy(g->req.address, lease->address, 4);
	memcpy(g->req.netmask, lease->netmask, 4);
	memcpy(g->req.router, lease->router, 4);
	source = source_new(&ops, g);
	if (!source)
		free(g);
	return source;
}
