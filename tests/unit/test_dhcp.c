/* SPDX-License-Identifier: BSD-2-Clause */
/* test_dhcp.c - leases by hostd/dhcp/dhcp.c. Each test writes a server: a function that sees every message and answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "log.h"
#include "dhcp_world.h"
#include "log_capture.h"

/* ---- success --------------------------------------------------------------------------------------------------- */

/* [DEV-25] */
static void test_lease_at_once(void **state)
{
	static const uint8_t zero[PVBOOT_DHCP_PACKET];
	const struct pvboot_discover_res *res = &net.result.info.res;
	struct craft ack;

	memcpy(request.previous, "\254\25\0\62", 4);
	run(good_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.text, "");
	assert_int_equal(net.count, 2);
	assert_memory_equal(dhcp_msg_option(&net.sent[0].msg, DHCP_OPT_REQUESTED, 4, NULL), "\254\25\0\62", 4);
	assert_memory_equal(dhcp_msg_option(&net.sent[1].msg, DHCP_OPT_REQUESTED, 4, NULL), "\254\25\0\62", 4);
	assert_memory_equal(dhcp_msg_option(&net.sent[1].msg, DHCP_OPT_SERVER_ID, 4, NULL), "\254\25\0\2", 4);
	assert_memory_equal(net.sent[1].udp.dst_ip, "\377\377\377\377", 4);
	assert_int_equal(net.sent[1].msg.xid, net.sent[0].msg.xid);
	assert_int_equal(net.sent[1].secs, net.sent[0].secs);

	assert_memory_equal(res->lease.address, "\254\25\0\62", 4);
	assert_memory_equal(res->lease.netmask, "\377\377\0\0", 4);
	assert_memory_equal(res->lease.boot_server, "\254\25\0\2", 4);
	assert_memory_equal(res->lease.dhcp_server, "\254\25\0\2", 4);
	assert_string_equal(res->lease.bootfile, "pxelinux.0");
	assert_int_equal(res->lease.flags, 0);
	/* The packets, byte for byte, then zeros. */
	assert_memory_equal(res->discover, net.sent[0].msg.raw, net.sent[0].msg.len);
	craft_offer(&ack, DHCP_ACK, 2, "pxelinux.0");
	set_xid(&ack);
	assert_memory_equal(res->ack, ack.buf, ack.len);
	assert_memory_equal(res->ack + ack.len, zero, sizeof(zero) - ack.len);
	assert_memory_equal(res->reply, res->ack, sizeof(res->ack));
}

/* An ACK that says more of the boot than its OFFER did. */
static void telling_server(const struct sent *sent)
{
	struct craft c;

	craft_begin(&c, sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK);
	craft_yiaddr(&c, 172, 21, 0, 50);
	craft_siaddr(&c, 172, 21, 0, 2);
	craft_address(&c, DHCP_OPT_SERVER_ID, 172, 21, 0, 2);
	craft_file(&c, "dir/pxelinux.0");
	if (sent->msg.type == DHCP_REQUEST) {
		craft_address(&c, DHCP_OPT_ROUTER, 172, 21, 0, 1);
		craft_string(&c, DHCP_OPT_PXELINUX_CONFIG, "my.cfg");
		craft_string(&c, 224, "direct");
	}
	craft_end(&c);
	reply(&c);
}

/* What the packets say is read once, when the exchange ends. */
static void test_lease_is_read(void **state)
{
	const struct boot_info *info = &net.result.info;

	request.site_option = 224;
	run(telling_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_true(info->well_formed);
	assert_memory_equal(info->mac, request.mac, 6);
	assert_memory_equal(dhcp_msg_option(&net.sent[0].msg, DHCP_OPT_UUID, 17, NULL) + 1, info->uuid, 16);
	assert_int_equal(boot_info_named(info), BOOT_NAMED_PROGRAM);
	assert_string_equal(info->prefix, "dir/");
	assert_false(info->prefix_sent);
	assert_string_equal(info->config, "my.cfg");
	assert_string_equal(info->site_text, "direct");
	assert_memory_equal(info->router, "\254\25\0\1", 4);
}

static void slow_start_server(const struct sent *sent)
{
	if (net.count > 1)
		good_server(sent);
}

static void test_lost_offer(void **state)
{
	run(slow_start_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(net.count, 3);
	/* What the guest sees is the DISCOVER that was answered. */
	assert_memory_equal(net.result.info.res.discover, net.sent[1].msg.raw, net.sent[1].msg.len);
}

static void lost_ack_server(const struct sent *sent)
{
	if (sent->msg.type == DHCP_DISCOVER || count_sent(DHCP_REQUEST, 67) > 1)
		good_server(sent);
}

static void test_lost_ack(void **state)
{
	run(lost_ack_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 1);
	assert_int_equal(count_sent(DHCP_REQUEST, 67), 2);
}

static void nak_once_server(const struct sent *sent)
{
	if (sent->msg.type == DHCP_REQUEST && count_sent(DHCP_REQUEST, 67) == 1)
		refusing_server(sent);
	else
		good_server(sent);
}

static void test_nak_once(void **state)
{
	memcpy(request.previous, "\254\25\0\77", 4);
	run(nak_once_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 2);
	/* An address that was refused is not asked for again. */
	assert_non_null(dhcp_msg_option(&net.sent[0].msg, DHCP_OPT_REQUESTED, 4, NULL));
	assert_null(dhcp_msg_option(&net.sent[2].msg, DHCP_OPT_REQUESTED, 4, NULL));
}

static void foreign_ack_server(const struct sent *sent)
{
	if (sent->msg.type == DHCP_REQUEST) {
		offer(DHCP_NAK, 3, NULL);
		offer(DHCP_ACK, 3, "other.0");
	}
	good_server(sent);
}

static void test_ack_by_another_server(void **state)
{
	run(foreign_ack_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "pxelinux.0");
}

static void two_servers(const struct sent *sent)
{
	if (sent->msg.type == DHCP_DISCOVER) {
		offer(DHCP_OFFER, 2, NULL);
		offer(DHCP_OFFER, 3, "pxelinux.0");
	} else {
		offer(DHCP_ACK, 3, "pxelinux.0");
	}
}

static void test_two_servers_one_with_file(void **state)
{
	run(two_servers);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_memory_equal(dhcp_msg_option(&net.sent[1].msg, DHCP_OPT_SERVER_ID, 4, NULL), "\254\25\0\3", 4);
	assert_non_null(strstr(net.trace, "passed over: OFFER from 172.21.0.2"));
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 1);
}

static void slow_proxy(const struct sent *sent)
{
	no_file_server(sent);
	if (net.count == 2)
		proxy(DHCP_OFFER, 4, "proxy.0");
}

static void test_slow_proxy(void **state)
{
	run(slow_proxy);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "proxy.0");
	assert_memory_equal(net.result.info.res.lease.boot_server, "\254\25\0\4", 4);
	assert_int_equal(net.result.info.res.lease.flags, PVBOOT_LEASE_F_PROXY);
	/* Packet 2 is the lease's, packet 3 the proxy's. */
	assert_memory_equal(net.result.info.res.ack + 16, "\254\25\0\62", 4);
	assert_memory_equal(net.result.info.res.reply + 16, "\0\0\0\0", 4);
	assert_string_equal((char *)net.result.info.res.reply + 108, "proxy.0");
}

static void asked_proxy(const struct sent *sent)
{
	if (sent->udp.dst_port == DHCP_PXE_PORT) {
		offer(DHCP_ACK, 2, NULL); /* a late copy of the lease's */
		proxy(DHCP_ACK, 4, "asked.0");
		return;
	}
	if (sent->msg.type == DHCP_DISCOVER)
		proxy(DHCP_OFFER, 4, NULL);
	no_file_server(sent);
}

static void test_proxy_asked_for_file(void **state)
{
	run(asked_proxy);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(net.count, 3);
	assert_int_equal(net.sent[2].udp.dst_port, DHCP_PXE_PORT);
	assert_memory_equal(net.sent[2].udp.dst_ip, "\254\25\0\4", 4);
	assert_memory_equal(net.sent[2].udp.src_ip, "\254\25\0\62", 4);
	assert_memory_equal(net.sent[2].msg.ciaddr, "\254\25\0\62", 4);
	assert_memory_equal(net.arp_ip, "\254\25\0\62", 4);
	assert_string_equal(net.result.info.res.lease.bootfile, "asked.0");
	assert_int_equal(net.result.info.res.lease.flags, PVBOOT_LEASE_F_PROXY);
	assert_string_equal((char *)net.result.info.res.reply + 108, "asked.0");
}

static void silent_proxy(const struct sent *sent)
{
	if (sent->udp.dst_port == DHCP_PXE_PORT)
		return;
	if (sent->msg.type == DHCP_DISCOVER)
		proxy(DHCP_OFFER, 4, NULL);
	no_file_server(sent);
}

static void test_proxy_asked_in_vain(void **state)
{
	run(silent_proxy);
	assert_int_equal(net.result.status, PVBOOT_S_NO_BOOTFILE);
	assert_int_equal(count_sent(DHCP_REQUEST, DHCP_PXE_PORT), 3);
}

static void silent_proxy_and_file(const struct sent *sent)
{
	if (sent->udp.dst_port == DHCP_PXE_PORT) {
		offer(DHCP_ACK, 2, "pxelinux.0"); /* a late copy of the lease's */
		return;
	}
	if (sent->msg.type == DHCP_DISCOVER)
		proxy(DHCP_OFFER, 4, NULL);
	good_server(sent);
}

static void test_proxy_wait_falls_back(void **state)
{
	request.proxy = DHCP_PROXY_WAIT;
	run(silent_proxy_and_file);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "pxelinux.0");
	assert_int_equal(net.result.info.res.lease.flags, 0);
	assert_int_equal(count_sent(DHCP_REQUEST, DHCP_PXE_PORT), 3);
}

static void test_file_known_waits_for_nobody(void **state)
{
	request.file_known = true;
	run(no_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "");
	assert_memory_equal(net.result.info.res.lease.boot_server, "\254\25\0\2", 4);
	assert_int_equal(net.count, 2);
}

static void test_file_known_asks_nobody(void **state)
{
	request.file_known = true;
	run(silent_proxy);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(net.result.info.res.lease.flags, 0);
	assert_int_equal(count_sent(DHCP_REQUEST, DHCP_PXE_PORT), 0);
}

static void late_file_server(const struct sent *sent)
{
	if (sent->msg.type == DHCP_DISCOVER)
		offer(DHCP_OFFER, 2, NULL);
	else
		offer(DHCP_ACK, 2, "pxelinux.0");
}

static void test_file_only_in_ack(void **state)
{
	run(late_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "pxelinux.0");
}

static void url_server(const struct sent *sent)
{
	offer(sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, "http://boot.example.org/pxelinux.0");
}

static void test_url_needs_no_route_to_server(void **state)
{
	net.route_errno = ENETUNREACH;
	run(url_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
}

static void long_ack_server(const struct sent *sent)
{
	uint8_t filler[250] = {0};
	struct craft c;

	craft_offer(&c, sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, "pxelinux.0");
	c.len--;
	for (int i = 0; i < 4; i++)
		craft_option(&c, 224, filler, sizeof(filler));
	craft_string(&c, 225, "the end");
	craft_end(&c);
	reply(&c);
}

/* [DEV-25] */
static void test_ack_longer_than_the_buffer(void **state)
{
	run(long_ack_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.info.res.lease.bootfile, "pxelinux.0");
	assert_non_null(strstr(net.trace, "its end is cut off"));
	assert_memory_equal(net.result.info.res.ack + 16, "\254\25\0\62", 4);
	assert_memory_equal(net.result.info.res.reply, net.result.info.res.ack, sizeof(net.result.info.res.ack));
}

static void expect_states(void (*server)(const struct sent *sent), const char *lines)
{
	char text[1024];

	log_capture_begin();
	run(server);
	log_capture_end(text, sizeof(text), " -> ", LOG_EMERG);
	assert_string_equal(text, lines);
}

static void test_states_say_their_names(void **state)
{
	expect_states(nak_once_server, "vm1: dhcp: STARTING -> SELECTING\n"
				       "vm1: dhcp: SELECTING -> REQUESTING\n"
				       "vm1: dhcp: REQUESTING -> SELECTING\n"
				       "vm1: dhcp: SELECTING -> REQUESTING\n"
				       "vm1: dhcp: REQUESTING -> DONE\n");
}

static void test_states_with_a_boot_server(void **state)
{
	expect_states(asked_proxy, "vm1: dhcp: STARTING -> SELECTING\n"
				   "vm1: dhcp: SELECTING -> REQUESTING\n"
				   "vm1: dhcp: REQUESTING -> ASKING\n"
				   "vm1: dhcp: ASKING -> DONE\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_lease_at_once),
		TEST(test_lease_is_read),
		TEST(test_lost_offer),
		TEST(test_lost_ack),
		TEST(test_nak_once),
		TEST(test_ack_by_another_server),
		TEST(test_two_servers_one_with_file),
		TEST(test_slow_proxy),
		TEST(test_proxy_asked_for_file),
		TEST(test_proxy_asked_in_vain),
		TEST(test_proxy_wait_falls_back),
		TEST(test_file_known_waits_for_nobody),
		TEST(test_file_known_asks_nobody),
		TEST(test_file_only_in_ack),
		TEST(test_url_needs_no_route_to_server),
		TEST(test_ack_longer_than_the_buffer),
		TEST(test_states_say_their_names),
		TEST(test_states_with_a_boot_server),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
