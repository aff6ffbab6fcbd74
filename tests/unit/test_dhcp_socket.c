/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hostd/dhcp/dhcp_socket.c, on a bridge in a network namespace of this process's own.  Who may not make
 * one sees them skipped; the whole-boot tests cover sending and receiving.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dhcp/dhcp_socket.h"

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
static bool have_bridge;

static void set_flags(const char *ifname, short flags)
{
	struct ifreq ifr = {.ifr_flags = flags};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name) - 1);
	assert_return_code(ioctl(fd, SIOCSIFFLAGS, &ifr), errno);
	close(fd);
}

static int make_bridge(void **state)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	have_bridge = fd >= 0 && !ioctl(fd, SIOCBRADDBR, "br0");
	close(fd);
	return 0;
}

static void need_bridge(void)
{
	if (!have_bridge)
		skip();
	set_flags("br0", IFF_UP);
}

static void refuse(const char *ifname, const char *words)
{
	char err[256] = "";

	assert_null(dhcp_socket_open(ifname, mac, 1, err, sizeof(err)));
	if (!strstr(err, words))
		fail_msg("%s: %s", ifname, err);
}

static void test_open_no_such_interface(void **state)
{
	need_bridge();
	refuse("nosuch0", "no interface nosuch0");
	refuse("", "no interface name");
	refuse("sixteen-letters-", "no interface name");
}

static void test_open_not_ethernet(void **state)
{
	need_bridge();
	refuse("lo", "lo is not Ethernet");
}

static void test_open_down(void **state)
{
	need_bridge();
	set_flags("br0", 0);
	refuse("br0", "br0 is down: bring it up with ip link set br0 up");
}

static void test_recv_nothing(void **state)
{
	struct udp_frame udp;
	char err[256];
	uint8_t buf[64];
	struct dhcp_socket *pkt;

	need_bridge();
	pkt = dhcp_socket_open("br0", mac, 1, err, sizeof(err));
	assert_non_null(pkt);
	assert_int_equal(dhcp_socket_recv(pkt, &udp, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EAGAIN);
	dhcp_socket_close(pkt);
}

static void test_send_too_large(void **state)
{
	struct udp_frame udp = {0};
	uint8_t payload[UDP_FRAME_MAX] = {0};
	char err[256];
	struct dhcp_socket *pkt;

	need_bridge();
	pkt = dhcp_socket_open("br0", mac, 1, err, sizeof(err));
	assert_non_null(pkt);
	assert_false(dhcp_socket_send(pkt, &udp, payload, sizeof(payload)));
	assert_int_equal(errno, EMSGSIZE);
	dhcp_socket_close(pkt);
}

static void test_close_does_not_wait(void **state)
{
	int64_t least = INT64_MAX;
	char err[256];

	need_bridge();
	/* The kernel's own close() takes some 15 ms each time; the least of a few is clear of whatever else runs here.
	 */
	for (int i = 0; i < 8; i++) {
		struct dhcp_socket *pkt = dhcp_socket_open("br0", mac, 1, err, sizeof(err));
		struct timespec from, to;
		int64_t us;

		assert_non_null(pkt);
		clock_gettime(CLOCK_MONOTONIC, &from);
		dhcp_socket_close(pkt);
		clock_gettime(CLOCK_MONOTONIC, &to);
		us = (int64_t)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
		if (us < least)
			least = us;
	}
	assert_in_range(least, 0, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_no_such_interface),
		cmocka_unit_test(test_open_not_ethernet),
		cmocka_unit_test(test_open_down),
		cmocka_unit_test(test_recv_nothing),
		cmocka_unit_test(test_send_too_large),
		cmocka_unit_test(test_close_does_not_wait),
	};

	return cmocka_run_group_tests(tests, make_bridge, NULL);
}
