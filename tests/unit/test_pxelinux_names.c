/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/pxelinux/pxelinux_names.c: what pxelinux asks for, and what its file names mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "pxelinux/pxelinux_names.h"

static const uint8_t uuid[16] = {0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0x78, 0x56,
				 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78};
static struct pxelinux_file file;
static char error[256];

static bool resolve(const char *prefix, const char *name)
{
	error[0] = 0;
	return pxelinux_file_resolve(&file, prefix, name, strlen(name), error, sizeof(error));
}

static void expect_refused_(const char *prefix, const char *name, const char *words, int line)
{
	if (!resolve(prefix, name) && strstr(error, words))
		return;
	print_error("\"%s\": \"%s\" does not say \"%s\"\n", name, error, words);
	_fail(__FILE__, line);
}
#define expect_refused(prefix, name, words) expect_refused_(prefix, name, words, __LINE__)

static void expect_file_(const char *prefix, const char *name, const char *text, int line)
{
	char found[PXELINUX_NAME_TEXT_MAX] = "";

	if (resolve(prefix, name)) {
		pxelinux_file_text(found, &file);
		if (!strcmp(found, text))
			return;
	}
	print_error("\"%s\" is \"%s\" (%s), not \"%s\"\n", name, found, error, text);
	_fail(__FILE__, line);
}
#define expect_file(prefix, name, text) expect_file_(prefix, name, text, __LINE__)

static void test_name_empty(void **state)
{
	expect_refused("boot/", "", "empty");
	expect_refused("", "::", "no file");
	expect_refused("", "10.0.0.1::", "no file");
	expect_refused("", "tftp://10.0.0.1/", "no file");
	expect_refused("", "tftp://10.0.0.1/;mode=octet", "no file");
}

static void test_name_too_long(void **state)
{
	char name[PXELINUX_WRITTEN_MAX + 2], prefix[PVBOOT_NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	name[PXELINUX_WRITTEN_MAX + 1] = 0;
	expect_refused("", name, "256 bytes");
	name[PXELINUX_WRITTEN_MAX] = 0;
	assert_true(resolve("", name));
	memset(prefix, 'p', sizeof(prefix));
	prefix[PVBOOT_NAME_MAX - PXELINUX_WRITTEN_MAX] = 0;
	assert_true(resolve(prefix, name));
	assert_int_equal(strlen(file.name), PVBOOT_NAME_MAX);
	prefix[PVBOOT_NAME_MAX - PXELINUX_WRITTEN_MAX] = 'p';
	prefix[PVBOOT_NAME_MAX - PXELINUX_WRITTEN_MAX + 1] = 0;
	expect_refused(prefix, name, "too long behind its prefix");
}

static void test_name_server_is_no_address(void **state)
{
	expect_refused("", "server::linux", "IPv4 address");
	expect_refused("", "10.0.0.256::linux", "IPv4 address");
	expect_refused("", "10.0.0.1.2.3.4.5.6.7.8.9.10.11.12.13::linux", "IPv4 address");
	expect_refused("", "tftp://server/linux", "IPv4 address");
	expect_refused("", "tftp://user@10.0.0.1/linux", "IPv4 address");
	expect_refused("", "tftp://10.0.0.1", "no file");
	expect_refused("", "tftp://10.0.0.1:0/linux", "no good port");
	expect_refused("", "tftp://10.0.0.1:65536/linux", "no good port");
	expect_refused("", "tftp://10.0.0.1/%00b", "no file");
}

static void test_name_behind_a_prefix(void **state)
{
	expect_file("", "linux", "linux");
	expect_file("boot/", "linux", "boot/linux");
	/* A slash does not lead to the root. */
	expect_file("boot/", "/linux", "boot//linux");
	expect_file("boot/", "../linux", "boot/../linux");
	expect_file("net_", "linux", "net_linux");
	expect_file("http://10.0.0.1/", "linux", "http://10.0.0.1/linux");
	expect_file("tftp://10.0.0.1/x/", "linux", "10.0.0.1::x/linux");
	expect_file("10.0.0.1::x/", "linux", "10.0.0.1::x/linux");
}

static void test_name_without_a_prefix(void **state)
{
	static const uint8_t none[4];

	expect_file("boot/", "::linux", "linux");
	assert_memory_equal(file.server, none, 4);
	expect_file("boot/", "10.0.0.1::dir/linux", "10.0.0.1::dir/linux");
	assert_string_equal(file.name, "dir/linux");
	assert_int_equal(file.server[0], 10);
	expect_file("boot/", "tftp://10.0.0.1/dir/a%20b;mode=octet", "10.0.0.1::dir/a b");
	expect_file("boot/", "tftp://10.0.0.1:6969/linux", "tftp://10.0.0.1:6969/linux");
	assert_int_equal(file.port, 6969);
	expect_file("boot/", "tftp:///linux", "linux");
	expect_file("boot/", "http://host/a%20b", "http://host/a%20b");
	expect_file("boot/", "tftp://10.0.0.1/100%", "10.0.0.1::100%");
	/* As pxelinux does: test_pxelinux_urls.py. */
	expect_file("boot/", "tftp://10.0.0.1:/linux", "10.0.0.1::linux");
	expect_file("boot/", "tftp://10.0.0.1/a%00b", "10.0.0.1::a");
	expect_file("boot/", "TFTP://10.0.0.1/dir/a%20b;mode=octet", "10.0.0.1::dir/a b");
	expect_file("boot/", "tftp://10.0.0.1/a?b=c#d", "10.0.0.1::a?b=c");
	expect_file("boot/", "10.0.0.1::a%20b;mode=octet#c", "10.0.0.1::a%20b;mode=octet#c");
	expect_file("boot/", "a%20b;mode=octet#c", "boot/a%20b;mode=octet#c");
	expect_file("boot/", "pvboot://10.0.0.1/a%20b;mode=octet#c", "10.0.0.1::a%20b;mode=octet#c");
	expect_file("tftp://10.0.0.1/x%20y/", "a%20b", "10.0.0.1::x y/a b");
	/* What an escape stands for is part of the name. */
	expect_file("boot/", "tftp://10.0.0.1/http%3a//b%3b%23", "10.0.0.1::http://b;#");
	assert_false(file.is_url);
	expect_file("boot/", "HTTP://host/a%20b", "HTTP://host/a%20b");
	assert_true(file.is_url);
}

static void test_name_with_a_colon(void **state)
{
	expect_file("boot/", "a:b", "boot/a:b");
	expect_file("boot/", "a:b::c", "boot/a:b::c");
	expect_file("a:", ":b", "a::b");
}

static void test_names_order(void **state)
{
	static const char *const wanted[] = {
		"boot/my.cfg",
		"boot/pxelinux.cfg/78563412-3412-7856-9abc-def012345678",
		"boot/pxelinux.cfg/01-52-54-00-12-34-57",
		"boot/pxelinux.cfg/AC150032",
		"boot/pxelinux.cfg/AC15003",
		"boot/pxelinux.cfg/AC1500",
		"boot/pxelinux.cfg/AC150",
		"boot/pxelinux.cfg/AC15",
		"boot/pxelinux.cfg/AC1",
		"boot/pxelinux.cfg/AC",
		"boot/pxelinux.cfg/A",
		"boot/pxelinux.cfg/default",
	};
	struct pxelinux_guest guest = {.address = {172, 21, 0, 50}, .prefix = "boot/", .config = "my.cfg"};
	static struct pxelinux_names names;

	memcpy(guest.mac, craft_mac, 6);
	memcpy(guest.uuid, uuid, 16);
	pxelinux_names(&names, &guest);
	assert_int_equal(names.count, PXELINUX_NAMES_MAX);
	for (unsigned int i = 0; i < names.count; i++)
		assert_string_equal(names.file[i].name, wanted[i]);
	/* What pxelinux takes for no UUID. */
	guest.uuid[6] = 0x0f;
	guest.config[0] = 0;
	pxelinux_names(&names, &guest);
	assert_int_equal(names.count, PXELINUX_NAMES_MAX - 2);
	assert_string_equal(names.file[0].name, wanted[2]);
	guest.uuid[6] = 0xf0;
	pxelinux_names(&names, &guest);
	assert_int_equal(names.count, PXELINUX_NAMES_MAX - 2);
}

static void test_names_config_of_another_server(void **state)
{
	struct pxelinux_guest guest = {.prefix = "boot/", .config = "10.9.8.7::my.cfg"};
	static struct pxelinux_names names;

	pxelinux_names(&names, &guest);
	assert_string_equal(names.file[0].name, "my.cfg");
	assert_int_equal(names.file[0].server[1], 9);
	/* One that cannot be had is left out. */
	strcpy(guest.config, "host::my.cfg");
	pxelinux_names(&names, &guest);
	assert_string_equal(names.file[0].name, "boot/pxelinux.cfg/01-00-00-00-00-00-00");
}

static void test_guest_of_a_lease(void **state)
{
	struct boot_info info = {
		.res.lease = {.address = {172, 21, 0, 50}, .boot_server = {172, 21, 0, 2}, .router = {172, 21, 0, 9}},
		.mac = {0x52, 0x54, 0, 1, 2, 3},
		.netmask = {255, 255, 0, 0},
		.router = {172, 21, 0, 1},
		.prefix = "dir/",
		.config = "a.cfg",
	};
	struct pxelinux_guest guest;

	memcpy(info.uuid, uuid, 16);
	pxelinux_guest_make(&guest, &info);
	assert_memory_equal(guest.mac, info.mac, 6);
	assert_memory_equal(guest.uuid, uuid, 16);
	assert_int_equal(guest.address[3], 50);
	assert_int_equal(guest.server[3], 2);
	assert_int_equal(guest.router[3], 1);
	assert_memory_equal(guest.netmask, info.netmask, 4);
	assert_string_equal(guest.prefix, "dir/");
	assert_string_equal(guest.config, "a.cfg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_empty),
		cmocka_unit_test(test_name_too_long),
		cmocka_unit_test(test_name_server_is_no_address),
		cmocka_unit_test(test_name_behind_a_prefix),
		cmocka_unit_test(test_name_without_a_prefix),
		cmocka_unit_test(test_name_with_a_colon),
		cmocka_unit_test(test_names_order),
		cmocka_unit_test(test_names_config_of_another_server),
		cmocka_unit_test(test_guest_of_a_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
