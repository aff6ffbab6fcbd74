/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm_plan.c - PLAN: what a VM is told to boot, by its section or by a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fake_network.h"
#include "pxelinux/plan_answer.h"
#include "pxelinux/plan_boot.h"
#include "vm_world.h"

static struct pvboot_plan plan; /* of the last answer */

static struct conf_vm *section(struct fixture *f, const char *name)
{
	return (struct conf_vm *)conf_find_vm(&f->conf, name);
}

static void ask(struct fixture *f, uint32_t id)
{
	struct pvboot_plan_args args = {0};

	fake_device_request(&f->dev, id, PVBOOT_OP_PLAN, &args, sizeof(args), sizeof(plan));
}

static void expect_plan(struct fixture *f, uint32_t id, uint32_t kind)
{
	fake_device_reply(&f->dev, id);
	assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, sizeof(plan));
	memcpy(&plan, f->dev.result, sizeof(plan));
	assert_int_equal(plan.kind, kind);
}

static void write_config(struct fixture *f, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/pxelinux.cfg", f->root);
	mkdir(path, 0755);
	write_file(f, "pxelinux.cfg/default", text, strlen(text));
}

/* "local" boots directly, with that configuration, and has a lease.  NULL: there is no configuration. */
static void begin(struct fixture *f, const char *config)
{
	section(f, "local")->direct = true;
	join(f, "local", 0);
	if (config)
		write_config(f, config);
	discover(f, 1, 0);
}

/* The same, and it asks for a plan: answer 2. */
static void begin_plan(struct fixture *f, const char *config)
{
	begin(f, config);
	ask(f, 2);
}

/* name, whose plan needs a file of its server, has a lease and asks for a plan: answer 2, which has to wait. */
static void begin_fetch(struct fixture *f, const char *name)
{
	section(f, name)->direct = true;
	join(f, name, 0);
	lease(f);
	ask(f, 2);
	fake_device_turn(&f->dev);
}

static void expect_words(const char *words)
{
	if (!strstr(plan.bytes + plan.text_at, words))
		fail_msg("\"%s\" does not say \"%s\"", plan.bytes + plan.text_at, words);
}

/* [LNK-10] */
static void test_plan_malformed_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_plan_args args = {0};

	join(f, "local", 0);
	fake_device_request(&f->dev, 1, PVBOOT_OP_PLAN, &args, sizeof(args) - 1, ROOM);
	expect_status(f, 1, PVBOOT_S_BAD_REQUEST);
	fake_device_request(&f->dev, 2, PVBOOT_OP_PLAN, &args, sizeof(args), sizeof(plan) - 1);
	expect_status(f, 2, PVBOOT_S_BAD_REQUEST);
	args.choice = 1; /* of no list */
	fake_device_request(&f->dev, 3, PVBOOT_OP_PLAN, &args, sizeof(args), ROOM);
	expect_status(f, 3, PVBOOT_S_BAD_REQUEST);
	args = (struct pvboot_plan_args){.flags = PVBOOT_PLAN_F_LIST << 1};
	fake_device_request(&f->dev, 4, PVBOOT_OP_PLAN, &args, sizeof(args), ROOM);
	expect_status(f, 4, PVBOOT_S_UNSUPPORTED);
}

static void test_plan_of_a_boot_program_is_none_without_words(void **state)
{
	struct fixture *f = *state;

	join(f, "local", 0);
	write_config(f, "DEFAULT a\nLABEL a\nLINUX k\n");
	ask(f, 1);
	expect_plan(f, 1, PVBOOT_PLAN_NONE);
	assert_int_equal(plan.text_len, 0);
}

static void test_plan_without_configuration_says_why(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, NULL);
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("no direct boot: ");
}

static void test_plan_that_asks_says_why(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX k\n");
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("asks which label");
}

/* ---- a list ------------------------------------------------------------------------------------------------------ */

static struct pvboot_plan_list list;

static void choose(struct fixture *f, uint32_t id, uint32_t choice)
{
	struct pvboot_plan_args args = {.flags = PVBOOT_PLAN_F_LIST, .choice = choice};

	fake_device_request(&f->dev, id, PVBOOT_OP_PLAN, &args, sizeof(args), sizeof(plan));
}

static void expect_list(struct fixture *f, uint32_t id)
{
	expect_plan(f, id, PVBOOT_PLAN_LIST);
	memcpy(&list, f->dev.result, sizeof(list));
}

static const char *entry(unsigned int n)
{
	const char *s = list.bytes;

	while (n--)
		s += strlen(s) + 1;
	return s;
}

#define MENU                                                                                                           \
	"UI menu.c32\nMENU TITLE What?\nTIMEOUT 30\nTOTALTIMEOUT 600\nONTIMEOUT c late\n"                              \
	"LABEL a\nMENU LABEL ^First\nLINUX k\nLABEL h\nMENU HIDE\nLINUX nothing\n"                                     \
	"LABEL b\nMENU DEFAULT\nLINUX k\nAPPEND second\nLABEL c\nMENU HIDE\nLINUX k\nLABEL d\nLOCALBOOT 0\n"

static void begin_list(struct fixture *f, const char *text)
{
	begin(f, text);
	choose(f, 2, 0);
}

/* [DEV-50] */
static void test_plan_list_has_the_labels_that_are_shown(void **state)
{
	struct fixture *f = *state;

	begin_list(f, MENU);
	expect_list(f, 2);
	assert_int_equal(list.n_entries, 3);
	assert_int_equal(list.selected, 1);
	assert_int_equal(list.timeout_ms, 3000);
	assert_int_equal(list.total_ms, 60000);
	assert_int_not_equal(list.first, 0);
	assert_string_equal(entry(0), "What?");
	assert_string_equal(entry(1), "First");
	assert_string_equal(entry(2), "b");
	assert_string_equal(entry(3), "d");
}

static void test_plan_list_choice_is_the_label(void **state)
{
	struct fixture *f = *state;

	begin_list(f, MENU);
	expect_list(f, 2);
	choose(f, 3, list.first + 1);
	expect_plan(f, 3, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.text_at, "BOOT_IMAGE=k second");
	choose(f, 4, list.first + 2);
	expect_plan(f, 4, PVBOOT_PLAN_LOCAL);
	choose(f, 5, list.first + 3); /* the time is up */
	expect_plan(f, 5, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.text_at, "BOOT_IMAGE=k late");
}

/* [DEV-51] */
static void test_plan_list_choice_that_is_none_is_asked_again(void **state)
{
	struct fixture *f = *state;

	begin_list(f, MENU);
	expect_list(f, 2);
	choose(f, 3, list.first + 4);
	expect_list(f, 3);
	choose(f, 4, list.first - 1);
	expect_list(f, 4);
}

/* Without a timeout there is nothing that the time could be up for. */
static void test_plan_list_without_timeout_is_never_up(void **state)
{
	struct fixture *f = *state;

	begin_list(f, "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX k\n");
	expect_list(f, 2);
	assert_int_equal(list.timeout_ms | list.total_ms, 0);
	choose(f, 3, list.first + 1);
	expect_list(f, 3);
}

/* The same names, and another kernel behind one of them. */
static void test_plan_list_choice_from_an_older_list_is_asked_again(void **state)
{
	struct fixture *f = *state;
	uint32_t old;

	begin_list(f, "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX k\nLABEL b\nLINUX l\n");
	expect_list(f, 2);
	old = list.first;
	write_config(f, "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX m\nLABEL b\nLINUX l\n");
	choose(f, 3, old);
	expect_list(f, 3);
	assert_int_not_equal(list.first, old);
	choose(f, 4, list.first);
	expect_plan(f, 4, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "m");
}

/* Not shown at all: the boot program has what this one lacks. */
static void test_plan_list_with_an_entry_that_cannot_be_booted(void **state)
{
	struct fixture *f = *state;

	begin_list(f, "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX k\nLABEL b\nCOM32 chain.c32\n");
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("pxelinux.cfg/default:6: COM32");
}

static void test_plan_list_with_an_entry_of_too_many_files(void **state)
{
	struct fixture *f = *state;

	begin_list(f,
		   "PROMPT 1\nDEFAULT a\nLABEL a\nLINUX k\nLABEL b\nLINUX k\nINITRD 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g\n");
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("b has too many");
}

static void test_plan_list_whose_timeout_cannot_be_booted(void **state)
{
	struct fixture *f = *state;

	begin_list(f, "PROMPT 1\nTIMEOUT 10\nONTIMEOUT x.c32\nDEFAULT a\nLABEL a\nLINUX k\n");
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("x.c32");
}

static void test_plan_list_that_is_too_long(void **state)
{
	static char text[65536];
	struct fixture *f = *state;
	size_t len = (size_t)sprintf(text, "PROMPT 1\nDEFAULT l\n");

	for (int i = 0; i < 200; i++)
		len += (size_t)sprintf(text + len, "LABEL l%d\nMENU LABEL %060d\nLINUX k\n", i, i);
	begin_list(f, text);
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("more labels than can be shown");
}

static void test_plan_list_title_is_printable_and_cut(void **state)
{
	struct fixture *f = *state;

	begin_list(f, "PROMPT 1\nDEFAULT a\nLABEL a\nMENU LABEL \xc3\xa4"
		      "12345678901234567890123456789012345678901234567890123456789012345678901234567890\nLINUX k\n");
	expect_list(f, 2);
	assert_int_equal(strlen(entry(1)), 72);
	assert_int_equal(strncmp(entry(1), "??123", 5), 0);
}

/* ---- what is booted ---------------------------------------------------------------------------------------------- */

static void test_plan_by_pxelinux_configuration(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, "DEFAULT a\nLABEL a\nLINUX k\nINITRD i,j\nAPPEND x vga=ask\n");
	expect_plan(f, 2, PVBOOT_PLAN_LINUX);
	assert_int_equal(plan.n_files, 3);
	assert_int_equal(plan.video_mode, 0xfffd);
	assert_int_equal(plan.file[0].name_len, 1);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "k");
	assert_string_equal(plan.bytes + plan.file[2].name_at, "j");
	assert_string_equal(plan.bytes + plan.text_at, "BOOT_IMAGE=k x vga=ask initrd=i,j");
	assert_int_equal(plan.text_len, strlen(plan.bytes + plan.text_at));
}

/* ---- a boot file that is a kernel -------------------------------------------------------------------------------- */

static void write_kernel(struct fixture *f, const char *name)
{
	uint8_t head[1024] = {[0x1fe] = 0x55, [0x1ff] = 0xaa, [0x202] = 'H', 'd', 'r', 'S'};

	write_file(f, name, head, sizeof(head));
}

static void test_plan_boot_file_is_a_kernel(void **state)
{
	struct fixture *f = *state;
	struct conf_vm *vm = section(f, "local");

	vm->direct = true;
	assert_true(conf_set(&f->conf, vm, "append", "x initrd=i"));
	assert_true(conf_check(&f->conf, "f"));
	write_kernel(f, "small");
	begin_plan(f, "DEFAULT a\nLABEL a\nLINUX k\n");
	expect_plan(f, 2, PVBOOT_PLAN_LINUX);
	assert_int_equal(plan.n_files, 2);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "small");
	assert_string_equal(plan.bytes + plan.text_at, "BOOT_IMAGE=small x initrd=i");
}

static void test_plan_boot_file_is_a_kernel_that_cannot_be_booted(void **state)
{
	struct fixture *f = *state;

	assert_true(conf_set(&f->conf, section(f, "local"), "append", "keeppxe"));
	write_kernel(f, "small");
	begin_plan(f, NULL);
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("no direct boot of small: keeppxe");
}

/* It is too short to be one. */
static void test_plan_boot_file_is_no_kernel(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, "DEFAULT a\nLABEL a\nLINUX k\n");
	expect_plan(f, 2, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "k");
}

/* As soon as its head has come. */
static void test_plan_boot_file_that_comes_slowly(void **state)
{
	static const uint8_t head[PLAN_KERNEL_HEAD] = {[0x1fe] = 0x55, [0x1ff] = 0xaa, [0x202] = 'H', 'd', 'r', 'S'};
	struct fixture *f = *state;

	assert_true(conf_set(&f->conf, section(f, "t1"), "boot_file", "vmlinuz"));
	begin_fetch(f, "t1");
	fake_tftp_opened(1 << 20);
	assert_true(fake_tftp_data(head, sizeof(head) - 1));
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 1);
	assert_true(fake_tftp_data(head + sizeof(head) - 1, 1));
	expect_plan(f, 2, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "vmlinuz");
}

/* More text than the answer holds, from a prefix as long as one may be. */
static void test_plan_names_too_long_for_the_answer(void **state)
{
	static struct plan long_one;
	static struct pvboot_plan answer;

	memset(long_one.kernel.name, 'k', PVBOOT_NAME_MAX);
	for (long_one.n_initrds = 0; long_one.n_initrds < 6; long_one.n_initrds++)
		memset(long_one.initrd[long_one.n_initrds].name, 'i', PVBOOT_NAME_MAX);
	assert_true(plan_answer(&answer, &long_one)); /* 7 names of 1024 bytes */
	memset(long_one.cmdline, 'c', PVBOOT_PLAN_TEXT - 7 * (PVBOOT_NAME_MAX + 1) - 1);
	assert_true(plan_answer(&answer, &long_one));
	assert_int_equal(answer.text_at + answer.text_len, PVBOOT_PLAN_TEXT - 1);
	memset(long_one.cmdline, 'c', PVBOOT_PLAN_TEXT - 7 * (PVBOOT_NAME_MAX + 1));
	assert_false(plan_answer(&answer, &long_one));
}

static void test_plan_cancelled_while_the_boot_file_is_looked_at(void **state)
{
	struct fixture *f = *state;

	assert_true(conf_set(&f->conf, section(f, "t1"), "boot_file", "vmlinuz"));
	begin_fetch(f, "t1");
	assert_int_equal(fake_tftp_running, 1);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 2, NULL, 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 0);
	while (fake_device_next(&f->dev))
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_REPLY);
	assert_false(fake_device_ended(&f->dev));
}

static void test_plan_localboot(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, "DEFAULT a\nLABEL a\nLOCALBOOT 0\n");
	expect_plan(f, 2, PVBOOT_PLAN_LOCAL);
}

static void test_plan_too_many_files_is_left_to_the_boot_program(void **state)
{
	struct fixture *f = *state;

	begin_plan(f, "DEFAULT a\nLABEL a\nLINUX k\nINITRD 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g\n");
	expect_plan(f, 2, PVBOOT_PLAN_NONE);
	expect_words("too many");
}

static void test_plan_by_section(void **state)
{
	struct fixture *f = *state;
	struct conf_vm *vm = section(f, "local");

	assert_true(conf_set(&f->conf, vm, "kernel", "boot/k"));
	assert_true(conf_set(&f->conf, vm, "initrd", "i"));
	assert_true(conf_set(&f->conf, vm, "append", "a b"));
	join(f, "local", 0);
	ask(f, 1);
	expect_plan(f, 1, PVBOOT_PLAN_LINUX);
	assert_int_equal(plan.n_files, 2);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "boot/k");
	assert_string_equal(plan.bytes + plan.text_at, "a b");
}

/* One whose kernel is a file of the host's own may have that, and nothing else of the host. */
static void test_plan_sealed_vm_gets_its_files_only(void **state)
{
	struct fixture *f = *state;
	struct conf_vm *vm = section(f, "local");
	char kernel[96];

	snprintf(kernel, sizeof(kernel), "%s/small", f->root);
	assert_true(conf_set(&f->conf, vm, "kernel", kernel));
	vm->root[0] = '\0';
	assert_true(conf_check(&f->conf, "f"));
	assert_true(vm->sealed);
	assert_true(conf_open_roots(&f->conf, "f"));
	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "/etc/passwd", 0);
	expect_status(f, 1, PVBOOT_S_DENIED);
	fake_device_open(&f->dev, 2, kernel + 1, 0);
	expect_status(f, 2, PVBOOT_S_DENIED);
	fake_device_open(&f->dev, 3, kernel, 0);
	expect_status(f, 3, PVBOOT_S_OK);
}

/* Whoever is gone is not answered, and leaves nothing behind. */
static void test_plan_cancelled_while_it_is_fetched(void **state)
{
	struct fixture *f = *state;

	begin_fetch(f, "net");
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 2, NULL, 0);
	ask(f, 3);
	fake_device_turn(&f->dev);
	fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
	fake_device_turn(&f->dev);
	while (fake_device_next(&f->dev))
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_REPLY);
	assert_false(fake_device_ended(&f->dev));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_plan_malformed_is_refused),
		TEST(test_plan_of_a_boot_program_is_none_without_words),
		TEST(test_plan_without_configuration_says_why),
		TEST(test_plan_that_asks_says_why),
		TEST(test_plan_list_has_the_labels_that_are_shown),
		TEST(test_plan_list_choice_is_the_label),
		TEST(test_plan_list_choice_that_is_none_is_asked_again),
		TEST(test_plan_list_without_timeout_is_never_up),
		TEST(test_plan_list_choice_from_an_older_list_is_asked_again),
		TEST(test_plan_list_with_an_entry_that_cannot_be_booted),
		TEST(test_plan_list_with_an_entry_of_too_many_files),
		TEST(test_plan_list_whose_timeout_cannot_be_booted),
		TEST(test_plan_list_that_is_too_long),
		TEST(test_plan_list_title_is_printable_and_cut),
		TEST(test_plan_by_pxelinux_configuration),
		TEST(test_plan_boot_file_is_a_kernel),
		TEST(test_plan_boot_file_is_a_kernel_that_cannot_be_booted),
		TEST(test_plan_boot_file_is_no_kernel),
		TEST(test_plan_boot_file_that_comes_slowly),
		cmocka_unit_test(test_plan_names_too_long_for_the_answer),
		TEST(test_plan_cancelled_while_the_boot_file_is_looked_at),
		TEST(test_plan_localboot),
		TEST(test_plan_too_many_files_is_left_to_the_boot_program),
		TEST(test_plan_by_section),
		TEST(test_plan_sealed_vm_gets_its_files_only),
		TEST(test_plan_cancelled_while_it_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
