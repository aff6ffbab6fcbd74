/* SPDX-License-Identifier: BSD-2-Clause */
/* test_console_lines.c - the guest's console and the log on one terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console_lines.h"

static struct lines l;
static char shown[1 << 18];

static void put(void *arg, bool log, const char *buf, size_t len)
{
	assert_in_range(strlen(shown) + len, 0, sizeof(shown) - 1);
	strncat(shown, buf, len);
}

static int setup(void **state)
{
	memset(&l, 0, sizeof(l));
	l.put = put;
	shown[0] = '\0';
	return 0;
}

static void console(long now, const char *text)
{
	lines_console(&l, now, text, strlen(text));
}

static void says(long now, const char *text)
{
	lines_log(&l, now, 0, text, strlen(text));
}

static void test_log_goes_at_once_between_lines(void **state)
{
	says(0, "one\n");
	console(0, "console\r\n");
	says(0, "two\nthree\n");
	assert_string_equal(shown, "one\nconsole\r\ntwo\nthree\n");
	assert_int_equal(lines_due(&l), -1);
}

static void test_log_waits_for_the_end_of_a_line(void **state)
{
	console(0, "load");
	says(10, "one\n");
	assert_string_equal(shown, "load");
	console(20, "ing\r\nnext\r\n");
	assert_string_equal(shown, "loading\r\none\nnext\r\n");
	assert_int_equal(lines_due(&l), -1);
}

static void test_log_does_not_take_a_return_for_an_end(void **state)
{
	console(0, "  12 of 42\r");
	says(0, "one\n");
	console(0, "  42 of 42\r\n");
	assert_string_equal(shown, "  12 of 42\r  42 of 42\r\none\n");
}

/* A prompt: nothing more comes. */
static void test_log_breaks_in_where_the_console_is_silent(void **state)
{
	console(1000, "login: ");
	says(5000, "one\n");
	assert_int_equal(lines_due(&l), 5000 + LINES_QUIET_MS);
	lines_time(&l, 5000 + LINES_QUIET_MS - 1);
	assert_string_equal(shown, "login: ");
	says(5100, "two\n");
	lines_time(&l, 5000 + LINES_QUIET_MS);
	assert_string_equal(shown, "login: \r\none\ntwo\n");
	assert_int_equal(lines_due(&l), -1);
	says(6000, "three\n"); /* nothing was typed since */
	assert_string_equal(shown, "login: \r\none\ntwo\nthree\n");
}

/* A line that never ends, such as one of dots. */
static void test_log_is_not_held_for_ever(void **state)
{
	long now;

	console(0, ".");
	says(0, "one\n");
	for (now = 100; now < LINES_WAIT_MS; now += 100) {
		console(now, ".");
		lines_time(&l, now);
		assert_null(strchr(shown, 'o'));
	}
	assert_int_equal(lines_due(&l), LINES_WAIT_MS);
	lines_time(&l, LINES_WAIT_MS);
	assert_non_null(strstr(shown, ".\r\none\n"));
}

static void test_log_that_is_much_does_not_wait(void **state)
{
	char line[1001];

	memset(line, 'x', 1000);
	line[999] = '\n';
	line[1000] = '\0';
	console(0, "midst");
	for (int i = 0; i < 100; i++)
		says(0, line);
	console(0, " of a line\r\n");
	assert_memory_equal(shown, "midst\r\nxxx", 10);
	assert_int_equal(strlen(shown), 5 + 2 + 100 * 1000 + 12);
}

/* Bytes of two who write at once. */
static void test_log_lines_of_two_stay_whole(void **state)
{
	lines_log(&l, 0, 0, "one ", 4);
	lines_log(&l, 0, 1, "qemu: ", 6);
	lines_log(&l, 0, 0, "line\n", 5);
	lines_log(&l, 0, 1, "words\n", 6);
	assert_string_equal(shown, "one line\nqemu: words\n");
	lines_log(&l, 100, 1, "begun", 5);
	assert_int_equal(lines_due(&l), 100 + LINES_QUIET_MS);
	lines_time(&l, 100 + LINES_QUIET_MS);
	assert_string_equal(shown, "one line\nqemu: words\nbegun\n");
}

static void test_log_line_too_long_is_cut(void **state)
{
	static char line[LINES_MAX + 100];

	memset(line, 'x', sizeof(line));
	lines_log(&l, 0, 0, line, sizeof(line));
	lines_log(&l, 0, 0, "\n", 1);
	assert_int_equal(strlen(shown), sizeof(line) + 2);
	assert_int_equal(shown[LINES_MAX - 1], '\n');
}

static void test_control_sequences(void **state)
{
	/* those of a BIOS that begins leave the cursor at the beginning of a line */
	console(0, "\x1b"
		   "c\x1b[?7l\x1b[2J\x1b[0m");
	says(0, "one\n");
	assert_non_null(strstr(shown, "one"));
	/* one that goes to a place may be in the midst of one; also when its bytes come one by one */
	console(0, "\x1b");
	console(0, "[09;0");
	console(0, "2H");
	says(0, "two\n");
	assert_null(strstr(shown, "two"));
	console(0, "\r\n\x1b[0");
	assert_non_null(strstr(shown, "H\r\ntwo\n\x1b[0"));
}

static void test_end_leaves_nothing(void **state)
{
	console(0, "midst");
	says(0, "one\ntw");
	lines_end(&l);
	assert_string_equal(shown, "midst\r\none\ntw\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_log_goes_at_once_between_lines, setup),
		cmocka_unit_test_setup(test_log_waits_for_the_end_of_a_line, setup),
		cmocka_unit_test_setup(test_log_does_not_take_a_return_for_an_end, setup),
		cmocka_unit_test_setup(test_log_breaks_in_where_the_console_is_silent, setup),
		cmocka_unit_test_setup(test_log_is_not_held_for_ever, setup),
		cmocka_unit_test_setup(test_log_that_is_much_does_not_wait, setup),
		cmocka_unit_test_setup(test_log_lines_of_two_stay_whole, setup),
		cmocka_unit_test_setup(test_log_line_too_long_is_cut, setup),
		cmocka_unit_test_setup(test_control_sequences, setup),
		cmocka_unit_test_setup(test_end_leaves_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
