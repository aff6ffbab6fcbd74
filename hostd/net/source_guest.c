/* SPDX-License-Identifier: BSD-2-Clause */
/* source_guest.c - sources that use a guest's MAC address and leased address. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "log.h"
#include "net/net_ask.h"
#include "net/source_guest.h"

struct guest {
	char vm[PVBOOT_LINK_NAME_MAX];
	bool made;
	struct net_request req; /* the request each time, except for number, op and type */
};

static uint32_t last_id;

/* Send one request to the helper and log its failure.  Returns 0 or an errno. */
static int ask(struct guest *g, enum net_op op, int type, int *fd)
{
	struct net_answer a;
	int error;

	g->req.op = op;
	g->req.type = type;
	error = net_ask(&g->req, &a, fd);
	if (error)
		log_msg(LOG_ERR, g->vm, "source = guest: %s%s%s", a.words[0] ? a.words : strerror(error),
			error == EPIPE ? ": the process that makes namespaces has ended: restart hostd" : "",
			op == NET_REMOVE ? ": its namespace may be there still" : "");
	return error;
}

static int guest_socket(void *arg, int type)
{
	struct guest *g = arg;
	int fd, error = ask(g, NET_SOCKET, type, &fd);

	if (!error && !g->made)
		log_msg(LOG_INFO, g->vm, "fetching with the guest's own address, %s", addr_text(g->req.address));
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

	if (g->made && !ask(g, NET_REMOVE, 0, &fd))
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
