/* SPDX-License-Identifier: BSD-2-Clause */
/* test_options.c - hostd's command line, and how it goes together with the configuration file. */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

static struct options opt;
static struct conf conf;
static char said[4096];

/* Read a command line of up to 8 words; what goes to stderr is in said. */
static int read_words(const char *const *words)
{
	char *argv[10] = {(char *)"pvboot-hostd"};
	int argc = 1, ends[2], saved, status;
	ssize_t n;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	conf_free(&conf);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	optind = 0;
	status = options_read(argc, argv, &opt, &conf);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	return status;
}
#define read_options(...) read_words((const char *const[]){__VA_ARGS__, NULL})

static const char *write_conf(const char *text)
{
	static char path[64];
	int fd;

	strcpy(path, "/tmp/test_options.XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return path;
}

static void expect_refusal_(int status, const char *words, int line)
{
	_assert_int_equal((unsigned int)status, 2, __FILE__, line);
	if (strstr(said, words))
		return;
	print_error("\"%s\" does not say \"%s\"\n", said, words);
	_fail(__FILE__, line);
}
#define expect_refusal(status, words) expect_refusal_(status, words, __LINE__)

static void test_options_nobody_allowed(void **state)
{
	expect_refusal(read_options("-c", "/dev/null"), "nobody may boot");
}

static void test_options_bad(void **state)
{
	expect_refusal(read_options("--rot", "/"), "rot");
	expect_refusal(read_options("--root", "/", "more"), "no arguments");
	expect_refusal(read_options("--root", "/", "--ready-fd", "x"), "--ready-fd");
	expect_refusal(read_options("--root", "/", "--log-level", "loud"), "log_level");
	expect_refusal(read_options("--root", "/", "--tftp-blksize", "1"), "tftp_blksize");
	expect_refusal(read_options("--root", "/", "--interface", "x"), "both");
	expect_refusal(read_options("-c", "/dev/null", "--boot-file", "x"), "go with --interface IF or --root DIR");
	expect_refusal(read_options("-c", "/nonexistent"), "/nonexistent: No such file: write it");
}

static void test_options_file_and_line(void **state)
{
	const char *path = write_conf("[vm a]\nroot = /\nbad = 1\n");
	char words[128];

	snprintf(words, sizeof(words), "%s:3: there is no key \"bad\"", path);
	expect_refusal(read_options("-n", "-c", path), words);
	unlink(path);
}

static void test_options_pattern_twice(void **state)
{
	const char *path = write_conf("[vm *]\nroot = /\n");

	expect_refusal(read_options("--interface", "x", "-c", path), "[vm *] is there already");
	unlink(path);
}

static void test_options_override(void **state)
{
	const char *path = write_conf("[hostd]\nsocket = /a\nlog_level = error\n[vm a]\nroot = /\n");

	assert_int_equal(read_options("-c", path, "--socket", "/b", "--interface", "eth0", "-d"), -1);
	unlink(path);
	assert_string_equal(conf.socket, "/b");
	assert_int_equal(conf.log_level, 3); /* LOG_ERR */
	assert_true(opt.foreground);
	assert_string_equal(conf_find_vm(&conf, "a")->root, "/");
	assert_string_equal(conf_find_vm(&conf, "b")->ifname, "eth0");
}

static void test_options_root(void **state)
{
	char here[512], expected[600];

	assert_int_equal(read_options("--root", "some/dir", "--boot-file", "x.0", "--allow-uid", "77"), -1);
	snprintf(expected, sizeof(expected), "%s/some/dir", getcwd(here, sizeof(here)));
	assert_string_equal(conf_find_vm(&conf, "any name")->root, expected);
	assert_string_equal(conf_find_vm(&conf, "any name")->boot_file, "x.0");
	assert_true(conf_vm_allows_uid(conf_find_vm(&conf, "x"), 77));
	assert_string_equal(conf.user, ""); /* the files are the user's own */
	assert_null(opt.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_nobody_allowed), cmocka_unit_test(test_options_bad),
		cmocka_unit_test(test_options_file_and_line),  cmocka_unit_test(test_options_pattern_twice),
		cmocka_unit_test(test_options_override),       cmocka_unit_test(test_options_root),
	};

	conf_init(&conf);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
