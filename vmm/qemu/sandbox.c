/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.c - shedding privilege.
 *
 * Theory of operation
 * ===================
 * A guest that takes over its pvboot-device must gain nothing by it but the other end of the link to hostd.  Two
 * processes make that possible; both start with the rights of whoever started the VM.
 *
 * Phase 1, start-up (main.c), before anything of the guest is read
 *   Should: read the command line; look up --user; check the socket to QEMU.
 *   Mustn't: read from that socket, create files.
 *
 * Phase 2, the process that connects to hostd (dial.c)
 *   Keeps the user, because hostd judges by the peer's credentials, the file system, because the socket's directory may
 *   be removed and made again when hostd is upgraded, and of root's capabilities CAP_DAC_OVERRIDE, because root without
 *   it may lack the right to connect.  It is forked before any guest memory is mapped, closes every other descriptor,
 *   and reads nothing but one byte per connection asked for.
 *   Should: be asked, make a Unix socket, connect it, pass it on; behind vhost-user also connect to and remove the
 *   socket that QEMU connects to, and remove the file of keep.h.
 *   Mustn't: anything else; seccomp kills it.
 *
 * Phase 3, the process that faces the guest
 *   If started by root: an empty file system in a mount namespace of its own as root directory, then another user.
 *   No capabilities, no new privileges, no core dump of guest memory, no ptrace by others of the same user.
 *   Should: talk on the descriptors it has and on those that QEMU and the other process pass; map guest memory;
 *   read files that hostd passes.
 *   Mustn't: open, make or find files, make sockets, start programs or threads, map executable memory; seccomp kills
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cap-ng.h>

#include "sandbox.h"

#define ANY_FILE 0xffffffffu

bool sandbox_find_user(const char *name, struct sandbox_user *user)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw)
		return false;
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	return true;
}

/* ---- seccomp --------------------------------------------------------------------------------------------------- */

static bool allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0))
			return false;
	}
	return true;
}

/* What every C program does that only runs and ends. */
static const int basic_calls[] = {
	SCMP_SYS(read),		SCMP_SYS(write),	   SCMP_SYS(close),  SCMP_SYS(exit),   SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(brk),    SCMP_SYS(munmap), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),	SCMP_SYS(sendmsg),	   SCMP_SYS(sendto),
};

static const int device_calls[] = {
	/* libevent, and loop.c */
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(sched_yield),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	/* QEMU's connection, where it is to come, and QEMU's end */
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(pidfd_open),
	/* files and guest memory */
	SCMP_SYS(pread64),
	SCMP_SYS(splice),
	SCMP_SYS(fstat),
	SCMP_SYS(madvise),
	/* the end of the other process */
	SCMP_SYS(wait4),
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static scmp_filter_ctx new_filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);

	/* a binary tree: the filter runs at each register access */
	if (ctx &&
	    (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) || !allow(ctx, basic_calls, COUNT(basic_calls)))) {
		seccomp_release(ctx);
		ctx = NULL;
	}
	return ctx;
}

static bool filter_device(void)
{
	scmp_filter_ctx ctx = new_filter();
	bool good;

	if (!ctx)
		return false;
	good = allow(ctx, device_calls, COUNT(device_calls));
	/* memory, but never code */
	good = good &&
	       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	good = good && !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 0);
	/* how a descriptor was opened; fstat() as the C library spells it */
	good = good && !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0));
	good = good &&
	       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH, 0));
	good = good && !seccomp_load(ctx);
	seccomp_release(ctx);
	return good;
}

static const int name_calls[] = {
	SCMP_SYS(unlink),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
};

static bool filter_dial(bool names)
{
	scmp_filter_ctx ctx = new_filter();
	bool good;

	if (!ctx)
		return false;
	good = !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)) &&
	       !seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0) &&
	       (!names || allow(ctx, name_calls, COUNT(name_calls))) && !seccomp_load(ctx);
	seccomp_release(ctx);
	return good;
}

/* ---- the rest -------------------------------------------------------------------------------------------------- */

static bool drop_capabilities(bool keep_override)
{
	bool had = capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE);

	capng_clear(CAPNG_SELECT_BOTH);
	if (keep_override && had && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE))
		return false;
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

/* An empty, read-only root directory.  Without the right to make one (in a container) seccomp alone has to do. */
static bool leave_file_system(void)
{
	if (unshare(CLONE_NEWNS))
		return errno == EPERM;
	/* In a chroot "/" is no mount point: then it is enough that what lies over /proc stays ours. */
	return (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
		(errno == EINVAL && mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) == 0)) &&
	       mount("none", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "size=4k,mode=0555") ==
		       0 &&
	       chdir("/proc") == 0 && chroot(".") == 0;
}

static bool become(const struct sandbox_user *user)
{
	return setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
	       setresuid(user->uid, user->uid, user->uid) == 0;
}

static bool no_new_privileges(void)
{
	const struct rlimit none = {0, 0};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       setrlimit(RLIMIT_CORE, &none) == 0;
}

void sandbox_dial(bool names)
{
	if (!drop_capabilities(true) || !no_new_privileges() || !filter_dial(names))
		_exit(1);
}

const char *sandbox_device(const struct sandbox_user *user)
{
	bool root = geteuid() == 0;

	if (root && !leave_file_system())
		return "an empty file system as root directory was refused";
	if (root && !become(user))
		return "changing to another user was refused";
	if (!drop_capabilities(false))
		return "dropping capabilities was refused";
	if (!no_new_privileges() || !filter_device())
		return "a seccomp filter was refused";
	return NULL;
}
