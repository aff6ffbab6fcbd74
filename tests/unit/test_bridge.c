/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/net/rtnl.c and bridge.c: what the kernel says of an interface, and when a bridge takes a tap. */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/bridge.h"

static const uint8_t high[6] = {0xfe, 0xff, 1, 2, 3, 4};

/* As the kernel describes a bridge; forward delay in hundredths of a second. */
static void describe(struct rtnl_message *m, const char *kind, uint32_t stp, uint32_t delay)
{
	const struct ifinfomsg info = {.ifi_index = 7, .ifi_flags = IFF_UP};
	const uint32_t mtu = 1400, master = 5;
	struct rtattr *linkinfo, *data;

	rtnl_begin(m, RTM_NEWLINK, 0, &info, sizeof(info));
	rtnl_put(m, IFLA_IFNAME, "br7", 4);
	rtnl_put(m, IFLA_MTU, &mtu, sizeof(mtu));
	rtnl_put(m, IFLA_MASTER, &master, sizeof(master));
	rtnl_put(m, IFLA_ADDRESS, high, 6);
	linkinfo = rtnl_put(m, IFLA_LINKINFO, NULL, 0);
	rtnl_put(m, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	data = rtnl_put(m, IFLA_INFO_DATA | NLA_F_NESTED, NULL, 0);
	rtnl_put(m, IFLA_BR_FORWARD_DELAY, &delay, sizeof(delay));
	rtnl_put(m, IFLA_BR_STP_STATE, &stp, sizeof(stp));
	rtnl_put(m, IFLA_BR_VLAN_FILTERING, "\1", 1);
	rtnl_nest_end(m, data);
	rtnl_nest_end(m, linkinfo);
}

static void test_link_that_is_cut_short(void **state)
{
	struct rtnl_message m;
	struct rtnl_link link;

	describe(&m, "bridge", 1, 200);
	assert_false(rtnl_parse_link(&m, m.nh.nlmsg_len - 1, &link));
	assert_false(rtnl_parse_link(&m, NLMSG_LENGTH(sizeof(struct ifinfomsg)) - 1, &link));
	assert_false(rtnl_parse_link(&m, 0, &link));
	m.nh.nlmsg_type = NLMSG_ERROR;
	assert_false(rtnl_parse_link(&m, m.nh.nlmsg_len, &link));
}

/* A name without an end, an address of another kind of hardware. */
static void test_link_with_odd_attributes(void **state)
{
	const struct ifinfomsg info = {.ifi_index = 7};
	const uint8_t infiniband[20] = {1, 2, 3};
	struct rtnl_message m;
	struct rtnl_link link;

	rtnl_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	rtnl_put(&m, IFLA_IFNAME, "0123456789abcdefgh", 18);
	rtnl_put(&m, IFLA_ADDRESS, infiniband, sizeof(infiniband));
	rtnl_put(&m, IFLA_MTU, "x", 1);
	assert_true(rtnl_parse_link(&m, m.nh.nlmsg_len, &link));
	assert_string_equal(link.name, "");
	assert_int_equal(link.address[0], 0);
	assert_int_equal(link.mtu, 0);
}

static void test_link(void **state)
{
	struct rtnl_message m;
	struct rtnl_link link;

	describe(&m, "bridge", 1, 200);
	assert_true(rtnl_parse_link(&m, m.nh.nlmsg_len, &link));
	assert_int_equal(link.index, 7);
	assert_int_equal(link.master, 5);
	assert_int_equal(link.mtu, 1400);
	assert_int_equal(link.flags, IFF_UP);
	assert_string_equal(link.name, "br7");
	assert_memory_equal(link.address, high, 6);
	assert_true(link.bridge);
	assert_int_equal(link.vlan_filtering, 1);
	assert_int_equal(bridge_wait_ms(&link), 4000);
	describe(&m, "bridge", 0, 1500);
	assert_true(rtnl_parse_link(&m, m.nh.nlmsg_len, &link));
	assert_int_equal(bridge_wait_ms(&link), 0);
	describe(&m, "bridge_slave", 1, 1500); /* it is no bridge, whatever those numbers are */
	assert_true(rtnl_parse_link(&m, m.nh.nlmsg_len, &link));
	assert_false(link.bridge);
	assert_int_equal(link.forward_delay, 0);
}

/* With STP a boot program would give up before the port forwards. */
static void test_stp_that_waits_too_long(void **state)
{
	struct rtnl_link bridge = {.index = -1, .name = "nosuch0", .bridge = true, .stp = 1, .forward_delay = 201};
	char why[300];

	assert_false(bridge_takes(&bridge, high, why, sizeof(why)));
	assert_non_null(strstr(why, "nosuch0 runs STP"));
	assert_non_null(strstr(why, "for 4 s"));
	bridge.stp = 2; /* a program's */
	assert_false(bridge_takes(&bridge, high, why, sizeof(why)));
	assert_non_null(strstr(why, "runs STP"));
	bridge.forward_delay = 200;
	assert_false(bridge_takes(&bridge, high, why, sizeof(why)));
	assert_null(strstr(why, "runs STP")); /* but it has no port, and no address of its own */
	assert_non_null(strstr(why, "ip link set nosuch0 address 00:00"));
}

/* A new port is in the bridge's default VLAN, the boot interface need not be. */
static void test_vlans(void **state)
{
	const struct rtnl_link bridge = {.index = -1, .name = "nosuch0", .bridge = true, .vlan_filtering = 1};
	char why[300];

	assert_false(bridge_takes(&bridge, high, why, sizeof(why)));
	assert_non_null(strstr(why, "nosuch0 filters VLANs"));
}

static void test_no_bridge(void **state)
{
	struct rtnl_link bridge;

	assert_false(bridge_of("nosuch0", &bridge));
	assert_false(bridge_of("lo", &bridge));
	assert_true(rtnl_get_link((int)if_nametoindex("lo"), &bridge)); /* no right is needed */
	assert_string_equal(bridge.name, "lo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_that_is_cut_short),
		cmocka_unit_test(test_link_with_odd_attributes),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_stp_that_waits_too_long),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_no_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
