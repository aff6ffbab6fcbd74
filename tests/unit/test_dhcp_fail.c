/* SPDX-License-Identifier: BSD-2-Clause */
/* test_dhcp_fail.c - what hostd/dhcp/dhcp.c makes of servers that do not give a lease. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "log.h"
#include "dhcp_world.h"

/* ---- failures -------------------------------------------------------------------------------------------------- */

static void test_no_interface(void **state)
{
	net.open_error = "there is no interface br0 on this host";
	run(NULL);
	assert_int_equal(net.result.status, PVBOOT_S_FAILED);
	assert_string_equal(net.result.text, net.open_error);
}

static void test_no_answer(void **state)
{
	run(NULL);
	assert_int_equal(net.result.status, PVBOOT_S_NO_OFFER);
	assert_non_null(strstr(net.result.text, "no DHCP server answered on br0"));
	/* At 0, 20, 60, 140, 300, 460, 620 ms, with a jitter of a quarter. */
	assert_in_range(net.count, 5, 8);
	for (unsigned int i = 0; i < net.count; i++) {
		assert_int_equal(net.sent[i].msg.type, DHCP_DISCOVER);
		assert_int_equal(net.sent[i].msg.xid, net.xid);
		assert_int_equal(net.sent[i].msg.flags, i < 2 ? 0 : DHCP_FLAG_BROADCAST);
	}
}

static void test_interface_down_meanwhile(void **state)
{
	net.send_errno = ENETDOWN;
	run(NULL);
	assert_int_equal(net.result.status, PVBOOT_S_NO_OFFER);
	assert_non_null(strstr(net.trace, "cannot send on br0"));
}

/* Everything but an answer to this client. */
static void wrong_server(const struct sent *sent)
{
	struct craft c;

	craft_offer(&c, DHCP_OFFER, 2, "pxelinux.0");
	assert_int_equal(send(net.fds[1], c.buf, c.len, 0), c.len); /* another xid */
	craft_offer(&c, DHCP_OFFER, 2, "pxelinux.0");
	c.buf[33] ^= 1; /* another client */
	reply(&c);
	craft_offer(&c, DHCP_OFFER, 2, "pxelinux.0");
	c.buf[0] = DHCP_OP_REQUEST;
	reply(&c);
	offer(DHCP_ACK, 2, "pxelinux.0"); /* nothing was requested */
	offer(DHCP_NAK, 2, NULL);
	craft_offer(&c, DHCP_OFFER, 2, "pxelinux.0");
	c.len = 100;
	reply(&c);
}

static void test_answers_to_others(void **state)
{
	run(wrong_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_OFFER);
	assert_int_equal(count_sent(DHCP_REQUEST, 67), 0);
}

static void deaf_server(const struct sent *sent)
{
	if (sent->msg.type == DHCP_DISCOVER)
		offer(DHCP_OFFER, 2, "pxelinux.0");
}

static void test_never_acknowledged(void **state)
{
	run(deaf_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_OFFER);
	assert_non_null(strstr(net.result.text, "never acknowledge"));
	/* Two restarts: three offers, each requested three times. */
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 3);
	assert_int_equal(count_sent(DHCP_REQUEST, 67), 9);
}

static void test_nak_forever(void **state)
{
	run(refusing_server);
	assert_int_equal(net.result.status, PVBOOT_S_NAK);
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 3);
	assert_non_null(strstr(net.trace, "NAK from 172.21.0.2: wrong?network\n"));
}

static void test_no_boot_file(void **state)
{
	run(no_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_BOOTFILE);
	assert_non_null(strstr(net.result.text, "nobody names a boot file"));
	assert_memory_equal(net.result.info.res.lease.address, "\254\25\0\62", 4);
	/* The address was not kept for nothing. */
	assert_int_equal(count_sent(DHCP_RELEASE, 67), 1);
	/* Proxies had their time: more than one DISCOVER went out. */
	assert_in_range(count_sent(DHCP_DISCOVER, 67), 2, 4);
}

static void test_no_boot_file_proxy_off(void **state)
{
	request.proxy = DHCP_PROXY_OFF;
	run(no_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_BOOTFILE);
	assert_int_equal(count_sent(DHCP_DISCOVER, 67), 1);
}

static void test_no_boot_file_short_timeout(void **state)
{
	/* A timeout below the time for proxies still ends with the right words. */
	request.timeout_ms = 40;
	run(no_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_BOOTFILE);
}

static void proxy_only_server(const struct sent *sent)
{
	proxy(DHCP_OFFER, 4, "pxelinux.0");
}

static void test_only_a_proxy(void **state)
{
	request.timeout_ms = 60;
	run(proxy_only_server);
	assert_int_equal(net.result.status, PVBOOT_S_NO_OFFER);
	assert_non_null(strstr(net.result.text, "ProxyDHCP"));
}

static void test_no_route(void **state)
{
	net.route_errno = ENETUNREACH;
	run(good_server);
	assert_int_equal(net.result.status, PVBOOT_S_UNREACHABLE);
	assert_non_null(
		strstr(net.result.text, "the host has no route to 172.21.0.2 (boot server): give br0 an address"));
	assert_int_equal(count_sent(DHCP_RELEASE, 67), 1);
}

static void test_cancel(void **state)
{
	struct dhcp *d = dhcp_start_timed(net.base, &request, on_done, on_trace, NULL, &quick);

	assert_non_null(d);
	dhcp_cancel(d);
	d = dhcp_start_timed(net.base, &request, on_done, on_trace, NULL, &quick);
	assert_non_null(d);
	event_base_loop(net.base, EVLOOP_ONCE);
	assert_int_equal(net.count, 1);
	dhcp_cancel(d);
	event_base_dispatch(net.base);
	assert_int_equal(net.done, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_no_interface),
		TEST(test_no_answer),
		TEST(test_interface_down_meanwhile),
		TEST(test_answers_to_others),
		TEST(test_never_acknowledged),
		TEST(test_nak_forever),
		TEST(test_no_boot_file),
		TEST(test_no_boot_file_proxy_off),
		TEST(test_no_boot_file_short_timeout),
		TEST(test_only_a_proxy),
		TEST(test_no_route),
		TEST(test_cancel),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
