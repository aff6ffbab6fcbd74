/* SPDX-License-Identifier: BSD-2-Clause */
/* test_run_options.c - the command line of `pvboot run`. */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "run_options.h"

#define ARGS_MAX 16

static struct run_options o;

/* Parse the NULL terminated words; what is said on stderr is not part of the test. */
static int parse(const char *const words[])
{
	char *argv[ARGS_MAX + 1] = {(char *)"pvboot"};
	int argc = 1, rc, saved = dup(STDERR_FILENO);

	for (; words[argc - 1] && argc < ARGS_MAX; argc++)
		argv[argc] = (char *)words[argc - 1];
	assert_non_null(freopen("/dev/null", "w", stderr));
	optind = 0; /* glibc: start over */
	rc = run_options_parse(&o, argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return rc;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void test_option_unknown_is_refused(void **state)
{
	assert_int_equal(PARSE("--nosuch"), 2);
	assert_int_equal(PARSE("-m", "1G"), 2);
	assert_int_equal(PARSE("--root"), 2);
}

static void test_direct_boot_without_its_source_is_refused(void **state)
{
	assert_int_equal(PARSE("--direct"), 2);
	assert_int_equal(PARSE("--root", "/x", "--initrd", "i"), 2);
	assert_int_equal(PARSE("--root", "/x", "--append", "a"), 2);
	assert_int_equal(PARSE("--hostd", "/s", "--direct"), 2);
	assert_int_equal(PARSE("--hostd", "/s", "--kernel", "k"), 2);
}

static void test_direct_boot(void **state)
{
	assert_int_equal(PARSE("--root", "/x", "--direct"), -1);
	assert_true(o.direct);
	assert_int_equal(PARSE("--kernel", "k", "--initrd", "i", "--initrd", "j", "--append", "a b"), -1);
	assert_string_equal(o.kernel, "k");
	assert_int_equal(o.n_initrds, 2);
	assert_string_equal(o.initrd[1], "j");
	assert_string_equal(o.append, "a b");
}

static void test_argument_without_dashes_is_refused(void **state)
{
	assert_int_equal(PARSE("--root", "/x", "stray"), 2);
	assert_int_equal(PARSE("--root", "/x", "stray", "--", "-m", "1G"), 2);
}

static void test_mac_malformed_is_refused(void **state)
{
	assert_int_equal(PARSE("--mac", "52:54:00:12:34"), 2);
	assert_int_equal(PARSE("--mac", "52:54:00:12:34:5g"), 2);
	assert_int_equal(PARSE("--mac", "52:54:00:12:34:567"), 2);
	assert_int_equal(PARSE("--mac", ""), 2);
}

static void test_mac_multicast_or_zero_is_refused(void **state)
{
	assert_int_equal(PARSE("--mac", "01:54:00:12:34:56"), 2);
	assert_int_equal(PARSE("--mac", "5f:54:00:12:34:56"), 2);
	assert_int_equal(PARSE("--mac", "00:00:00:00:00:00"), 2);
	assert_int_equal(PARSE("--mac", "5E:54:00:12:34:56"), -1);
}

static void test_uuid_malformed_is_refused(void **state)
{
	assert_int_equal(PARSE("--uuid", "0123456789abcdef0123456789abcdef"), 2);
	assert_int_equal(PARSE("--uuid", "01234567-89ab-cdef-0123-456789abcde"), 2);
	assert_int_equal(PARSE("--uuid", "01234567-89ab-cdef-0123-456789abcdef"), -1);
}

static void test_name_unprintable_or_long_is_refused(void **state)
{
	char name[65];

	memset(name, 'n', sizeof(name) - 1);
	name[64] = '\0';
	assert_int_equal(PARSE("--name", name), 2);
	name[63] = '\0';
	assert_int_equal(PARSE("--name", name), -1);
	assert_int_equal(PARSE("--name", ""), 2);
	assert_int_equal(PARSE("--name", "a b"), 2);
	assert_int_equal(PARSE("--name", "a\nb"), 2);
}

static void test_attach_unknown_is_refused(void **state)
{
	assert_int_equal(PARSE("--attach", "vfio"), 2);
	assert_int_equal(PARSE("--root", "/x"), -1);
	assert_false(o.attach_given);
	assert_int_equal(PARSE("--root", "/x", "--attach", "vfio-user"), -1);
	assert_true(o.attach_given);
	assert_int_equal(o.attach, ATTACH_VFIO_USER);
}

static void test_bus_with_more_in_it_is_refused(void **state)
{
	assert_int_equal(PARSE("--bus", ""), 2);
	assert_int_equal(PARSE("--bus", "rp0,addr=1"), 2);
	assert_int_equal(PARSE("--bus", "rp\"0"), 2);
	assert_int_equal(PARSE("--bus", "rp0"), -1);
	assert_string_equal(o.bus, "rp0");
}

static void test_explain_is_a_dry_run(void **state)
{
	assert_int_equal(PARSE("--root", "/x", "--dry-run"), -1);
	assert_true(o.dry_run && !o.explain);
	assert_int_equal(PARSE("--root", "/x", "--explain"), -1);
	assert_true(o.dry_run && o.explain);
}

static void test_root_and_interface_together_are_refused(void **state)
{
	assert_int_equal(PARSE("--root", "/x", "--interface", "eth0"), 2);
	assert_int_equal(PARSE("--hostd", "/s", "--interface", "eth0"), 2);
	assert_int_equal(PARSE("--hostd", "/s", "--root", "/x"), 2);
}

static void test_private_without_a_place_is_refused(void **state)
{
	assert_int_equal(PARSE("--private"), 2);
	assert_int_equal(PARSE("--private", "--interface", "eth0"), -1);
	assert_int_equal(PARSE("--boot-file", "x", "--hostd", "/s"), 2);
}

static void test_options_of_a_private_hostd(void **state)
{
	static const char *const options[][2] = {{"--source", "guest"},
						 {"--tls-ca", "ca.pem"},
						 {"--http-proxy", "http://p:3128"},
						 {"--tftp-blksize", "512"}};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		assert_int_equal(PARSE("--interface", "eth0", options[i][0], options[i][1]), -1);
		assert_true(run_options_for_private(&o));
		/* a running one has a configuration of its own */
		assert_int_equal(PARSE("--hostd", "/s", options[i][0], options[i][1]), 2);
	}
	assert_int_equal(PARSE("--kernel", "https://s/k", "--tls-ca", "ca.pem", "--http-proxy", "http://p"), -1);
	/* where nothing goes over a network of ours */
	assert_int_equal(PARSE("--root", "/x", "--source", "guest"), 2);
	assert_int_equal(PARSE("--root", "/x", "--tftp-blksize", "512"), 2);
	assert_int_equal(PARSE("--interface", "eth0"), -1);
	assert_false(run_options_for_private(&o));
}

static void test_options_with_values_that_cannot_be_are_refused(void **state)
{
	static const char *const options[][2] = {
		{"--source", "me"},	     {"--source", ""},	       {"--tftp-blksize", "7"},
		{"--tftp-blksize", "65465"}, {"--tftp-blksize", "1k"}, {"--tftp-blksize", "-8"},
		{"--fail-exit", "0"},	     {"--fail-exit", "256"},   {"--fail-exit", "4294967297"},
		{"--fail-exit", ""},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_int_equal(PARSE("--interface", "eth0", options[i][0], options[i][1]), 2);
	assert_int_equal(PARSE("--interface", "eth0", "--fail-exit", "255", "--tftp-blksize", "65464"), -1);
	assert_int_equal(o.fail_exit, 255);
	assert_string_equal(o.tftp_blksize, "65464");
}

static void test_qemu_arguments_are_left_alone(void **state)
{
	assert_int_equal(PARSE("--root", "/x", "--", "--root", "/y", "-v"), -1);
	assert_string_equal(o.root, "/x");
	assert_int_equal(o.qemu_argc, 3);
	assert_string_equal(o.qemu_argv[0], "--root");
	assert_int_equal(o.verbose, 0);
}

static void test_level_follows_v_and_log(void **state)
{
	assert_int_equal(PARSE("--root", "/x"), -1);
	assert_int_equal(run_options_level(&o), 0);
	assert_int_equal(PARSE("--root", "/x", "--log", "f"), -1);
	assert_int_equal(run_options_level(&o), 1);
	assert_int_equal(PARSE("--root", "/x", "-v"), -1);
	assert_int_equal(run_options_level(&o), 1);
	assert_int_equal(PARSE("--root", "/x", "-vvv"), -1);
	assert_int_equal(run_options_level(&o), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option_unknown_is_refused),
		cmocka_unit_test(test_direct_boot_without_its_source_is_refused),
		cmocka_unit_test(test_direct_boot),
		cmocka_unit_test(test_argument_without_dashes_is_refused),
		cmocka_unit_test(test_mac_malformed_is_refused),
		cmocka_unit_test(test_mac_multicast_or_zero_is_refused),
		cmocka_unit_test(test_uuid_malformed_is_refused),
		cmocka_unit_test(test_name_unprintable_or_long_is_refused),
		cmocka_unit_test(test_attach_unknown_is_refused),
		cmocka_unit_test(test_bus_with_more_in_it_is_refused),
		cmocka_unit_test(test_explain_is_a_dry_run),
		cmocka_unit_test(test_root_and_interface_together_are_refused),
		cmocka_unit_test(test_private_without_a_place_is_refused),
		cmocka_unit_test(test_options_of_a_private_hostd),
		cmocka_unit_test(test_options_with_values_that_cannot_be_are_refused),
		cmocka_unit_test(test_qemu_arguments_are_left_alone),
		cmocka_unit_test(test_level_follows_v_and_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
