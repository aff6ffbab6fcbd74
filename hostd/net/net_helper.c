/* SPDX-License-Identifier: BSD-2-Clause */
/* net_helper.c - the network helper: it makes namespaces for `source = guest` and taps for frames. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net_helper.h"
#include "net/netns.h"
#include "pass_fd.h"
#include "net/tap.h"
#include "net/udp.h"

#define NAMESPACES_MAX 1024 /* one for each possible VM */

static struct {
	uint32_t id;
	int ns; /* -1: free */
	struct netns_spec spec;
} table[NAMESPACES_MAX];

static int find(uint32_t id)
{
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns >= 0 && table[i].id == id)
			return i;
	return -1;
}

static int find_free(void)
{
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns < 0)
			return i;
	return -1;
}

/*
 * May hostd have a namespace like that?  hostd may be under an attacker's control, so check the request against the
 * VM's section.  If allowed, fill *spec.
 */
static bool is_allowed(const struct net_sections *sections, const struct net_request *req, struct netns_spec *spec)
{
	struct net_section section;

	if (!sections->find(sections->arg, req->section, req->mac, &section) || !section.namespaces ||
	    !udp_allowed(req->address))
		return false;
	memcpy(spec->ifname, section.ifname, sizeof(spec->ifname));
	memcpy(spec->mac, req->mac, 6);
	memcpy(spec->address, req->address, 4);
	memcpy(spec->netmask, req->netmask, 4);
	memcpy(spec->router, req->router, 4);
	return true;
}

/* Returns a socket in the namespace of req->id, which is made first if there is none; or -1 with *a filled in. */
static int get_socket(const struct net_sections *sections, const struct net_request *req, struct net_answer *a)
{
	int at = find(req->id), fd;
	struct netns_spec spec;

	a->error = EINVAL;
	if (req->type != SOCK_DGRAM && req->type != SOCK_STREAM)
		return -1;
	a->error = EPERM;
	if (!is_allowed(sections, req, &spec))
		return -1;
	if (at < 0) {
		at = find_free();
		a->error = EMFILE;
		if (at < 0)
			return -1;
		table[at].ns = netns_make(&spec, a->words, sizeof(a->words));
		table[at].id = req->id;
		table[at].spec = spec;
		a->error = errno;
		if (table[at].ns < 0)
			return -1;
	}
	fd = netns_socket(table[at].ns, req->type);
	a->error = fd < 0 ? errno : 0;
	return fd;
}

/*
 * Remove the namespace of that id.  When this returns, nothing uses its address any more.  A child does the rest, which
 * is slow, so that hostd need not wait for it.
 */
static void remove_id(uint32_t id)
{
	int at = find(id);
	pid_t pid;

	if (at < 0)
		return;
	netns_silence(table[at].ns, &table[at].spec);
	pid = fork();
	if (pid <= 0)
		netns_remove(table[at].ns);
	else
		close(table[at].ns);
	if (!pid)
		_exit(0);
	table[at].ns = -1;
}

/* Returns a tap, or -1 with *a filled in. */
static int get_tap(const struct net_sections *sections, const struct net_request *req, int taps, struct net_answer *a)
{
	struct net_section section;
	int fd;

	a->error = EPERM;
	if (!sections->find(sections->arg, req->section, req->mac, &section) || !section.taps)
		return -1;
	a->error = EOPNOTSUPP;
	if (taps < 0)
		return -1;
	fd = tap_make(taps, section.ifname, req->mac, a->words, sizeof(a->words));
	a->error = fd < 0 ? errno : 0;
	return fd;
}

/* Carry out one request.  Returns the answer's descriptor, or -1 with *a filled in. */
static int serve(const struct net_sections *sections, const struct net_request *req, int taps, struct net_answer *a)
{
	switch (req->op) {
	case NET_SOCKET:
		return get_socket(sections, req, a);
	case NET_TAP:
		return get_tap(sections, req, taps, a);
	case NET_REMOVE:
		remove_id(req->id);
		return -1;
	default:
		a->error = EINVAL;
		return -1;
	}
}

void net_helper_serve(const struct net_sections *sections, int fd, int taps)
{
	struct net_request req;
	bool there = true;

	for (int i = 0; i < NAMESPACES_MAX; i++)
		table[i].ns = -1;
	signal(SIGCHLD, SIG_IGN); /* nothing waits for remove_id()'s children */
	while (there && recv(fd, &req, sizeof(req), 0) == (ssize_t)sizeof(req)) {
		struct net_answer a = {.number = req.number};
		int got = serve(sections, &req, taps, &a);

		there = pass_fd(fd, &a, sizeof(a), got);
		if (got >= 0)
			close(got);
	}
	/* hostd has ended, perhaps without a NET_REMOVE: take every guest's address off the network. */
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns >= 0)
			netns_silence(table[i].ns, &table[i].spec);
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns >= 0)
			netns_remove(table[i].ns);
}
