/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/dhcp/boot_info.c: what the packets of a lease say of a boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "dhcp/boot_info.h"

#define SITE_OPTION 224

static struct boot_info info;
static const uint8_t none[4];

static void put(uint8_t packet[PVBOOT_DHCP_PACKET], struct craft *craft)
{
	craft_end(craft);
	memset(packet, 0, PVBOOT_DHCP_PACKET);
	memcpy(packet, craft->buf, craft->len);
}

/* Read a lease of a boot file, with these packets. */
static void read_lease(const char *file, struct craft *ack, struct craft *reply)
{
	memset(&info, 0, sizeof(info));
	snprintf(info.res.lease.bootfile, sizeof(info.res.lease.bootfile), "%s", file);
	put(info.res.ack, ack);
	put(info.res.reply, reply);
	boot_info_read(&info, SITE_OPTION);
}

static void begin(struct craft *ack, struct craft *reply)
{
	craft_begin(ack, DHCP_ACK);
	craft_begin(reply, DHCP_ACK);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void test_no_packets(void **state)
{
	memset(&info, 0, sizeof(info));
	strcpy(info.res.lease.bootfile, "dir/pxelinux.0");
	boot_info_read(&info, SITE_OPTION);
	assert_false(info.well_formed);
	assert_false(info.prefix_sent);
	assert_string_equal(info.prefix, "dir/");
	assert_string_equal(info.config, "");
	assert_string_equal(info.site_text, "");
	assert_memory_equal(info.router, none, 4);
}

static void test_one_packet_is_malformed(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_string(&ack, DHCP_OPT_PXELINUX_CONFIG, "a.cfg");
	read_lease("x", &ack, &reply);
	assert_true(info.well_formed);
	memset(info.res.reply + 236, 0, 4); /* the magic cookie */
	boot_info_read(&info, SITE_OPTION);
	assert_false(info.well_formed);
	assert_string_equal(info.config, "a.cfg");
}

static void test_option_that_is_cut_off(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_string(&ack, DHCP_OPT_PXELINUX_CONFIG, "a.cfg");
	read_lease("x", &ack, &reply);
	memset(info.res.ack + DHCP_HEADER, 0, PVBOOT_DHCP_PACKET - DHCP_HEADER);
	info.res.ack[PVBOOT_DHCP_PACKET - 2] = DHCP_OPT_PXELINUX_PREFIX;
	info.res.ack[PVBOOT_DHCP_PACKET - 1] = 4;
	boot_info_read(&info, SITE_OPTION);
	assert_false(info.prefix_sent);
	assert_string_equal(info.prefix, "");
	assert_string_equal(info.config, ""); /* nothing is left of the first reading */
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void test_options_of_ack_and_reply(void **state)
{
	static const uint8_t mask[4] = {255, 255, 0, 0}, router[4] = {172, 21, 0, 1};
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_option(&ack, DHCP_OPT_NETMASK, mask, 4);
	craft_option(&ack, DHCP_OPT_ROUTER, router, 4);
	craft_string(&ack, DHCP_OPT_PXELINUX_CONFIG, "a.cfg");
	craft_string(&reply, DHCP_OPT_PXELINUX_PREFIX, "other/");
	read_lease("dir/pxelinux.0", &ack, &reply);
	assert_true(info.well_formed);
	assert_memory_equal(info.netmask, mask, 4);
	assert_memory_equal(info.router, router, 4);
	assert_true(info.prefix_sent);
	assert_string_equal(info.prefix, "other/");
	assert_string_equal(info.config, "a.cfg");
}

static void test_option_of_the_reply_wins(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_string(&ack, DHCP_OPT_PXELINUX_PREFIX, "dhcp/");
	craft_string(&ack, DHCP_OPT_PXELINUX_CONFIG, "dhcp.cfg");
	craft_string(&ack, SITE_OPTION, "direct");
	craft_string(&reply, DHCP_OPT_PXELINUX_PREFIX, "proxy/");
	craft_string(&reply, DHCP_OPT_PXELINUX_CONFIG, "proxy.cfg");
	craft_string(&reply, SITE_OPTION, "program");
	read_lease("pxelinux.0", &ack, &reply);
	assert_string_equal(info.prefix, "proxy/");
	assert_string_equal(info.config, "proxy.cfg");
	assert_string_equal(info.site_text, "program");
}

static void test_options_inside_43(void **state)
{
	static const uint8_t vendor[] = {DHCP_OPT_PXELINUX_CONFIG, 5, 'v', '.', 'c',	     'f', 'g',
					 DHCP_OPT_PXELINUX_PREFIX, 2, 'v', '/', DHCP_OPT_END};
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_option(&ack, DHCP_OPT_VENDOR, vendor, sizeof(vendor));
	read_lease("dir/pxelinux.0", &ack, &reply);
	assert_true(info.prefix_sent);
	assert_string_equal(info.prefix, "v/");
	assert_string_equal(info.config, "v.cfg");
}

/* Option 52: `file` and `sname` hold options. */
static void test_options_in_overloaded_fields(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_option(&ack, DHCP_OPT_OVERLOAD, "\3", 1);
	memcpy(ack.buf + 108, "\322\3of/\377", 6);
	memcpy(ack.buf + 44, "\321\5s.cfg\340\6direct\377", 16);
	read_lease("dir/pxelinux.0", &ack, &reply);
	assert_true(info.prefix_sent);
	assert_string_equal(info.prefix, "of/");
	assert_string_equal(info.config, "s.cfg");
	assert_string_equal(info.site_text, "direct");
}

/* Of two routers pxelinux takes none. */
static void test_two_routers(void **state)
{
	static const uint8_t routers[8] = {172, 21, 0, 1, 172, 21, 0, 2};
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_option(&ack, DHCP_OPT_ROUTER, routers, 8);
	read_lease("dir/pxelinux.0", &ack, &reply);
	assert_memory_equal(info.router, none, 4);
	assert_string_equal(info.prefix, "dir/");
	assert_string_equal(info.config, "");
}

static void test_site_option(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	craft_string(&ack, SITE_OPTION, "direct");
	read_lease("x", &ack, &reply);
	assert_string_equal(info.site_text, "direct");
	boot_info_read(&info, SITE_OPTION + 1);
	assert_string_equal(info.site_text, "");
	boot_info_read(&info, 0);
	assert_string_equal(info.site_text, "");
	begin(&ack, &reply);
	craft_string(&reply, SITE_OPTION, "direct a\x1b[2Jb");
	read_lease("x", &ack, &reply);
	assert_string_equal(info.site_text, "direct a?[2Jb");
}

/* ---- the boot file ----------------------------------------------------------------------------------------------- */

static void test_what_is_named(void **state)
{
	struct craft ack, reply;

	begin(&ack, &reply);
	read_lease("", &ack, &reply);
	assert_int_equal(boot_info_named(&info), BOOT_NAMED_NOTHING);
	assert_string_equal(info.prefix, "");
	read_lease("net_pxelinux.0", &ack, &reply);
	assert_int_equal(boot_info_named(&info), BOOT_NAMED_PROGRAM);
	assert_string_equal(info.prefix, "net_");
	read_lease("http://h/lpxelinux.0", &ack, &reply);
	assert_int_equal(boot_info_named(&info), BOOT_NAMED_URL);
	assert_string_equal(info.prefix, "http://h/");
}

static void test_set_file(void **state)
{
	struct craft ack, reply;
	struct dhcp_msg msg;

	begin(&ack, &reply);
	craft_file(&reply, "long/way/pxelinux.0");
	read_lease("long/way/pxelinux.0", &ack, &reply);
	boot_info_set_file(&info, "b/x.0");
	assert_string_equal(info.res.lease.bootfile, "b/x.0");
	assert_string_equal(info.prefix, "b/");
	assert_true(dhcp_msg_parse(&msg, info.res.reply, PVBOOT_DHCP_PACKET));
	assert_string_equal(msg.file, "b/x.0");

	/* A server's prefix stays. */
	begin(&ack, &reply);
	craft_string(&ack, DHCP_OPT_PXELINUX_PREFIX, "sent/");
	read_lease("pxelinux.0", &ack, &reply);
	boot_info_set_file(&info, "b/x.0");
	assert_string_equal(info.prefix, "sent/");
}

static void test_identity(void **state)
{
	static const uint8_t uuid[16] = {1, 2, 3};
	uint8_t made[16];

	boot_info_identify(&info, craft_mac, true, uuid);
	assert_memory_equal(info.mac, craft_mac, 6);
	assert_memory_equal(info.uuid, uuid, 16);
	boot_info_identify(&info, craft_mac, false, uuid);
	dhcp_msg_uuid_of_mac(made, craft_mac);
	assert_memory_equal(info.uuid, made, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_packets),
		cmocka_unit_test(test_one_packet_is_malformed),
		cmocka_unit_test(test_option_that_is_cut_off),
		cmocka_unit_test(test_options_of_ack_and_reply),
		cmocka_unit_test(test_option_of_the_reply_wins),
		cmocka_unit_test(test_options_inside_43),
		cmocka_unit_test(test_options_in_overloaded_fields),
		cmocka_unit_test(test_two_routers),
		cmocka_unit_test(test_site_option),
		cmocka_unit_test(test_what_is_named),
		cmocka_unit_test(test_set_file),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
