/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm_prefix.c - the path prefix that pxelinux.0 gets, and nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "fake_clock.h"
#include "fake_network.h"
#include "vm_world.h"

#define HEAD 8192
#define SIZE 42430
#define OPTIONS 240
#define BANNER_AT 0xd70

static struct pvboot_discover_res res;

/* DISCOVER, as far as the DHCP server's answer with these options. */
static void discover_with(struct fixture *f, const char *name, const void *options, size_t len)
{
	join(f, name, PVBOOT_LINK_F_FD);
	discover(f, 1, 0);
	fake_dhcp_options(options, len);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	fake_device_turn(&f->dev);
}

static void take_lease(struct fixture *f)
{
	fake_device_turn(&f->dev);
	expect_status(f, 1, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, sizeof(res));
	memcpy(&res, f->dev.result, sizeof(res));
}

static void boot_file(const char *banner)
{
	uint8_t head[HEAD] = {0xea, 0x24, 0x7c, 0, 0, 0x90, 0x90, 0x90, 0xac, 0xc8, 0x83, 0x29};

	memcpy(head + BANNER_AT, banner, strlen(banner));
	fake_tftp_opened(SIZE);
	assert_true(fake_tftp_data(head, sizeof(head)));
}

static const uint8_t *find_prefix(const uint8_t *packet)
{
	const uint8_t *at = packet + OPTIONS;

	for (; *at != 255; at += *at ? 2 + at[1] : 1)
		if (*at == 210)
			return at;
	return NULL;
}

static void expect_prefix(const char *url)
{
	const uint8_t *option = find_prefix(res.reply);

	assert_non_null(option);
	assert_int_equal(option[1], strlen(url));
	assert_memory_equal(option + 2, url, strlen(url));
	assert_int_equal(option - res.reply, res.lease.prefix_at);
	assert_int_equal(option[2 + option[1]], 255);
	/* The packet of the DHCP server is as it was. */
	assert_null(find_prefix(res.ack));
}

static void expect_no_prefix(void)
{
	assert_int_equal(res.lease.prefix_at, 0);
	assert_memory_equal(res.reply, res.ack, sizeof(res.reply));
}

/* The guest opens its boot file; does the log say why there was no prefix?  NULL: it says nothing of it. */
static void open_boot_file(struct fixture *f, const char *why)
{
	const char *log;

	capture_log();
	fake_device_open(&f->dev, 2, "pxelinux.0", 0);
	fake_device_turn(&f->dev);
	log = strstr(captured_log(), "pxelinux.0 gets no path prefix");
	if (why)
		assert_true(log && strstr(log, why));
	else
		assert_null(log);
}

static void test_prefix_not_for_lpxelinux(void **state)
{
	struct fixture *f = *state;

	discover_with(f, "net", "", 0);
	boot_file("\r\nPXELINUX 6.04 lwIP 20200816 ");
	take_lease(f);
	expect_no_prefix();
	open_boot_file(f, "by its first bytes it is not that of version 6");
}

static void test_prefix_not_for_other_files(void **state)
{
	static const char *const banners[] = {"\r\nPXELINUX 4.05 PXE ", "\r\nPXELINUX 6.", "\r\nPXELINUX 6.04 PXE",
					      "iPXE"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
		discover_with(f, "net", "", 0);
		boot_file(banners[i]);
		take_lease(f);
		expect_no_prefix();
		fake_device_close(&f->dev);
		fake_device_turn(&f->dev);
	}
}

/* The right words in a file that is no pxelinux.0. */
static void test_prefix_not_without_the_magic(void **state)
{
	struct fixture *f = *state;
	uint8_t head[HEAD] = {0};

	discover_with(f, "net", "", 0);
	memcpy(head + 100, "\r\nPXELINUX 6.04 PXE ", 20);
	fake_tftp_opened(SIZE);
	fake_tftp_data(head, sizeof(head));
	take_lease(f);
	expect_no_prefix();
}

static void test_prefix_not_where_the_server_sends_one(void **state)
{
	struct fixture *f = *state;
	int gets = fake_tftp_gets;

	discover_with(f, "net", "\322\4abc/", 6);
	take_lease(f);
	assert_int_equal(res.lease.prefix_at, 0);
	assert_memory_equal(find_prefix(res.reply), "\322\4abc/", 6);
	assert_int_equal(fake_tftp_gets, gets);
	open_boot_file(f, "the DHCP server sends one (option 210)");
}

static void test_prefix_not_where_it_is_off(void **state)
{
	struct fixture *f = *state;
	int gets = fake_tftp_gets;

	discover_with(f, "plain", "", 0);
	take_lease(f);
	expect_no_prefix();
	assert_int_equal(fake_tftp_gets, gets);
	open_boot_file(f, "pxelinux = plain");
}

static void test_prefix_not_where_the_packet_is_full(void **state)
{
	uint8_t options[PVBOOT_DHCP_PACKET - OPTIONS - 12];
	struct fixture *f = *state;

	memset(options, 0, sizeof(options));
	for (size_t at = 0; at + 250 < sizeof(options); at += 250) {
		options[at] = 224;
		options[at + 1] = 248;
	}
	options[sizeof(options) - 2] = 225;
	discover_with(f, "net", options, sizeof(options));
	boot_file("\r\nPXELINUX 6.04 PXE 20200816 ");
	take_lease(f);
	expect_no_prefix();
	open_boot_file(f, "there is no room for it in the server's packet");
}

static void test_boot_file_missing(void **state)
{
	struct fixture *f = *state;
	int gets;

	discover_with(f, "net", "", 0);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "172.21.0.2 has no file \"pxelinux.0\"");
	take_lease(f);
	expect_no_prefix();
	/* Who opens it hears why. */
	gets = fake_tftp_gets;
	fake_device_open(&f->dev, 2, "pxelinux.0", 0);
	fake_device_turn(&f->dev);
	expect_status(f, 2, PVBOOT_S_NOT_FOUND);
	assert_int_equal(fake_tftp_gets, gets);
}

static void test_boot_file_slow(void **state)
{
	struct fixture *f = *state;

	discover_with(f, "net", "", 0);
	fake_tftp_opened(SIZE);
	assert_false(fake_device_next(&f->dev) && f->dev.hdr.type == PVBOOT_LINK_REPLY);
	fake_clock_pass(1001);
	take_lease(f);
	expect_no_prefix();
	open_boot_file(f, "took more than a second");
}

static void test_reset_while_it_comes(void **state)
{
	struct fixture *f = *state;

	discover_with(f, "net", "", 0);
	assert_int_equal(fake_tftp_running, 1);
	fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_asked_twice(void **state)
{
	struct fixture *f = *state;
	int starts = fake_dhcp_starts;

	discover_with(f, "net", "", 0);
	discover(f, 2, 0);
	assert_int_equal(fake_dhcp_starts, starts + 1);
	boot_file("\r\nPXELINUX 6.04 PXE 20200816 ");
	take_lease(f);
	expect_prefix("pvboot://172.21.0.2/");
	expect_status(f, 2, PVBOOT_S_OK);
}

/* The boot file is fetched once. */
static void test_prefix(void **state)
{
	struct fixture *f = *state;
	uint8_t rest[SIZE - HEAD] = {0};
	int gets = fake_tftp_gets;

	discover_with(f, "net", "\14\4host", 6);
	assert_string_equal(fake_tftp_name, "pxelinux.0");
	boot_file("\r\nPXELINUX 6.04 PXE 20200816 ");
	take_lease(f);
	expect_prefix("pvboot://172.21.0.2/");
	assert_int_equal(fake_tftp_gets, gets + 1);
	open_boot_file(f, NULL);
	expect_status(f, 2, PVBOOT_S_OK);
	assert_int_equal(fake_tftp_gets, gets + 1);
	assert_true(fake_tftp_data(rest, sizeof(rest)));
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	/* And a file by such a name is the server's file. */
	fake_device_open(&f->dev, 3, "pvboot://172.21.0.7//dir/a%20b", 0);
	fake_device_turn(&f->dev);
	assert_string_equal(fake_tftp_name, "/dir/a%20b");
	assert_memory_equal(fake_tftp_server, "\254\25\0\7", 4);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "no");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_prefix_not_for_lpxelinux),
		TEST(test_prefix_not_for_other_files),
		TEST(test_prefix_not_without_the_magic),
		TEST(test_prefix_not_where_the_server_sends_one),
		TEST(test_prefix_not_where_it_is_off),
		TEST(test_prefix_not_where_the_packet_is_full),
		TEST(test_boot_file_missing),
		TEST(test_boot_file_slow),
		TEST(test_reset_while_it_comes),
		TEST(test_asked_twice),
		TEST(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
