/* SPDX-License-Identifier: BSD-2-Clause */
/* test_dhcp_local.c - the lease that hostd makes up, and the boot file that the configuration names over a server's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_local.h"

static char root[64];
static struct dhcp_local_request req;
static struct dhcp_result result;
static struct dhcp_msg msg;

static int setup(void **state)
{
	strcpy(root, "/tmp/test_local.XXXXXX");
	assert_non_null(mkdtemp(root));
	req = (struct dhcp_local_request){.root_path = "/boot", .boot_file = "", .mac = {0x52, 0x54, 0, 1, 2, 3}};
	req.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	close(req.root_fd);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void put(const char *name)
{
	close(openat(req.root_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void test_local_without_boot_program(void **state)
{
	dhcp_local_lease(&req, &result);
	assert_int_equal(result.status, PVBOOT_S_NO_BOOTFILE);
	assert_non_null(strstr(result.text, "/boot has no pxelinux.0"));
}

static void test_local_chooses_boot_program(void **state)
{
	put("undionly.kpxe");
	dhcp_local_lease(&req, &result);
	assert_int_equal(result.status, PVBOOT_S_OK);
	assert_string_equal(result.info.res.lease.bootfile, "undionly.kpxe");
	put("pxelinux.0");
	dhcp_local_lease(&req, &result);
	assert_string_equal(result.info.res.lease.bootfile, "pxelinux.0");
	req.boot_file = "other.0";
	dhcp_local_lease(&req, &result);
	assert_string_equal(result.info.res.lease.bootfile, "other.0");
}

/* The packets are what a DHCP parser takes for a client's and a server's. */
static void test_local_packets(void **state)
{
	char name[256];
	size_t len;

	put("pxelinux.0");
	req.has_uuid = true;
	memset(req.uuid, 0x77, 16);
	dhcp_local_lease(&req, &result);
	assert_true(dhcp_msg_parse(&msg, result.info.res.discover, sizeof(result.info.res.discover)));
	assert_int_equal(msg.type, DHCP_DISCOVER);
	assert_memory_equal(msg.chaddr, req.mac, 6);
	assert_memory_equal(dhcp_msg_option(&msg, DHCP_OPT_UUID, 17, &len) + 1, req.uuid, 16);
	assert_int_equal(len, 17);
	assert_true(dhcp_msg_parse(&msg, result.info.res.ack, sizeof(result.info.res.ack)));
	assert_int_equal(msg.type, DHCP_ACK);
	assert_memory_equal(msg.yiaddr, result.info.res.lease.address, 4);
	assert_memory_equal(msg.siaddr, result.info.res.lease.boot_server, 4);
	assert_string_equal(msg.file, "pxelinux.0");
	assert_true(dhcp_msg_string(&msg, DHCP_OPT_BOOTFILE, name, sizeof(name)) > 0);
	assert_string_equal(name, "pxelinux.0");
	assert_memory_equal(result.info.res.reply, result.info.res.ack, sizeof(result.info.res.ack));
}

/* The ACK is read as one that a server sent. */
static void test_local_is_read(void **state)
{
	static const uint8_t address[4] = {10, 0, 2, 15}, server[4] = {10, 0, 2, 2}, mask[4] = {255, 255, 255, 0};
	const struct boot_info *info = &result.info;
	uint8_t made[16];

	put("pxelinux.0");
	req.boot_file = "boot/my_pxelinux.0";
	dhcp_local_lease(&req, &result);
	assert_memory_equal(info->res.lease.address, address, 4);
	assert_memory_equal(info->res.lease.netmask, mask, 4);
	assert_memory_equal(info->res.lease.router, server, 4);
	assert_memory_equal(info->res.lease.boot_server, server, 4);
	assert_memory_equal(info->res.lease.dhcp_server, server, 4);
	assert_int_equal(info->res.lease.lease_seconds, 86400);
	assert_int_equal(info->res.lease.flags, PVBOOT_LEASE_F_LOCAL);
	assert_true(info->well_formed);
	assert_memory_equal(info->netmask, mask, 4);
	assert_memory_equal(info->router, server, 4);
	assert_string_equal(info->prefix, "boot/my_");
	assert_string_equal(info->config, "");
	assert_memory_equal(info->mac, req.mac, 6);
	dhcp_msg_uuid_of_mac(made, req.mac);
	assert_memory_equal(info->uuid, made, 16);
	/* And a name that only option 67 can hold. */
	req.boot_file = "a/long/name/a/long/name/a/long/name/a/long/name/a/long/name/a/long/name/a/long/name/"
			"a/long/name/a/long/name/a/long/name/a/long/name/pxelinux.0";
	dhcp_local_lease(&req, &result);
	assert_string_equal(info->res.lease.bootfile, req.boot_file);
}

static void test_bootfile_in_broken_packet(void **state)
{
	memset(&result, 0xee, sizeof(result)); /* option 238 of 238 bytes, again and again, the last one cut off */
	dhcp_edit_boot_file(&result.info.res, "x");
	assert_string_equal(result.info.res.lease.bootfile, "x");
	memset(&result, 0, sizeof(result));
	result.info.res.reply[PVBOOT_DHCP_PACKET - 1] = 67;
	dhcp_edit_boot_file(&result.info.res, "x");
	memset(&result, 0, sizeof(result)); /* all pads: no room for the option */
	dhcp_edit_boot_file(&result.info.res, "x");
	assert_string_equal((char *)result.info.res.reply + 108, "x");
}

static void test_bootfile_replaces(void **state)
{
	char name[256];

	put("pxelinux.0");
	dhcp_local_lease(&req, &result);
	dhcp_edit_boot_file(&result.info.res, "dir/other.0");
	assert_string_equal(result.info.res.lease.bootfile, "dir/other.0");
	assert_true(dhcp_msg_parse(&msg, result.info.res.reply, sizeof(result.info.res.reply)));
	assert_string_equal(msg.file, "dir/other.0");
	assert_true(dhcp_msg_string(&msg, DHCP_OPT_BOOTFILE, name, sizeof(name)) > 0);
	assert_string_equal(name, "dir/other.0");
	assert_int_equal(msg.type, DHCP_ACK); /* the rest is as it was */
	assert_non_null(dhcp_msg_option(&msg, DHCP_OPT_NETMASK, 4, NULL));
}

static void test_bootfile_with_overload(void **state)
{
	char name[256];

	put("pxelinux.0");
	dhcp_local_lease(&req, &result);
	memset(result.info.res.reply + 108, 0, 128);
	memcpy(result.info.res.reply + 108, "\x06\x04\x01\x02\x03\x04\xff", 7); /* option 6 in `file` */
	memcpy(result.info.res.reply + 240, "\x34\x01\x01\x35\x01\x05\xff", 7); /* 52: so it says; 53 */
	dhcp_edit_boot_file(&result.info.res, "other.0");
	assert_true(dhcp_msg_parse(&msg, result.info.res.reply, sizeof(result.info.res.reply)));
	assert_non_null(dhcp_msg_option(&msg, DHCP_OPT_DNS, 4, NULL));
	assert_true(dhcp_msg_string(&msg, DHCP_OPT_BOOTFILE, name, sizeof(name)) > 0);
	assert_string_equal(name, "other.0");
}

#define local_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		local_test(test_local_without_boot_program),
		local_test(test_local_chooses_boot_program),
		local_test(test_local_packets),
		local_test(test_local_is_read),
		local_test(test_bootfile_in_broken_packet),
		local_test(test_bootfile_replaces),
		local_test(test_bootfile_with_overload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
