/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pass_fd.c - descriptors that come along with bytes. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "pass_fd.h"

static int pair[2];

static int set_up(void **state)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int tear_down(void **state)
{
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void test_pass_fd_and_bytes(void **state)
{
	struct stat sent, got;
	char buf[8];
	int fd;

	assert_true(pass_fd(pair[0], "abc", 3, pair[1]));
	assert_int_equal(pass_fd_receive_one(pair[1], buf, sizeof(buf), &fd), 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &got) | fstat(pair[1], &sent), 0);
	assert_int_equal(got.st_ino, sent.st_ino);
	close(fd);

	assert_true(pass_fd(pair[0], "d", 1, -1));
	assert_int_equal(pass_fd_receive_one(pair[1], buf, sizeof(buf), &fd), 1);
	assert_int_equal(fd, -1);
	assert_int_equal(pass_fd_receive_one(pair[1], buf, sizeof(buf), &fd), -1); /* it does not wait */
}

/* What does not fit is closed: the lowest free descriptor is the same as before. */
static void test_pass_fd_too_many(void **state)
{
	int fds[2], free_before = dup(pair[0]), free_after;
	unsigned int n = 2;
	bool all_fit;
	char c;

	close(free_before);
	assert_true(pass_fd(pair[0], "x", 1, pair[0]));
	assert_int_equal(pass_fd_receive(pair[1], &c, 1, fds, &n, 2, &all_fit), 1);
	assert_false(all_fit);
	assert_int_equal(n, 2);
	free_after = dup(pair[0]);
	close(free_after);
	assert_int_equal(free_after, free_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pass_fd_and_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pass_fd_too_many, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
