/* SPDX-License-Identifier: BSD-2-Clause */
/* net_helper.c - the process that makes network namespaces for `source = guest`, and sockets in them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "isolate.h"
#include "net_helper.h"
#include "pass_fd.h"
#include "udp.h"

#define NAMESPACES_MAX 1024 /* as many as there may be VMs */

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

/* May hostd, who may be somebody else by now, have that? */
static bool is_allowed(const struct conf *conf, const struct net_request *req, struct netns_spec *spec)
{
	const struct conf_vm *vm = conf->vms;

	for (uint32_t i = 0; vm && i < req->section; i++)
		vm = vm->next;
	if (!vm || !vm->source_guest || !vm->ifname[0] || !conf_vm_allows_mac(vm, req->mac) ||
	    !udp_allowed(req->address))
		return false;
	memcpy(spec->ifname, vm->ifname, sizeof(spec->ifname));
	memcpy(spec->mac, req->mac, 6);
	memcpy(spec->address, req->address, 4);
	memcpy(spec->netmask, req->netmask, 4);
	memcpy(spec->router, req->router, 4);
	return true;
}

/* A socket, or -1 with the answer filled in. */
static int get_socket(const struct conf *conf, const struct net_request *req, struct net_answer *a)
{
	int at = find(req->id), fd;
	struct netns_spec spec;

	a->error = EINVAL;
	if (req->type != SOCK_DGRAM && req->type != SOCK_STREAM)
		return -1;
	a->error = EPERM;
	if (!is_allowed(conf, req, &spec))
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

/* Nothing speaks with the address when this returns.  For what is left hostd is not to wait: a child does that. */
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

static bool answer(int to, const struct net_answer *a, int fd)
{
	return pass_fd(to, a, sizeof(*a), fd);
}

void net_helper_serve(const struct conf *conf, int fd)
{
	struct net_request req;
	bool there = true;

	for (int i = 0; i < NAMESPACES_MAX; i++)
		table[i].ns = -1;
	signal(SIGCHLD, SIG_IGN); /* remove_id()'s children are nobody's */
	while (there && recv(fd, &req, sizeof(req), 0) == (ssize_t)sizeof(req)) {
		struct net_answer a = {.number = req.number};
		int got = -1;

		if (req.op == NET_SOCKET)
			got = get_socket(conf, &req, &a);
		else
			remove_id(req.id);
		there = answer(fd, &a, got);
		if (got >= 0)
			close(got);
	}
	/* hostd is gone, perhaps without a word: nothing of a guest's stays on its network. */
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns >= 0)
			netns_silence(table[i].ns, &table[i].spec);
	for (int i = 0; i < NAMESPACES_MAX; i++)
		if (table[i].ns >= 0)
			netns_remove(table[i].ns);
}

bool net_helper_wanted(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->source_guest)
			return true;
	return false;
}

/* In the process: keep two rights and a socket. */
static _Noreturn void become_helper(const struct conf *conf, const char *user, int fd)
{
	char why[256];

	/* Whoever waits for hostd's descriptors to be closed is not to wait for this process. */
	dup2(fd, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0u, 0);
	signal(SIGINT, SIG_IGN); /* hostd gets it as well, and its end is ours */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "pvboot-source");
	if (!netns_start() || !isolate_namespaces(user, why, sizeof(why)))
		_exit(1); /* hostd hears of it when it first asks */
	net_helper_serve(conf, STDERR_FILENO + 1);
	_exit(0);
}

int net_helper_start(const struct conf *conf, const char *user, char *why, size_t room)
{
	int ends[2];
	pid_t pid;

	if (!isolate_may_make_namespaces()) {
		snprintf(why, room,
			 "source = guest needs CAP_NET_ADMIN and CAP_SYS_ADMIN at the start: start hostd as root, or "
			 "leave "
			 "it out");
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		snprintf(why, room, "cannot start what makes namespaces: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		become_helper(conf, user, ends[1]);
	close(ends[1]);
	if (pid > 0)
		return ends[0];
	snprintf(why, room, "cannot start what makes namespaces: %s", strerror(errno));
	close(ends[0]);
	return -1;
}
