/* SPDX-License-Identifier: BSD-2-Clause */
/* net_ask.c - send requests to the network helper and wait for its answers. */
#include "net/net_ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pass_fd.h"

#define PATIENCE_MS 2000 /* hostd serves all VMs from one thread; making a namespace takes a few milliseconds */

static int helper = -1;
static uint32_t last_number;

void net_ask_use(int fd)
{
	helper = fd;
}

/* Receive one answer; *fd is the descriptor attached to it, or -1.  Returns false if there is none, or no helper. */
static bool take_answer(struct net_answer *a, int *fd)
{
	if (pass_fd_receive_one(helper, a, sizeof(*a), fd) != (ssize_t)sizeof(*a))
		return false;
	a->words[sizeof(a->words) - 1] = '\0';
	return true;
}

/*
 * Wait for the answer to request number, skipping older answers.  Returns the answer's errno, or why there is no
 * answer; *fd is the answer's descriptor, or -1.
 */
static int await(uint32_t number, struct net_answer *a, int *fd)
{
	int64_t end = clock_ms() + PATIENCE_MS, left;

	for (;;) {
		struct pollfd p = {.fd = helper, .events = POLLIN};

		left = end - clock_ms();
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

int net_ask(struct net_request *req, struct net_answer *answer, int *fd)
{
	int error = EPIPE;

	*answer = (struct net_answer){.error = 0};
	*fd = -1;
	req->number = ++last_number;
	if (send(helper, req, sizeof(*req), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*req))
		error = await(req->number, answer, fd);
	return !error && req->op != NET_REMOVE && *fd < 0 ? EPROTO : error;
}
