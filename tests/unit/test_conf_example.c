/* SPDX-License-Identifier: BSD-2-Clause */
/* test_conf_example.c - examples/hostd.conf: it is good as it is shipped, and with its settings uncommented. */
#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf.h"

#define EXAMPLE "examples/hostd.conf"
#define LINES_MAX 128
#define LINE_MAX_BYTES 512

static char lines[LINES_MAX][LINE_MAX_BYTES];
static size_t n_lines;

/* The users and groups that the example names need not exist on this machine. */
struct group *getgrnam(const char *name)
{
	static struct group group;

	return &group;
}

struct passwd *getpwnam(const char *name)
{
	static struct passwd user;

	return &user;
}

static int read_example(void **state)
{
	FILE *f = fopen(EXAMPLE, "re");

	if (!f)
		return -1;
	while (n_lines < LINES_MAX && fgets(lines[n_lines], LINE_MAX_BYTES, f))
		n_lines++;
	fclose(f);
	return n_lines == LINES_MAX;
}

/* "# key = value", and not a sentence. */
static bool is_setting(const char *line)
{
	size_t n = 2;

	if (strncmp(line, "# ", 2))
		return false;
	while (islower((unsigned char)line[n]) || line[n] == '_')
		n++;
	return n > 2 && !strncmp(line + n, " = ", 3);
}

/* Parse it with line number only uncommented (LINES_MAX: all settings). */
static void expect_good(struct conf *conf, size_t only)
{
	char *text = calloc(LINES_MAX, LINE_MAX_BYTES);
	size_t len = 0;

	for (size_t i = 0; i < n_lines; i++) {
		bool open = is_setting(lines[i]) && (only == LINES_MAX || only == i);

		len += (size_t)sprintf(text + len, "%s", lines[i] + (open ? 2 : 0));
	}
	conf_init(conf);
	if (!conf_parse(conf, EXAMPLE, text, len) || !conf_check(conf, EXAMPLE))
		fail_msg("%s", conf->error);
	free(text);
}

static void test_example_as_shipped(void **state)
{
	struct conf conf;

	expect_good(&conf, n_lines);
	conf_free(&conf);
}

static void test_example_with_one_setting(void **state)
{
	struct conf conf;
	unsigned int settings = 0;

	for (size_t i = 0; i < n_lines; i++) {
		if (!is_setting(lines[i]))
			continue;
		settings++;
		expect_good(&conf, i);
		conf_free(&conf);
	}
	assert_true(settings >= 10);
}

static void test_example_with_all_settings(void **state)
{
	struct conf conf;

	expect_good(&conf, LINES_MAX);
	assert_string_equal(conf.cache_dir, "/var/cache/pvboot-hostd");
	assert_int_equal(conf.cache_size, UINT64_C(4096) << 20);
	assert_string_equal(conf.tls_ca, "/etc/pvboot/ca.pem");
	assert_true(conf_find_vm(&conf, "web1")->source_guest);
	assert_int_equal(conf_find_vm(&conf, "web1")->frames, CONF_FRAMES_OFF);
	assert_true(conf_find_vm(&conf, "web2")->serve_stale);
	conf_free(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example_as_shipped),
		cmocka_unit_test(test_example_with_one_setting),
		cmocka_unit_test(test_example_with_all_settings),
	};

	return cmocka_run_group_tests(tests, read_example, NULL);
}
