/* SPDX-License-Identifier: BSD-2-Clause */
/* test_log.c - hostd's log: lines that cannot be forged, and not more of them than are good. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static char text[1 << 16];
static int ends[2], saved;

/* What goes to stderr from here on is read by captured(). */
static void capture(void)
{
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
}

static const char *captured(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	return text;
}

static void test_log_forged_line(void **state)
{
	capture();
	log_msg(LOG_INFO, "vm\n1", "a\nhostd: b\r\x1b[2J\\ %s \x80", "\t");
	assert_string_equal(captured(), "vm\\x0a1: a\\x0ahostd: b\\x0d\\x1b[2J\\x5c \\x09 \\x80\n");
}

static void test_log_long_line(void **state)
{
	char dots[5000];

	memset(dots, 1, sizeof(dots));
	dots[sizeof(dots) - 1] = '\0';
	capture();
	log_msg(LOG_INFO, dots, "%s", dots);
	captured();
	assert_true(strlen(text) < 3000);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_log_flood(void **state)
{
	int lines = 0;

	capture();
	for (int i = 0; i < 400; i++)
		log_msg(LOG_INFO, "noisy", "x");
	log_msg(LOG_INFO, "quiet", "y");
	captured();
	for (char *c = text; *c; c++)
		lines += *c == '\n';
	assert_in_range(lines, 100, 201); /* the second may have turned */
	assert_non_null(strstr(text, "quiet: y\n"));
}

static void test_log_levels(void **state)
{
	capture();
	log_msg(LOG_DEBUG, NULL, "not asked for");
	log_msg(LOG_ERR, NULL, "one");
	log_msg(LOG_WARNING, "vm", "two");
	assert_string_equal(captured(), "hostd: error: one\nvm: warning: two\n");
}

/* Only where stderr is what JOURNAL_STREAM names, which a child inherits with another stderr. */
static void test_log_journal(void **state)
{
	char stream[64];
	struct stat st;

	capture();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_refusal("zero");
	log_open(false, LOG_INFO);
	log_msg(LOG_ERR, NULL, "one");
	log_msg(LOG_WARNING, "vm", "two");
	log_msg(LOG_INFO, "vm", "three");
	assert_string_equal(captured(),
			    "<3>pvboot-hostd: zero\n<3>hostd: error: one\n<4>vm: warning: two\n<6>vm: three\n");
	for (const char *const *other = (const char *const[]){"1:1", "", "x", "1:", NULL}; *other; other++) {
		setenv("JOURNAL_STREAM", *other, 1);
		capture();
		log_refusal("zero");
		log_open(false, LOG_INFO);
		log_msg(LOG_WARNING, "vm", "two");
		assert_string_equal(captured(), "pvboot-hostd: zero\nvm: warning: two\n");
	}
	unsetenv("JOURNAL_STREAM");
	log_open(false, LOG_INFO);
}

/* The last one: there is no way back. */
static void test_log_times(void **state)
{
	int year, month, day, hour, minute, second, ms, end = 0;

	log_times();
	capture();
	log_msg(LOG_INFO, "vm", "text");
	captured();
	assert_int_equal(sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d.%3d vm: text%n", &year, &month, &day, &hour, &minute,
				&second, &ms, &end),
			 7);
	assert_string_equal(text + end, "\n");
	assert_in_range(month, 1, 12);
	assert_in_range(hour, 0, 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_forged_line), cmocka_unit_test(test_log_long_line),
		cmocka_unit_test(test_log_flood),	cmocka_unit_test(test_log_levels),
		cmocka_unit_test(test_log_journal),	cmocka_unit_test(test_log_times),
	};

	log_open(false, LOG_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
