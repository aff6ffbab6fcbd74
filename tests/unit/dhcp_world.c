/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_world.c - a network of a test's own under hostd/dhcp/dhcp.c: this file is dhcp_socket.c (and the host's routes)
 * to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dhcp_world.h"
#include "dhcp/dhcp_socket.h"
#include "net/packet_socket.h"

const struct dhcp_timing quick = {
	.discover_first = 20,
	.discover_most = 160,
	.request_first = 20,
	.requests = 3,
	.proxy_after_start = 120,
	.proxy_after_offer = 60,
	.timeout = 600,
	.restarts = 2,
};

struct network net;

struct dhcp_request request;

/* ---- dhcp_socket.c and the routes, as dhcp.c sees them
 * ------------------------------------------------------------------ */

struct dhcp_socket {
	int unused;
};

static struct dhcp_socket the_pkt;

struct dhcp_socket *dhcp_socket_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len)
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

void dhcp_socket_close(struct dhcp_socket *pkt)
{
	if (!pkt)
		return;
	close(net.fds[0]);
	close(net.fds[1]);
}

int dhcp_socket_fd(const struct dhcp_socket *pkt)
{
	return net.fds[0];
}

bool dhcp_socket_send(struct dhcp_socket *pkt, struct udp_frame *udp, const void *payload, size_t len)
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

ssize_t dhcp_socket_recv(struct dhcp_socket *pkt, struct udp_frame *udp, void *buf, size_t cap)
{
	memset(udp, 0, sizeof(*udp));
	memcpy(udp->src_ip, "\254\25\0\2", 4);
	memcpy(udp->src_mac, "\2\0\0\0\0\2", 6);
	return recv(net.fds[0], buf, cap, 0);
}

void dhcp_socket_answer_arp(struct dhcp_socket *pkt, const uint8_t ip[4])
{
	memcpy(net.arp_ip, ip, 4);
}

bool packet_socket_has_carrier(const char *ifname)
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

void set_xid(struct craft *craft)
{
	craft->buf[4] = net.xid >> 24;
	craft->buf[5] = (net.xid >> 16) & 0xff;
	craft->buf[6] = (net.xid >> 8) & 0xff;
	craft->buf[7] = net.xid & 0xff;
}

void reply(struct craft *craft)
{
	set_xid(craft);
	assert_int_equal(send(net.fds[1], craft->buf, craft->len, 0), craft->len);
}

void offer(uint8_t type, uint8_t id, const char *file)
{
	struct craft c;

	craft_offer(&c, type, id, file);
	reply(&c);
}

void proxy(uint8_t type, uint8_t id, const char *file)
{
	struct craft c;

	craft_proxy(&c, type, id, file);
	reply(&c);
}

void on_done(void *arg, const struct dhcp_result *result)
{
	assert_false(net.starting);
	net.done++;
	net.result = *result;
	event_base_loopbreak(net.base);
}

void on_trace(void *arg, const char *line)
{
	size_t len = strlen(net.trace);

	snprintf(net.trace + len, sizeof(net.trace) - len, "%s\n", line);
}

void run(void (*server)(const struct sent *sent))
{
	net.server = server;
	net.starting = true;
	assert_non_null(dhcp_start_timed(net.base, &request, on_done, on_trace, NULL, &quick));
	net.starting = false;
	event_base_dispatch(net.base);
	assert_int_equal(net.done, 1);
}

int set_up(void **state)
{
	memset(&net, 0, sizeof(net));
	memset(&request, 0, sizeof(request));
	request.vm = "vm1";
	request.ifname = "br0";
	memcpy(request.mac, craft_mac, 6);
	net.base = event_base_new();
	return net.base ? 0 : -1;
}

int tear_down(void **state)
{
	event_base_free(net.base);
	return 0;
}

unsigned int count_sent(uint8_t type, uint16_t port)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < net.count; i++)
		n += net.sent[i].msg.type == type && net.sent[i].udp.dst_port == port;
	return n;
}

/* ---- servers --------------------------------------------------------------------------------------------------- */

void good_server(const struct sent *sent)
{
	offer(sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, "pxelinux.0");
}

void no_file_server(const struct sent *sent)
{
	if (sent->msg.type != DHCP_RELEASE)
		offer(sent->msg.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK, 2, NULL);
}

void refusing_server(const struct sent *sent)
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
