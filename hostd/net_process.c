/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_process.c - starting the network helper, and what the configuration allows it.
 *
 * System calls: socketpair, fork; in the process fcntl, dup2, close_range, prctl, those of net_helper.c and isolate.c.
 */
#include "net_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "isolate.h"
#include "net/net_helper.h"
#include "net/netns.h"
#include "net/tap.h"

#define ASK_FD (STDERR_FILENO + 1)
#define TAPS_FD (STDERR_FILENO + 2)

static bool has_frames(const struct conf_vm *vm)
{
	return vm->ifname[0] && vm->frames != CONF_FRAMES_OFF;
}

/* As struct net_sections has it; arg is the configuration. */
static bool find_section(const void *arg, uint32_t section, const uint8_t mac[6], struct net_section *out)
{
	const struct conf *conf = arg;
	const struct conf_vm *vm = conf->vms;

	for (uint32_t i = 0; vm && i < section; i++)
		vm = vm->next;
	if (!vm || !vm->ifname[0] || !conf_vm_allows_mac(vm, mac))
		return false;
	*out = (struct net_section){.namespaces = vm->source_guest, .taps = has_frames(vm)};
	memcpy(out->ifname, vm->ifname, sizeof(out->ifname));
	return true;
}

void net_process_serve(const struct conf *conf, int fd, int taps)
{
	const struct net_sections sections = {.find = find_section, .arg = conf};

	net_helper_serve(&sections, fd, taps);
}

bool net_process_wants_namespaces(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->source_guest)
			return true;
	return false;
}

bool net_process_wants_taps(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (has_frames(vm))
			return true;
	return false;
}

/* In the process: keep one right or two, and what it needs to answer. */
static _Noreturn void become_helper(const struct conf *conf, const char *user, int fd, int taps)
{
	bool namespaces = net_process_wants_namespaces(conf);
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
	net_process_serve(conf, ASK_FD, taps);
	_exit(0);
}

bool net_process_may_start(const struct conf *conf, char *err, size_t err_len)
{
	if (!net_process_wants_namespaces(conf) || isolate_may_administer(true))
		return true;
	snprintf(err, err_len,
		 "source = guest needs CAP_NET_ADMIN and CAP_SYS_ADMIN at the start: start hostd as root, or leave it "
		 "out");
	return false;
}

int net_process_start(const struct conf *conf, const char *user, int taps, char *err, size_t err_len)
{
	int ends[2];
	pid_t pid;

	if (!net_process_may_start(conf, err, err_len))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		snprintf(err, err_len, "cannot start what administers networks: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		become_helper(conf, user, ends[1], taps);
	close(ends[1]);
	if (pid > 0)
		return ends[0];
	snprintf(err, err_len, "cannot start what administers networks: %s", strerror(errno));
	close(ends[0]);
	return -1;
}

int net_process_start_taps(const char *user, char *err, size_t err_len)
{
	if (isolate_may_administer(false))
		return tap_start(user, err, err_len);
	snprintf(err, err_len,
		 "hostd was started without CAP_NET_ADMIN: start it as root, or let its container have that right");
	return -1;
}
