/* SPDX-License-Identifier: BSD-2-Clause */
/* test_udp.c - a guest's datagrams sent on by the host, in a network namespace of the test's own. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "net/udp.h"

static const uint8_t here[4] = {10, 9, 8, 7};

struct fixture {
	struct event_base *base;
	struct udp *udp;
	int server; /* a socket at 10.9.8.7 */
	uint16_t port_be;
	int delivered;
	struct pvboot_pkt pkt;
	uint8_t payload[PVBOOT_DGRAM_MAX];
};

/* Give the loopback interface an address that is no loopback address.  False where a test may not do that. */
static bool make_network(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct ifreq ifr = {.ifr_name = "lo"};
	int fd, failed;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	memcpy(&sin.sin_addr, here, 4);
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	failed = ioctl(fd, SIOCSIFADDR, &ifr);
	ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	failed |= ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return !failed;
}

static void deliver(void *arg, const struct pvboot_pkt *pkt, const void *payload)
{
	struct fixture *f = arg;

	f->delivered++;
	f->pkt = *pkt;
	memcpy(f->payload, payload, pkt->length);
}

static int bound_socket(uint16_t *port_be)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(&sin.sin_addr, here, 4);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	*port_be = sin.sin_port;
	return fd;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->base = event_base_new();
	f->udp = udp_new(f->base, "vm", deliver, f);
	f->server = bound_socket(&f->port_be);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	udp_free(f->udp);
	close(f->server);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void send_from(struct fixture *f, uint16_t guest_port, const uint8_t dest[4], uint16_t port_be, const char *text)
{
	struct pvboot_dgram_args to = {.src_port_be = htons(guest_port), .dst_port_be = port_be};

	memcpy(to.dest, dest, 4);
	udp_send(f->udp, &to, text, strlen(text));
}

/* What arrived at the server; false: nothing.  from may be answered. */
static bool arrived(struct fixture *f, char *text, struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);
	ssize_t n = recvfrom(f->server, text, 64, MSG_DONTWAIT, (struct sockaddr *)from, &len);

	if (n >= 0)
		text[n] = '\0';
	return n >= 0;
}

static void test_udp_forbidden_destinations(void **state)
{
	static const uint8_t bad[][4] = {{127, 0, 0, 1},       {127, 255, 0, 1}, {0, 0, 0, 0},	{224, 0, 0, 1},
					 {255, 255, 255, 255}, {0, 1, 2, 3},	 {240, 0, 0, 1}};
	struct fixture *f = *state;
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
	socklen_t len = sizeof(sin);
	char text[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(udp_allowed(bad[i]));
	assert_true(udp_allowed(here));
	close(f->server);
	f->server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->server, (struct sockaddr *)&sin, sizeof(sin)), 0);
	getsockname(f->server, (struct sockaddr *)&sin, &len);
	send_from(f, 5000, bad[0], sin.sin_port, "no");
	assert_false(arrived(f, text, &from));
}

static void test_udp_without_ports(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in from;
	char text[64];

	send_from(f, 0, here, f->port_be, "no");
	send_from(f, 5000, here, 0, "no");
	assert_false(arrived(f, text, &from));
}

static void test_udp_answer_from_a_stranger(void **state)
{
	static const uint8_t other[4] = {127, 0, 0, 9};
	struct fixture *f = *state;
	struct sockaddr_in from, sin = {.sin_family = AF_INET};
	char text[64];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	send_from(f, 5000, here, f->port_be, "hello");
	assert_true(arrived(f, text, &from));
	memcpy(&sin.sin_addr, other, 4);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	memcpy(&from.sin_addr, here, 4);
	assert_int_equal(sendto(fd, "forged", 6, 0, (struct sockaddr *)&from, sizeof(from)), 6);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->delivered, 0);
	close(fd);
}

static void test_udp_answer(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in from;
	uint16_t other_port;
	char text[64];
	int other = bound_socket(&other_port);

	send_from(f, 5000, here, f->port_be, "hello");
	assert_true(arrived(f, text, &from));
	assert_string_equal(text, "hello");
	/* from another port of the same address: that is how TFTP answers */
	assert_int_equal(sendto(other, "answer", 6, 0, (struct sockaddr *)&from, sizeof(from)), 6);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->delivered, 1);
	assert_int_equal(f->pkt.type, PVBOOT_PKT_DGRAM);
	assert_int_equal(f->pkt.length, 6);
	assert_memory_equal(f->pkt.src, here, 4);
	assert_int_equal(f->pkt.src_port_be, other_port);
	assert_int_equal(f->pkt.dst_port_be, htons(5000));
	assert_memory_equal(f->payload, "answer", 6);
	close(other);
}

static void test_udp_answer_too_long(void **state)
{
	static const char large[PVBOOT_DGRAM_MAX + 1];
	struct fixture *f = *state;
	struct sockaddr_in from;
	char text[64];

	send_from(f, 5000, here, f->port_be, "hello");
	assert_true(arrived(f, text, &from));
	sendto(f->server, large, sizeof(large), 0, (struct sockaddr *)&from, sizeof(from));
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->delivered, 0);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_udp_sockets_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in from, first;
	int before = open_descriptors();
	char text[64];

	send_from(f, 5000, here, f->port_be, "x");
	assert_true(arrived(f, text, &first));
	for (uint16_t port = 5001; port < 5100; port++) {
		send_from(f, port, here, f->port_be, "x");
		assert_true(arrived(f, text, &from));
	}
	assert_int_equal(open_descriptors() - before, 16);
	/* the same guest port has the same socket, until it made room for others */
	send_from(f, 5099, here, f->port_be, "x");
	assert_true(arrived(f, text, &first));
	assert_int_equal(first.sin_port, from.sin_port);
}

#define udp_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		udp_test(test_udp_forbidden_destinations), udp_test(test_udp_without_ports),
		udp_test(test_udp_answer_from_a_stranger), udp_test(test_udp_answer),
		udp_test(test_udp_answer_too_long),	   udp_test(test_udp_sockets_are_bounded),
	};

	log_open(false, LOG_EMERG);
	if (!make_network()) {
		fputs("test_udp: skipped: no right to make a network namespace\n", stderr);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
