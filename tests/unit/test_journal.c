/* SPDX-License-Identifier: BSD-2-Clause */
/* test_journal.c - when the device's lines begin with a priority. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal.h"

static void test_journal_is_stderr(void **state)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	journal_open();
	assert_string_equal(journal_priority(PVBOOT_LOG_ERROR), "<3>");
	assert_string_equal(journal_priority(PVBOOT_LOG_WARNING), "<4>");
	assert_string_equal(journal_priority(PVBOOT_LOG_NOTICE), "<5>");
	assert_string_equal(journal_priority(PVBOOT_LOG_DEBUG), "<7>");
}

static void test_journal_is_elsewhere(void **state)
{
	static const char *const streams[] = {"1:1", "", "x", "1:", "1:1:1"};

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		journal_open();
		assert_string_equal(journal_priority(PVBOOT_LOG_ERROR), "");
	}
	unsetenv("JOURNAL_STREAM");
	journal_open();
	assert_string_equal(journal_priority(PVBOOT_LOG_ERROR), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_is_stderr),
		cmocka_unit_test(test_journal_is_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
