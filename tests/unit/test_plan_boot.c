/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/pxelinux/plan_boot.c: a site's DHCP option, and boot files that are kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pxelinux/plan_boot.h"

static struct plan plan;
static char error[PXELINUX_ERROR_MAX];

/* ---- the option -------------------------------------------------------------------------------------------------- */

static void test_text_that_is_neither(void **state)
{
	static const char *const texts[] = {"directly", "1", "program x", " direct", "prog", "-"};
	enum plan_boot boot;
	const char *options;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(plan_boot_parse(texts[i], &boot, &options));
		assert_int_equal(boot, PLAN_BOOT_UNSAID);
		assert_string_equal(options, "");
	}
}

static void test_text_that_is_known(void **state)
{
	enum plan_boot boot;
	const char *options;

	assert_true(plan_boot_parse("", &boot, &options));
	assert_int_equal(boot, PLAN_BOOT_UNSAID);
	assert_true(plan_boot_parse("program", &boot, &options));
	assert_int_equal(boot, PLAN_BOOT_PROGRAM);
	assert_true(plan_boot_parse("Direct", &boot, &options));
	assert_int_equal(boot, PLAN_BOOT_DIRECT);
	assert_string_equal(options, "");
	assert_true(plan_boot_parse("direct  a=b c", &boot, &options));
	assert_string_equal(options, "a=b c");
}

/* ---- the boot file ----------------------------------------------------------------------------------------------- */

static void test_kernel_by_its_head(void **state)
{
	uint8_t head[PLAN_KERNEL_HEAD] = {0};

	assert_false(plan_boot_is_kernel(head));
	memcpy(head + 0x202, "HdrS", 4);
	assert_false(plan_boot_is_kernel(head));
	head[0x1fe] = 0x55;
	assert_false(plan_boot_is_kernel(head));
	head[0x1fe] = 0;
	head[0x1ff] = 0xaa;
	assert_false(plan_boot_is_kernel(head));
	head[0x1fe] = 0x55;
	assert_true(plan_boot_is_kernel(head));
	head[0x205] = 's';
	assert_false(plan_boot_is_kernel(head));
}

static void test_kernel_by_its_name(void **state)
{
	static const char *const programs[] = {"", "pxelinux.0", ".0", "a/undionly.kpxe", "x.c32", "a b"};
	static const char *const others[] = {"vmlinuz", "0", "vmlinuz-6.1.0", "bzImage", "tftp://10.0.0.1/k"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		assert_false(plan_boot_may_be_kernel(programs[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(plan_boot_may_be_kernel(others[i]));
}

static void expect_(const char *prefix, const char *bootfile, const char *options, const char *more, const char *kernel,
		    const char *initrd, const char *cmdline, int line)
{
	struct pxelinux_guest guest = {.server = {172, 21, 0, 2}};
	char found[PXELINUX_NAME_TEXT_MAX], second[PXELINUX_NAME_TEXT_MAX] = "";

	strcpy(guest.prefix, prefix);
	if (!plan_boot_make(&plan, bootfile, options, more, &guest, error, sizeof(error))) {
		print_error("%s\n", error);
		_fail(__FILE__, line);
	}
	pxelinux_file_text(found, &plan.kernel);
	if (plan.n_initrds)
		pxelinux_file_text(second, &plan.initrd[0]);
	if (!strcmp(found, kernel) && !strcmp(second, initrd) && !strcmp(plan.cmdline, cmdline))
		return;
	print_error("\"%s\", \"%s\", \"%s\"\n", found, second, plan.cmdline);
	_fail(__FILE__, line);
}
#define expect(...) expect_(__VA_ARGS__, __LINE__)

static void test_plan_of_a_boot_file(void **state)
{
	expect("", "k", "", "", "k", "", "BOOT_IMAGE=k ");
	expect("boot/", "boot/k", "a", "b initrd=i", "boot/k", "boot/i", "BOOT_IMAGE=k a b initrd=i");
	expect("tftp://10.0.0.1/x/", "tftp://10.0.0.1/x/k", "initrd=i", "", "10.0.0.1::x/k", "10.0.0.1::x/i",
	       "BOOT_IMAGE=k initrd=i");
	/* Option 210 leads elsewhere: the boot file is where it is, what it names is there. */
	expect("other/", "boot/k", "", "initrd=i", "boot/k", "other/i", "BOOT_IMAGE=::boot/k initrd=i");
}

static void test_plan_of_a_boot_file_refused(void **state)
{
	char options[PLAN_COMMAND_MAX];
	struct pxelinux_guest guest = {0};

	memset(options, 'x', sizeof(options) - 1);
	options[sizeof(options) - 1] = 0;
	assert_false(plan_boot_make(&plan, "k", options, "more", &guest, error, sizeof(error)));
	assert_non_null(strstr(error, "longer"));
	assert_false(plan_boot_make(&plan, "k", "initrd=tftp://name/i", "", &guest, error, sizeof(error)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_that_is_neither), cmocka_unit_test(test_text_that_is_known),
		cmocka_unit_test(test_kernel_by_its_head),   cmocka_unit_test(test_kernel_by_its_name),
		cmocka_unit_test(test_plan_of_a_boot_file),  cmocka_unit_test(test_plan_of_a_boot_file_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
