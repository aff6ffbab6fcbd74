/* SPDX-License-Identifier: BSD-2-Clause */
/* net_helper.c - the process that administers networks: namespaces for `source = guest`, taps for frames. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "isolate.h"
#include "net/net_helper.h"
#include "base/pass_fd.h"
#include "net/tap.h"
#include "net/udp.h"

#define NAMESPACES_MAX 1024 /* as many as there may be VMs */
#define ASK_FD (STDERR_FILENO + 1)
#define TAPS_FD (STDERR_FILENO + 2)

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

/* The section that a request names, if it allows that MAC; NULL: it does not, or there is none. */
static const struct conf_vm *find_section(const struct conf *conf, const struct net_request *req)
{
	const struct conf_vm *vm = conf->vms;

	for (uint32_t i = 0; vm && i < req->section; i++)
		vm = vm->next;
	return vm && vm->ifname[0] && conf_vm_allows_mac(vm, req->mac) ? vm : NULL;
}

static bool has_frames(const struct conf_vm *vm)
{
	return vm->ifname[0] && vm->frames != CONF_FRAMES_OFF;
}

/* May hostd, who may be somebody else by now, have a namespace like that? */
static bool is_allowed(const struct conf *conf, const struct net_request *req, struct netns_spec *spec)
{
	const struct conf_vm *vm = find_section(conf, req);

	if (!vm || !vm->source_guest || !udp_allowed(req->address))
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

/* A tap, or -1 with the answer filled in. */
static int get_tap(const struct conf *conf, const struct net_request *req, int taps, struct net_answer *a)
{
	const struct conf_vm *vm = find_section(conf, req);
	int fd;

	a->error = EPERM;
	if (!vm || !has_frames(vm))
		return -1;
	a->error = EOPNOTSUPP;
	if (taps < 0)
		return -1;
	fd = tap_make(taps, vm->ifname, req->mac, a->words, sizeof(a->words));
	a->error = fd < 0 ? errno : 0;
	return fd;
}

/* A descriptor, or -1 with the answer filled in. */
static int serve(const struct conf *conf, const struct net_request *req, int taps, struct net_answer *a)
{
	switch (req->op) {
	case NET_SOCKET:
		return get_socket(conf, req, a);
	case NET_TAP:
		return get_tap(conf, req, taps, a);
	case NET_REMOVE:
		remove_id(req->id);
		return -1;
	default:
		a->error = EINVAL;
		return -1;
	}
}

void net_helper_serve(const struct conf *conf, int fd, int taps)
{
	struct net_request req;
	bool there = true;

	for (int i = 0; i < NAMESPACES_MAX; i++)
		table[i].ns = -1;
	signal(SIGCHLD, SIG_IGN); /* remove_id()'s children are nobody's */
	while (there && recv(fd, &req, sizeof(req), 0) == (ssize_t)sizeof(req)) {
		struct net_answer a = {.number = req.number};
		int got = serve(conf, &req, taps, &a);

		there = pass_fd(fd, &a, sizeof(a), got);
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

bool net_helper_wants_namespaces(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->source_guest)
			return true;
	return false;
}

bool net_helper_wants_taps(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (has_frames(vm))
			return true;
	return false;
}

/* In the process: keep one right or two, and what it needs to answer. */
static _Noreturn void become_helper(const struct conf *conf, const char *user, int fd, int taps)
{
	bool namespaces = net_helper_wants_namespaces(conf);
	char why[256];

	/* Whoever waits for hostd's descriptors to be closed is not to wait for this process. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, TAPS_FD + 1);
	taps = taps < 0 ? -1 : fcntl(taps, F_DUPFD_CLOEXEC, TAPS_FD + 1);
	dup2(fd, ASK_FD);
	close(TAPS_FD);
	if (taps >= 0)
		taps = dup2(taps, TAPS_FD);
	close_range(TAPS_FD + 1, ~0u, 0);
	signal(SIGINT, SIG_IGN); /* hostd gets it as well, and its end is ours */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "pvboot-net");
	if ((namespaces && !netns_start()) || !isolate_network(user, namespaces, why, sizeof(why)))
		_exit(1); /* hostd hears of it when it first asks */
	net_helper_serve(conf, ASK_FD, taps);
	_exit(0);
}

bool net_helper_may_start(const struct conf *conf, char *why, size_t room)
{
	if (!net_helper_wants_namespaces(conf) || isolate_may_administer(true))
		return true;
	snprintf(why, room,
		 "source = guest needs CAP_NET_ADMIN and CAP_SYS_ADMIN at the start: start hostd as root, or leave it "
		 "out");
	return false;
}

int net_helper_start(const struct conf *conf, const char *user, int taps, char *why, size_t room)
{
	int ends[2];
	pid_t pid;

	if (!net_helper_may_start(conf, why, room))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		snprintf(why, room, "cannot start what administers networks: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		become_helper(conf, user, ends[1], taps);
	close(ends[1]);
	if (pid > 0)
		return ends[0];
	snprintf(why, room, "cannot start what administers networks: %s", strerror(errno));
	close(ends[0]);
	return -1;
}
