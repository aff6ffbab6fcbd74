/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/isolate.c: what its processes are refused for good.  What rights they keep is in tests/boot. */
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "isolate.h"

/* An ioctl that gets through finds no such descriptor. */
static int tap_change(unsigned long what)
{
	return ioctl(-1, what, 0) ? errno : 0;
}

static int ioctls(void)
{
	return (tap_change(TUNSETPERSIST) != EPERM) | (tap_change(SIOCSIFHWADDR) != EPERM) << 1 |
	       (tap_change(TUNGETIFF) != EBADF) << 2 | (tap_change(UINT64_C(1) << 32 | TUNSETPERSIST) != EPERM) << 3;
}

/* unshare() of nothing is allowed to everybody. */
static int namespaces(bool may)
{
	return (!unshare(0) != may) << 4;
}

/* What a child that goes through that phase finds: 0, or a bit for each thing that is not as it should be. */
static int in_child(int (*phase)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(phase());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int as_hostd(void)
{
	char why[256];

	return isolate_final(why, sizeof(why)) ? ioctls() | namespaces(false) : 128;
}

static int as_maker_of_taps(void)
{
	char why[256];

	return isolate_network("", false, why, sizeof(why)) ? ioctls() | namespaces(false) : 128;
}

static int as_maker_of_namespaces(void)
{
	char why[256];

	return isolate_network("", true, why, sizeof(why)) ? ioctls() | namespaces(true) : 128;
}

static void test_hostd(void **state)
{
	assert_int_equal(in_child(as_hostd), 0);
}

static void test_helper(void **state)
{
	assert_int_equal(in_child(as_maker_of_taps), 0);
	assert_int_equal(in_child(as_maker_of_namespaces), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostd),
		cmocka_unit_test(test_helper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
