/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * isolate.c - shedding privilege, in named phases.
 *
 * Theory of operation.  hostd faces the network (DHCP and TFTP servers, anybody who can send to its sockets) and the
 * processes that face guests.  Whoever takes it over should find an unprivileged user that can do what hostd does, and
 * no more.  Three phases, each one a function called once from main():
 *
 * 1. isolate_start(): at exec.
 *    Should: begin in a known state whoever started us: a safe umask, standard descriptors that are there,
 * no_new_privs. Mustn't: touch any file; drop what reading the configuration and binding the socket need.
 *
 * 2. isolate_user(): the configuration is read, the socket is bound, root directories and the pid file are open.
 *    Should: if root, become the configured user and its groups: by default a user of hostd's own, so that no other
 *    daemon can read its memory or its cache.  Keep CAP_NET_RAW where a VM is served from an
 *    interface, because AF_PACKET sockets are opened at each DHCP exchange, and nothing else; empty the bounding set.
 *    Mustn't: keep CAP_NET_ADMIN, CAP_NET_BIND_SERVICE (no port below 1024 is bound: DHCP's are seen through AF_PACKET)
 *    or any right over files; fail where there is nothing to shed.
 *
 * 3. isolate_final(): before the loop runs.
 *    Should: refuse, by seccomp, what hostd never does and an intruder wants first: other programs, other processes'
 *    memory, mounts, modules, keys, new namespaces; and what would make a guest's tap outlive hostd.
 *    Mustn't: refuse what is needed while hot: sockets of AF_INET, AF_PACKET, AF_UNIX and AF_NETLINK, memfd_create,
 *    openat2 below a root, the reopening of /proc/self/fd/N, syslog's reconnection.
 *
 * The network helper (net_process.c) goes through one phase of its own instead of 2 and 3:
 * isolate_network().
 *    Should: keep CAP_NET_ADMIN, and refuse by seccomp what phase 3 does.  Where it may have to make namespaces, keep
 *    CAP_SYS_ADMIN as well, and refuse neither unshare nor setns.
 *    Mustn't: read anything but hostd's requests, each of one size and checked against the configuration.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "isolate.h"

#include "std_fds.h"

const char *isolate_default_user(void)
{
	return getpwnam(ISOLATE_USER) ? ISOLATE_USER : ISOLATE_USER_ELSE;
}

void isolate_start(void)
{
	umask(077);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	std_fds_open();
}

/* Without any of these a process has nothing to shed. */
static bool has_privilege(void)
{
	return geteuid() == 0 || capng_have_capabilities(CAPNG_SELECT_BOTH) > CAPNG_NONE;
}

/* Become user ("": stay who we are) and keep the capabilities whose bits are set, as far as they are there. */
static bool shed(const char *user, uint64_t keep, char *err, size_t err_len)
{
	const struct passwd *pw = *user ? getpwnam(user) : NULL;
	bool bounding;
	int error;

	if (*user && !pw) {
		snprintf(err, err_len, "there is no user \"%s\"", user);
		return false;
	}
	capng_get_caps_process();
	if (!has_privilege())
		return true;
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (keep >> cap & 1 && !capng_have_capability(CAPNG_EFFECTIVE, cap))
			keep &= ~(UINT64_C(1) << cap);
	/* Only who may set capabilities may empty the bounding set. */
	bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (keep >> cap & 1)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, cap);
	if (geteuid() == 0 && pw && pw->pw_uid != 0)
		error = capng_change_id((int)pw->pw_uid, (int)pw->pw_gid,
					CAPNG_INIT_SUPP_GRP | (bounding ? CAPNG_CLEAR_BOUNDING : 0));
	else
		error = capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
	if (!error)
		return true;
	snprintf(err, err_len, "cannot shed privilege (libcap-ng: %d): start hostd as root or as a plain user", error);
	return false;
}

bool isolate_user(const char *user, bool packets, char *err, size_t err_len)
{
	/* Where the capability is missing, DHCP will say so, in words, when a guest asks for it. */
	return shed(user, packets ? UINT64_C(1) << CAP_NET_RAW : 0, err, err_len);
}

/* Who has a tap may make it outlive hostd, or give it another's address: the kernel asks for no right. */
static int refuse_tap_changes(scmp_filter_ctx ctx)
{
	static const unsigned int refused[] = {TUNSETPERSIST, SIOCSIFHWADDR};
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(refused) / sizeof(refused[0]); i++)
		error = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, refused[i]));
	return error;
}

/* What every process of hostd's is refused; and, first, what only the maker of namespaces needs. */
#define NAMESPACE_CALLS 2

static bool load_filter(size_t first, char *err, size_t err_len)
{
	static const int refused[] = {
		SCMP_SYS(unshare),
		SCMP_SYS(setns),
		SCMP_SYS(execve),
		SCMP_SYS(execveat),
		SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(kcmp),
		SCMP_SYS(mount),
		SCMP_SYS(umount2),
		SCMP_SYS(pivot_root),
		SCMP_SYS(chroot),
		SCMP_SYS(init_module),
		SCMP_SYS(finit_module),
		SCMP_SYS(delete_module),
		SCMP_SYS(kexec_load),
		SCMP_SYS(kexec_file_load),
		SCMP_SYS(bpf),
		SCMP_SYS(perf_event_open),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(keyctl),
		SCMP_SYS(add_key),
		SCMP_SYS(request_key),
		SCMP_SYS(open_by_handle_at),
		SCMP_SYS(io_uring_setup),
		SCMP_SYS(pidfd_getfd),
	};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int error = ctx ? 0 : -ENOMEM;

	for (size_t i = first; !error && i < sizeof(refused) / sizeof(refused[0]); i++)
		error = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	if (!error)
		error = refuse_tap_changes(ctx);
	if (!error)
		error = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (!error)
		return true;
	snprintf(err, err_len, "cannot load the seccomp filter: %s", strerror(-error));
	return false;
}

bool isolate_final(char *err, size_t err_len)
{
	return load_filter(0, err, err_len);
}

bool isolate_may_administer(bool namespaces)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) &&
	       (!namespaces || capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN));
}

bool isolate_network(const char *user, bool namespaces, char *err, size_t err_len)
{
	const uint64_t keep = UINT64_C(1) << CAP_NET_ADMIN | (namespaces ? UINT64_C(1) << CAP_SYS_ADMIN : 0);

	return shed(user, keep, err, err_len) && load_filter(namespaces ? NAMESPACE_CALLS : 0, err, err_len);
}
