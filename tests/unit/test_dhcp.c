/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hostd/dhcp.c, the state machine, with a network of their own: this file is pkt.c (and the host's
 * routes) to it.  Each test writes a server: a function that sees every message sent, and answers with crafted ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "dhcp_internal.h"
#include "log.h"
#include "pkt.h"

/* A fiftieth of the real times. */
static const struct dhcp_timing quick = {
	.discover_first = 20,
	.discover_most = 160,
	.request_first = 20,
	.requests = 3,
	.proxy_after_start = 120,
	.proxy_after_offer = 60,
	.timeout = 600,
	.restarts = 2,
};

#define SENT_MAX 32

struct sent {
	struct dhcp_msg msg;
	struct frame_udp udp;
	uint16_t secs;
};

static struct {
	const char *open_error;
	int send_errno; /* every send fails with it */
	int route_errno;
	int fds[2]; /* [0] the client's, [1] the network's */
	uint32_t xid;
	uint8_t arp_ip[4];
	void (*server)(const struct sent *sent);
	unsigned int count; /* messages sent */
	struct sent sent[SENT_MAX];
	struct event_base *base;
	unsigned int done;
	bool starting;
	struct dhcp_result result;
	char trace[8192];
} net;

static struct dhcp_request request;

/* ---- pkt.c and the routes, as dhcp.c sees them ------------------------------------------------------------------ */

struct pkt {
	int unused;
};

static struct pkt the_pkt;

struct pkt *pkt_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len)
{
	assert_string_equal(ifname, "br0");
	assert_memory_equal(mac, craft_mac, 6);
	if (net.open_error) {
		snprintf(err, err_len, "%s", net.open_error);
		return NULL;
	}
	assert_return_code(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, net.fds), errno);
	net.xid = xid;
	return &the_pkt;
}

void pkt_close(struct pkt *pkt)
{
	if (!pkt)
		return;
	close(net.fds[0]);
	close(net.fds[1]);
}

int pkt_fd(const struct pkt *pkt)
{
	return net.fds[0];
}

bool pkt_send(struct pkt *pkt, struct frame_udp *udp, const void *payload, size_t len)
{
	struct sent *sent = &net.sent[net.count];

	assert_true(net.count < SENT_MAX);
	if (net.send_errno) {
		errno = net.send_errno;
		return false;
	}
	net.count++;
	assert_true(dhcp_msg_parse(&sent->msg, payload, len));
	sent->secs = (uint16_t)(sent->msg.raw[8] << 8 | sent->msg.raw[9]);
	sent->udp = *udp;
	if (net.server)
		net.server(sent);
	return true;
}

ssize_t pkt_recv(struct pkt *pkt, struct frame_udp *udp, void *buf, size_t cap)
{
	memset(udp, 0, sizeof(*udp));
	memcpy(udp->src_ip, "\254\25\0\2", 4);
	memcpy(udp->src_mac, "\2\0\0\0\0\2", 6);
	return recv(net.fds[0], buf, cap, 0);
}

void pkt_answer_arp(struct pkt *pkt, const uint8_t ip[4])
{
	memcpy(net.arp_ip, ip, 4);
}

bool pkt_has_carrier(const char *ifname)
{
	return true;
}

/* Linked with --wrap=connect. */
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	errno = net.route_errno;
	return net.route_errno ? -1 : 0;
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static void set_xid(struct craft *craft)
{
	craft->buf[4] = net.xid >> 24;
	craft->buf[5] = (net.xid >> 16) & 0xff;
	craft->buf[6] = (net.xid >> 8) & 0xff;
	craft->buf[7] = net.xid & 0xff;
}

/* Send a crafted message to the client, with the xid it chose. */
static void reply(struct craft *craft)
{
	set_xid(craft);
	assert_int_equal(send(net.fds[1], craft->buf, craft->len, 0), craft->len);
}

static void offer(uint8_t type, uint8_t id, const char *file)
{
	struct craft c;

	craft_offer(&c, type, id, file);
	reply(&c);
}

static void proxy(uint8_t type, uint8_t id, const char *file)
{
	struct craft c;

	craft_proxy(&c, type, id, file);
	reply(&c);
}

static void on_done(void *arg, const struct dhcp_result *result)
{
	assert_false(net.starting);
	net.done++;
	net.result = *result;
	event_base_loopbreak(net.base);
}

static void on_trace(void *arg, const char *line)
{
	size_t len = strlen(net.trace);

	snprintf(net.trace + len, sizeof(net.trace) - len, "%s\n", line);
}

static void run(void (*server)(const struct sent *sent))
{
	net.server = server;
	net.starting = true;
	assert_non_null(dhcp_start_timed(net.base, &request, on_done, on_trace, NULL, &quick));
	net.starting = false;
	event_base_dispatch(net.base);
	assert_int_equal(net.done, 1);
}

static int set_up(void **state)
{
	memset(&net, 0, sizeof(net));
	memset(&request, 0, sizeof(request));
	request.vm = "vm1";
	request.ifname = "br0";
	memcpy(request.mac, craft_mac, 6);
	net.base = event_base_new();
	return net.base ? 0 : -1;
}

static int tear_down(void **state)
{
	event_base_free(net.base);
	return 0;
}

static unsigned int count_sent(uint8_t type, uint16_t port)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < net.count; i++)
		n += net.sent[i].msg.type == type && net.sent[i].udp.dst_port == port;
	return n;
}

/* ---- servers --------------------------------------------------------------------------------------------------- */

static void good_server(const struct sent *sent)
{
	offer(sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, "pxelinux.0");
}

static void no_file_server(const struct sent *sent)
{
	if (sent->msg.type != DHCP_RELEASE)
		offer(sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, NULL);
}

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

static void refusing_server(const struct sent *sent)
{
	struct craft c;

	if (sent->msg.type == DHCP_DISCOVER) {
		offer(DHCP_OFFER, 2, "pxelinux.0");
		return;
	}
	craft_begin(&c, DHCP_NAK);
	craft_address(&c, DHCP_OPT_SERVER_ID, 172, 21, 0, 2);
	craft_string(&c, DHCP_OPT_MESSAGE, "wrong\nnetwork");
	craft_end(&c);
	reply(&c);
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
	assert_memory_equal(net.result.res.lease.address, "\254\25\0\62", 4);
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

/* ---- success --------------------------------------------------------------------------------------------------- */

static void test_lease_at_once(void **state)
{
	static const uint8_t zero[PVBOOT_DHCP_PACKET];
	const struct pvboot_discover_res *res = &net.result.res;
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
	assert_memory_equal(net.result.res.discover, net.sent[1].msg.raw, net.sent[1].msg.len);
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
	assert_string_equal(net.result.res.lease.bootfile, "pxelinux.0");
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
	assert_string_equal(net.result.res.lease.bootfile, "proxy.0");
	assert_memory_equal(net.result.res.lease.boot_server, "\254\25\0\4", 4);
	assert_int_equal(net.result.res.lease.flags, PVBOOT_LEASE_F_PROXY);
	/* Packet 2 is the lease's, packet 3 the proxy's. */
	assert_memory_equal(net.result.res.ack + 16, "\254\25\0\62", 4);
	assert_memory_equal(net.result.res.reply + 16, "\0\0\0\0", 4);
	assert_string_equal((char *)net.result.res.reply + 108, "proxy.0");
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
	assert_string_equal(net.result.res.lease.bootfile, "asked.0");
	assert_int_equal(net.result.res.lease.flags, PVBOOT_LEASE_F_PROXY);
	assert_string_equal((char *)net.result.res.reply + 108, "asked.0");
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
	assert_string_equal(net.result.res.lease.bootfile, "pxelinux.0");
	assert_int_equal(net.result.res.lease.flags, 0);
	assert_int_equal(count_sent(DHCP_REQUEST, DHCP_PXE_PORT), 3);
}

static void test_file_known_waits_for_nobody(void **state)
{
	request.file_known = true;
	run(no_file_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.res.lease.bootfile, "");
	assert_memory_equal(net.result.res.lease.boot_server, "\254\25\0\2", 4);
	assert_int_equal(net.count, 2);
}

static void test_file_known_asks_nobody(void **state)
{
	request.file_known = true;
	run(silent_proxy);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_int_equal(net.result.res.lease.flags, 0);
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
	assert_string_equal(net.result.res.lease.bootfile, "pxelinux.0");
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

static void test_ack_longer_than_the_buffer(void **state)
{
	run(long_ack_server);
	assert_int_equal(net.result.status, PVBOOT_S_OK);
	assert_string_equal(net.result.res.lease.bootfile, "pxelinux.0");
	assert_non_null(strstr(net.trace, "its end is cut off"));
	assert_memory_equal(net.result.res.ack + 16, "\254\25\0\62", 4);
	assert_memory_equal(net.result.res.reply, net.result.res.ack, sizeof(net.result.res.ack));
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
		TEST(test_lease_at_once),
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
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
