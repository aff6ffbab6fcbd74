/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of pvboot/probe_files.c: the names that a boot asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "probe_files.h"
#include "probe_show.h"

static struct boot_info info;
static struct probe_names names;
static const uint8_t uuid[16] = {0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0x78, 0x56,
				 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78};

void probe_show(const char *fmt, ...)
{
}

/* A result with this boot file, whose ACK and reply carry what craft ends up with. */
static void list(const char *bootfile, struct craft *craft)
{
	memset(&info, 0, sizeof(info));
	memcpy(info.res.lease.address, "\254\25\0\62", 4);
	strncpy(info.res.lease.bootfile, bootfile, sizeof(info.res.lease.bootfile) - 1);
	if (craft) {
		craft_end(craft);
		memcpy(info.res.ack, craft->buf, craft->len);
		memcpy(info.res.reply, craft->buf, craft->len);
	}
	boot_info_identify(&info, craft_mac, true, uuid);
	boot_info_read(&info, 0);
	probe_names(&names, &info);
}

static void test_names_of_another_program(void **state)
{
	list("grub/core.0", NULL);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.entry[0].file.name, "grub/core.0");
	/* Only the file's own name counts, not its directory's. */
	list("pxelinux/core.0", NULL);
	assert_int_equal(names.count, 1);
}

static void test_names_of_pxelinux(void **state)
{
	static const char *const wanted[] = {
		"boot/lpxelinux.0",
		"boot/ldlinux.c32",
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

	list("boot/lpxelinux.0", NULL);
	assert_int_equal(names.count, sizeof(wanted) / sizeof(wanted[0]));
	for (unsigned int i = 0; i < names.count; i++)
		assert_string_equal(names.entry[i].file.name, wanted[i]);
	assert_int_equal(names.entry[0].kind, PROBE_PROGRAM);
	assert_int_equal(names.entry[1].kind, PROBE_MODULE);
	assert_int_equal(names.entry[2].kind, PROBE_CONFIG);
}

static void test_names_prefix_splits_at_underscore(void **state)
{
	list("net_pxelinux.0", NULL);
	assert_string_equal(names.entry[1].file.name, "net_ldlinux.c32");
}

static void test_names_uuid_that_pxelinux_refuses(void **state)
{
	list("pxelinux.0", NULL);
	boot_info_identify(&info, craft_mac, false, uuid);
	probe_names(&names, &info);
	assert_string_equal(names.entry[2].file.name, "pxelinux.cfg/01-52-54-00-12-34-57");
}

static void test_names_with_options(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_ACK);
	craft_string(&c, DHCP_OPT_PXELINUX_PREFIX, "http://10.0.0.1/");
	craft_string(&c, DHCP_OPT_PXELINUX_CONFIG, "my.cfg");
	list("pxelinux.0", &c);
	assert_string_equal(names.entry[0].file.name, "pxelinux.0");
	assert_string_equal(names.entry[1].file.name, "http://10.0.0.1/ldlinux.c32");
	assert_string_equal(names.entry[2].file.name, "http://10.0.0.1/my.cfg");
	assert_string_equal(names.entry[names.count - 1].file.name, "http://10.0.0.1/pxelinux.cfg/default");
}

static void test_names_longest(void **state)
{
	char bootfile[PVBOOT_BOOTFILE_MAX];
	struct craft c;
	char prefix[256];

	memset(prefix, 'p', 255);
	prefix[255] = 0;
	memset(bootfile, '/', sizeof(bootfile) - 1);
	memcpy(bootfile + sizeof(bootfile) - 11, "pxelinux.0", 11);
	craft_begin(&c, DHCP_ACK);
	craft_string(&c, DHCP_OPT_PXELINUX_PREFIX, prefix);
	craft_string(&c, DHCP_OPT_PXELINUX_CONFIG, prefix);
	list(bootfile, &c);
	assert_int_equal(names.count, 14);
	assert_int_equal(strlen(names.entry[2].file.name), 510);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_another_program),
		cmocka_unit_test(test_names_of_pxelinux),
		cmocka_unit_test(test_names_prefix_splits_at_underscore),
		cmocka_unit_test(test_names_uuid_that_pxelinux_refuses),
		cmocka_unit_test(test_names_with_options),
		cmocka_unit_test(test_names_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
