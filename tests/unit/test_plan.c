/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hostd/pxelinux/plan.c: what is booted by a configuration.  Golden files: each tests/unit/plan/NAME.cfg
 * is shown as tests/unit/plan/NAME.plan has it; with PVBOOT_GOLDEN=write in the environment they are written anew.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan_show.h"

#define GOLDEN "tests/unit/plan"
#define TEXT_MAX 65536

static const struct pxelinux_guest guest = {
	.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x57},
	.uuid = {0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x42, 0x34, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78},
	.address = {172, 21, 0, 50},
	.server = {172, 21, 0, 2},
	.netmask = {255, 255, 0, 0},
	.prefix = "boot/",
};
static struct pxelinux_config config;
static struct plan_choice choice;
static struct plan plan;
static char error[PXELINUX_ERROR_MAX];

/* ---- golden files ------------------------------------------------------------------------------------------------ */

/* The bytes of a file below GOLDEN, behind its licence line if skip; NULL: there is none. */
static char *read_golden(const char *name, size_t *len)
{
	static char text[8][TEXT_MAX];
	static unsigned int next;
	char path[512], *buf = text[next++ % 8];
	FILE *f;

	snprintf(path, sizeof(path), GOLDEN "/%s", name);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	*len = fread(buf, 1, TEXT_MAX - 1, f);
	buf[*len] = 0;
	fclose(f);
	return buf;
}

static enum pxelinux_found on_include(void *arg, const char *name, const char **text, size_t *len)
{
	*text = read_golden(name, len);
	return *text ? PXELINUX_FOUND : PXELINUX_MISSING;
}

static void show_to(FILE *out, const char *name)
{
	size_t len;
	const char *text = read_golden(name, &len);

	assert_non_null(text);
	fprintf(out, "# SPDX-License-Identifier: BSD-2-Clause\n");
	if (pxelinux_parse(&config, name, text, len, on_include, NULL) == PXELINUX_PARSED)
		plan_show(out, &config, &guest, NULL, NULL);
	else
		fprintf(out, "cannot be booted directly: %s\n", config.error);
	pxelinux_config_free(&config);
}

static void compare_golden(const char *name)
{
	static char shown[TEXT_MAX];
	char golden[512], path[1024];
	FILE *out = fmemopen(shown, sizeof(shown), "w");
	const char *wanted;
	size_t len;

	assert_non_null(out);
	memset(shown, 0, sizeof(shown));
	show_to(out, name);
	fclose(out);
	snprintf(golden, sizeof(golden), "%.*s.plan", (int)(strlen(name) - 4), name);
	if (getenv("PVBOOT_GOLDEN")) {
		snprintf(path, sizeof(path), GOLDEN "/%s", golden);
		out = fopen(path, "w");
		assert_non_null(out);
		fputs(shown, out);
		fclose(out);
	}
	wanted = read_golden(golden, &len);
	if (!wanted || strcmp(wanted, shown)) {
		print_error("%s: shown is\n%s", golden, shown);
		fail();
	}
}

static void test_plan_golden_files(void **state)
{
	DIR *dir = opendir(GOLDEN);
	const struct dirent *entry;
	unsigned int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		const char *ending = strrchr(entry->d_name, '.');

		if (!ending || strcmp(ending, ".cfg"))
			continue;
		compare_golden(entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count >= 10);
}

/* ---- one by one ---------------------------------------------------------------------------------------------------
 */

static void parse(const char *text)
{
	pxelinux_config_free(&config);
	if (pxelinux_parse(&config, "f", text, strlen(text), NULL, NULL) == PXELINUX_PARSED)
		return;
	print_error("%s\n", config.error);
	fail();
}

/* Everything up to the plan of what is booted unasked. */
static bool make(const char *text)
{
	parse(text);
	error[0] = 0;
	return plan_choose(&choice, &config, error, sizeof(error)) &&
	       plan_make(&plan, &config, &choice.command, &guest, error, sizeof(error));
}

static void expect_refused_(const char *text, const char *words, int line)
{
	if (!make(text) && strstr(error, words))
		return;
	print_error("\"%s\" does not say \"%s\"\n", error, words);
	_fail(__FILE__, line);
}
#define expect_refused(text, words) expect_refused_(text, words, __LINE__)

static void expect_cmdline_(const char *text, const char *cmdline, int line)
{
	if (make(text) && !strcmp(plan.cmdline, cmdline))
		return;
	print_error("\"%s\" (%s) is not \"%s\"\n", plan.cmdline, error, cmdline);
	_fail(__FILE__, line);
}
#define expect_cmdline(text, cmdline) expect_cmdline_(text, cmdline, __LINE__)

static void test_plan_nothing_to_boot(void **state)
{
	expect_refused("", "f:1: there is no LABEL to choose from");
	expect_refused("PROMPT 1\nLABEL a\nMENU HIDE\n", "there is no LABEL to choose from");
	expect_refused("LABEL a\nMENU DISABLE\n", "there is no LABEL to choose from");
	expect_refused("UI menu.c32\n", "there is no LABEL to choose from");
	expect_refused("DEFAULT a\nLABEL a\nKERNEL\n", "f:3: KERNEL says nothing to boot");
	expect_refused("DEFAULT a\nLABEL a\nLINUX \t\n", "f:3: LINUX says nothing to boot");
}

static void test_plan_other_user_interface(void **state)
{
	expect_refused("LABEL a\nUI vesamenu.c32\n", "f:2: UI vesamenu.c32");
	expect_refused("UI gfxboot.c32 x\nLABEL a\n", "f:1: UI gfxboot.c32 x");
	/* menu.c32 would read another configuration. */
	expect_refused("UI menu.c32 other.cfg\nLABEL a\n", "f:1: UI menu.c32 other.cfg");
	expect_refused("UI mymenu.c32\nLABEL a\n", "UI mymenu.c32");
	expect_refused("DEFAULT dir/vesamenu.c32\nLABEL a\n", "f:1: dir/vesamenu.c32: there is no such LABEL");
	expect_refused("DEFAULT menu.c32 x\nLABEL a\n", "menu.c32");
}

static void test_plan_menu_not_understood(void **state)
{
	expect_refused("UI menu.c32\nLABEL a\nMENU BEGIN x\nLABEL b\nMENU END\n", "f:3: MENU BEGIN");
	expect_refused("UI menu.c32\nLABEL a\nMENU FROB x\n", "f:3: this MENU line");
	expect_refused("UI menu.c32\nLABEL a\nLABEL b\nMENU PASSWD x\n", "f:3: LABEL b has a MENU PASSWD");
	/* Without a menu they are comments. */
	assert_true(make("DEFAULT a\nLABEL a\nMENU BEGIN x\nLABEL b\nMENU END\nMENU FROB x\n"));
}

static void test_plan_entry_that_is_no_kernel(void **state)
{
	static const char *const lines[] = {
		"COM32 chain.c32",  "PXE other.0",   "CONFIG other.cfg", "BOOT disk.bs",   "BSS disk.bss",
		"COMBOOT x.com",    "FDIMAGE x.img", "MENU EXIT",	 "MENU QUIT",	   "MENU GOTO other",
		"KERNEL chain.c32", "KERNEL x.0",    "KERNEL x.bin y",	 "KERNEL disk.bs", "KERNEL disk.bss",
	};
	char text[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "DEFAULT a\nLABEL a\n%s\n", lines[i]);
		expect_refused(text, "f:3: ");
		/* Not offered, either, and so nothing is. */
		snprintf(text, sizeof(text), "PROMPT 1\nLABEL b\nLABEL a\n%s\n", lines[i]);
		expect_refused(text, "f:4: ");
		/* Elsewhere it does no harm. */
		snprintf(text, sizeof(text), "DEFAULT b\nLABEL b\nLABEL a\n%s\n", lines[i]);
		assert_true(make(text));
	}
	/* LINUX says what it is, whatever its name. */
	assert_true(make("DEFAULT a\nLABEL a\nLINUX vmlinuz.0\n"));
}

static void test_plan_implicit_refused(void **state)
{
	expect_refused("IMPLICIT 0\nDEFAULT linux x\nLABEL a\n",
		       "f:2: linux x: there is no such LABEL, and IMPLICIT 0");
	expect_refused("DEFAULT .linux vmlinuz\n", "there is no such LABEL");
	expect_refused("DEFAULT chain.c32 hd0\n", "module of syslinux");
	expect_refused("PROMPT 1\nDEFAULT a\nONTIMEOUT b.0\nLABEL a\n", "f:3: b.0: there is no such LABEL");
	/* A disabled label is none. */
	expect_refused("IMPLICIT 0\nDEFAULT a\nLABEL a\nMENU DISABLE\n", "no such LABEL");
}

static void test_plan_sysappend_refused(void **state)
{
	expect_refused("DEFAULT a\nLABEL a\nSYSAPPEND 8\n", "f:2: SYSAPPEND 0x8: bits 0x8");
	expect_refused("DEFAULT a\nLABEL a\nSYSAPPEND 0x80000003\n", "bits 0x80000000");
	expect_refused("SYSAPPEND 16\nDEFAULT linux\n", "bits 0x10");
}

static void test_plan_initrd_refused(void **state)
{
	char text[1024] = "DEFAULT a\nLABEL a\nINITRD i";

	expect_refused("DEFAULT a\nLABEL a\nAPPEND initrd=\n", "f:2: a file name is empty");
	expect_refused("DEFAULT a\nLABEL a\nAPPEND initrd=a,,b\n", "a file name is empty");
	expect_refused("DEFAULT a\nLABEL a\nINITRD a,\n", "a file name is empty");
	expect_refused("DEFAULT a\nLABEL a\nINITRD host::a\n", "IPv4 address");
	for (int i = 1; i < PLAN_INITRDS_MAX; i++)
		strcat(text, ",i");
	assert_true(make(text));
	assert_int_equal(plan.n_initrds, PLAN_INITRDS_MAX);
	strcat(text, ",i");
	expect_refused(text, "more than 32 initrds");
}

static void test_plan_too_long(void **state)
{
	static char text[8192];
	int n = sprintf(text, "DEFAULT a\nLABEL a\nKERNEL k\nAPPEND ");

	memset(text + n, 'x', PLAN_COMMAND_MAX - 2);
	assert_true(make(text));
	assert_int_equal(strlen(plan.cmdline), PLAN_COMMAND_MAX + strlen("BOOT_IMAGE="));
	text[n + PLAN_COMMAND_MAX - 2] = 'x';
	expect_refused(text, "f:3: the command line is longer than pxelinux's 2047 bytes");
	/* By LINUX it takes 7 bytes less. */
	memcpy(text + 18, "LINUX  k", 8);
	memset(text + n + PLAN_COMMAND_MAX - 9, 0, 8);
	assert_true(make(text));
	text[n + PLAN_COMMAND_MAX - 9] = 'x';
	expect_refused(text, "the command line is longer");
}

static void test_plan_keeppxe(void **state)
{
	expect_refused("DEFAULT a\nLABEL a\nAPPEND x keeppxe\n", "f:2: keeppxe");
}

static void test_plan_local_boot(void **state)
{
	assert_true(make("DEFAULT a\nLABEL a\nLOCALBOOT 0\nAPPEND x\n"));
	assert_int_equal(plan.kind, PLAN_LOCAL);
	assert_string_equal(plan.label, "a");
}

static void test_plan_cmdline(void **state)
{
	expect_cmdline("DEFAULT a\nLABEL a\nKERNEL k\n", "BOOT_IMAGE=k ");
	expect_cmdline("DEFAULT a  b  c\nLABEL a\nKERNEL k x\nAPPEND  y  z \nINITRD i\n",
		       "BOOT_IMAGE=k x y  z  initrd=i b  c");
	expect_cmdline("DEFAULT a b\nLABEL a\nLINUX k\nIPAPPEND 0x40007\n",
		       "BOOT_IMAGE=k ip=172.21.0.50:172.21.0.2:0.0.0.0:255.255.0.0 BOOTIF=01-52-54-00-12-34-57 "
		       "SYSUUID=12345678-1234-4234-9abc-def012345678 b");
	expect_cmdline("IPAPPEND 2\nDEFAULT k x\nLABEL a\n", "BOOT_IMAGE=k x BOOTIF=01-52-54-00-12-34-57");
	expect_cmdline("ALLOWOPTIONS 0\nIPAPPEND 2\nDEFAULT k x\nLABEL a\n",
		       "BOOT_IMAGE=k BOOTIF=01-52-54-00-12-34-57");
	assert_string_equal(plan.label, "");
	assert_string_equal(plan.kernel.name, "boot/k");
}

static void test_plan_uuid_that_is_none(void **state)
{
	struct pxelinux_guest other = guest;

	parse("DEFAULT a\nLABEL a\nLINUX k\nSYSAPPEND 4\n");
	other.uuid[6] = 0;
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_true(plan_make(&plan, &config, &choice.command, &other, error, sizeof(error)));
	assert_string_equal(plan.cmdline, "BOOT_IMAGE=k ");
}

static void test_plan_initrds(void **state)
{
	assert_true(make("DEFAULT a\nLABEL a\nLINUX k\nINITRD a,::b,10.0.0.1::c\n"));
	assert_int_equal(plan.n_initrds, 3);
	assert_string_equal(plan.initrd[0].name, "boot/a");
	assert_string_equal(plan.initrd[1].name, "b");
	assert_string_equal(plan.initrd[2].name, "c");
	assert_int_equal(plan.initrd[2].server[0], 10);
	/* The first that stands there counts, in a word or not. */
	assert_true(make("DEFAULT a\nLABEL a\nLINUX k\nAPPEND noinitrd=x initrd=y\nINITRD z\n"));
	assert_int_equal(plan.n_initrds, 1);
	assert_string_equal(plan.initrd[0].name, "boot/x");
	/* A tab ends a name, and not the list. */
	assert_true(make("DEFAULT a\nLABEL a\nLINUX k\nAPPEND initrd=x\ty,z\n"));
	assert_int_equal(plan.n_initrds, 2);
	assert_string_equal(plan.initrd[0].name, "boot/x");
	assert_string_equal(plan.initrd[1].name, "boot/z");
}

static void test_plan_vga_and_mem(void **state)
{
	static const struct {
		const char *append;
		unsigned int mode;
		uint64_t limit;
	} cases[] = {
		{"vga=788", 788, 0},	    {"vga=0x314", 0x314, 0},
		{"vga=ask", 0xfffd, 0},	    {"vga=EXT", 0xfffe, 0},
		{"vga=normal", 0xffff, 0},  {"vga=current", 0x0f04, 0},
		{"xvga=3", 0, 0},	    {"vga=1 vga=2", 2, 0},
		{"mem=64M", 0, 64 << 20},   {"mem=0x100000", 0, 1 << 20},
		{"mem=1G mem=2k", 0, 2048}, {"mem=99999999999E", 0, UINT64_MAX},
		{"mem=nopentium", 0, 0},    {"memmap=1G mem=512", 0, 512},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "DEFAULT a\nLABEL a\nAPPEND %s\n", cases[i].append);
		assert_true(make(text));
		assert_int_equal(plan.video_mode, cases[i].mode);
		assert_true(plan.memory_limit == cases[i].limit);
	}
}

static void test_plan_choice(void **state)
{
	parse("TIMEOUT 50\nDEFAULT a\nLABEL a\nLABEL b\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_false(choice.ask);
	parse("PROMPT 1\nNOESCAPE 1\nDEFAULT a\nLABEL a\nLABEL b\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_false(choice.ask);
	parse("PROMPT 1\nTIMEOUT 50\nTOTALTIMEOUT 600\nDEFAULT b x\nLABEL a\nLABEL b\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_true(choice.ask);
	assert_int_equal(choice.timeout_ms, 5000);
	assert_int_equal(choice.total_timeout_ms, 60000);
	assert_string_equal(choice.preferred, "b");
	assert_string_equal(choice.command.text, "b x");
	/* Nothing is booted by itself. */
	parse("TIMEOUT 50\nLABEL a\nLABEL b\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_true(choice.ask);
	assert_null(choice.command.text);
	assert_null(choice.preferred);
	assert_false(plan_make(&plan, &config, &choice.command, &guest, error, sizeof(error)));
}

static void test_plan_choice_by_a_menu(void **state)
{
	parse("UI boot/menu.c32\nMENU TITLE T\nLABEL h\nMENU HIDE\nLABEL a\nLABEL b\nMENU DEFAULT\nLABEL c\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_true(choice.ask);
	assert_string_equal(choice.title, "T");
	assert_string_equal(choice.command.text, "b");
	/* DEFAULT counts beside a UI line only. */
	parse("UI menu.c32\nDEFAULT c\nLABEL a\nLABEL b\nMENU DEFAULT\nLABEL c\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_string_equal(choice.preferred, "c");
	parse("UI menu.c32\nDEFAULT h\nLABEL a\nLABEL h\nMENU HIDE\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_string_equal(choice.preferred, "a");
	/* A label may begin it, as long as that says nothing else. */
	parse("DEFAULT m\nLABEL a\nLABEL m\nMENU HIDE\nCOM32 menu.c32\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_string_equal(choice.preferred, "a");
	expect_refused("DEFAULT m\nLABEL a\nLABEL m\nMENU HIDE\nCOM32 menu.c32\nAPPEND other.cfg\n",
		       "f:5: COM32 menu.c32");
	expect_refused("DEFAULT m x\nLABEL a\nLABEL m\nMENU HIDE\nKERNEL menu.c32\n", "f:5: KERNEL menu.c32");
	parse("DEFAULT menu.c32\nONTIMEOUT c x\nLABEL a\nLABEL c\n");
	assert_true(plan_choose(&choice, &config, error, sizeof(error)));
	assert_string_equal(choice.preferred, "a");
	assert_string_equal(choice.command.text, "c x");
}

static int free_config(void **state)
{
	pxelinux_config_free(&config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_nothing_to_boot),
		cmocka_unit_test(test_plan_other_user_interface),
		cmocka_unit_test(test_plan_menu_not_understood),
		cmocka_unit_test(test_plan_entry_that_is_no_kernel),
		cmocka_unit_test(test_plan_implicit_refused),
		cmocka_unit_test(test_plan_sysappend_refused),
		cmocka_unit_test(test_plan_initrd_refused),
		cmocka_unit_test(test_plan_too_long),
		cmocka_unit_test(test_plan_keeppxe),
		cmocka_unit_test(test_plan_local_boot),
		cmocka_unit_test(test_plan_cmdline),
		cmocka_unit_test(test_plan_uuid_that_is_none),
		cmocka_unit_test(test_plan_initrds),
		cmocka_unit_test(test_plan_vga_and_mem),
		cmocka_unit_test(test_plan_choice),
		cmocka_unit_test(test_plan_choice_by_a_menu),
		cmocka_unit_test(test_plan_golden_files),
	};

	return cmocka_run_group_tests(tests, NULL, free_config);
}
