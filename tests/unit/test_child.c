/* SPDX-License-Identifier: BSD-2-Clause */
/* test_child.c - the processes that pvboot starts. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "child.h"

static const struct child_conf plain = {.keep_fd = -1, .stderr_fd = -1};

static bool start(struct child *child, const struct child_conf *conf, const char *script)
{
	struct argv argv = {0};
	bool started;

	argv_add(&argv, "/bin/sh");
	argv_add(&argv, "-c");
	argv_add(&argv, "%s", script);
	started = child_start(child, "sh", &argv, conf);
	argv_free(&argv);
	return started;
}

static int run(const struct child_conf *conf, const char *script)
{
	struct child child;

	assert_true(start(&child, conf, script));
	while (!child_ended(&child))
		assert_int_equal(child_wait(5000), SIGCHLD);
	return child_exit_status(&child);
}

static void test_program_missing_is_said_at_once(void **state)
{
	struct argv argv = {0};
	struct child child;

	argv_add(&argv, "/nonexistent/program");
	assert_false(child_start(&child, "none", &argv, &plain));
	assert_false(child.running);
	child_stop(&child, 10); /* nothing to stop: no signal goes anywhere */
	argv_free(&argv);
}

static void test_child_deaf_to_sigterm_is_killed(void **state)
{
	int ready[2];
	struct child child;
	struct child_conf conf = plain;
	char byte;
	long begin;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(dup2(ready[1], 9), 9);
	close(ready[1]);
	conf.keep_fd = 9;
	assert_true(start(&child, &conf, "trap '' TERM; echo >&9; while :; do sleep 0.05; done"));
	assert_int_equal(read(ready[0], &byte, 1), 1);
	begin = clock_ms();
	child_stop(&child, 100);
	assert_false(child.running);
	assert_int_equal(child_exit_status(&child), 128 + SIGKILL);
	assert_in_range(clock_ms() - begin, 90, 3000);
	close(ready[0]);
	close(9);
}

static void test_child_has_no_descriptor_but_its_own(void **state)
{
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC), own = dup3(other, 9, O_CLOEXEC);
	struct child_conf conf = {.keep_fd = own, .stderr_fd = -1};

	assert_int_equal(own, 9);
	assert_int_not_equal(other, 9);
	assert_int_equal(run(&conf, "test -e /dev/fd/9"), 0);
	assert_int_equal(run(&plain, "test -e /dev/fd/9"), 1);
	close(own);
	close(other);
}

static void test_child_reads_nothing_and_is_in_a_group_of_its_own(void **state)
{
	assert_int_equal(run(&plain, "read x"), 1);
	assert_int_equal(run(&plain, "test $(cut -d' ' -f5 </proc/$$/stat) = $$"), 0);
}

static void test_child_gets_signals_as_pvboot_got_them(void **state)
{
	/* pvboot blocks SIGTERM to wait for it: a child must not inherit that */
	assert_int_equal(run(&plain, "kill -TERM $$; exit 3"), 128 + SIGTERM);
}

static void test_exit_status_is_passed_on(void **state)
{
	assert_int_equal(run(&plain, "exit 33"), 33);
	assert_int_equal(run(&plain, "kill -SEGV $$"), 128 + SIGSEGV);
}

static void test_wait_ends_after_its_time(void **state)
{
	/* A child that had ended before anybody asked left its SIGCHLD. */
	while (child_wait(0))
		;
	assert_int_equal(child_wait(1), 0);
	kill(getpid(), SIGHUP);
	assert_int_equal(child_wait(1000), SIGHUP);
}

static void test_child_has_other_outputs(void **state)
{
	int out[2], kept[2];
	char text[8] = "";
	struct child_conf conf = plain;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(kept, O_CLOEXEC), 0);
	assert_int_equal(dup3(kept[1], 9, O_CLOEXEC), 9);
	conf.stdout_fd = out[1];
	conf.stderr_fd = out[1];
	conf.keep_too = 9;
	assert_int_equal(run(&conf, "echo a; echo b >&2; echo c >&9"), 0);
	assert_int_equal(read(out[0], text, sizeof(text)), 4);
	assert_string_equal(text, "a\nb\n");
	assert_int_equal(read(kept[0], text, sizeof(text)), 2);
	close(9);
	for (int i = 0; i < 2; i++) {
		close(out[i]);
		close(kept[i]);
	}
}

static void test_wait_or_read(void **state)
{
	int fds[2];

	while (child_wait(0))
		;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	kill(getpid(), SIGHUP);
	assert_int_equal(child_wait_or_read(fds[0]), SIGHUP);
	kill(getpid(), SIGHUP);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(child_wait_or_read(fds[0]), CHILD_READABLE);
	assert_int_equal(child_wait_or_read(-1), SIGHUP);
	assert_int_equal(child_wait(0), 0);
	close(fds[0]);
	close(fds[1]);
}

static int setup(void **state)
{
	child_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_missing_is_said_at_once),
		cmocka_unit_test(test_child_deaf_to_sigterm_is_killed),
		cmocka_unit_test(test_child_has_no_descriptor_but_its_own),
		cmocka_unit_test(test_child_reads_nothing_and_is_in_a_group_of_its_own),
		cmocka_unit_test(test_child_gets_signals_as_pvboot_got_them),
		cmocka_unit_test(test_exit_status_is_passed_on),
		cmocka_unit_test(test_wait_ends_after_its_time),
		cmocka_unit_test(test_child_has_other_outputs),
		cmocka_unit_test(test_wait_or_read),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
