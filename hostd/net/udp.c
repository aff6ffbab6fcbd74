/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - a small address translator: for each guest port, hostd opens a socket with a port that the kernel chooses.
 *
 * hostd accepts datagrams only from addresses that the guest has sent to, but from any port: TFTP and others answer
 * from another port.  The number of sockets is bounded; hostd closes the one that was unused longest to make room.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "log.h"
#include "net/source.h"
#include "net/udp.h"

#define PORTS_MAX 16
#define PEERS_MAX 8
#define TURN_MAX 32 /* datagrams from one socket in one call, so that other sockets get their turn */

struct port {
	struct udp *udp;
	int fd; /* -1: free */
	struct event *readable;
	uint16_t guest_be;
	uint64_t used; /* the count of sends when the port was last used */
	uint8_t peer[PEERS_MAX][4];
	unsigned int n_peers, next_peer;
};

struct udp {
	struct event_base *base;
	const char *vm;
	struct source *source;
	udp_deliver_fn deliver;
	void *arg;
	uint64_t sends;
	struct port ports[PORTS_MAX];
};

bool udp_allowed(const uint8_t address[4])
{
	return addr_unicast(address);
}

static void close_port(struct port *port)
{
	if (port->fd < 0)
		return;
	event_free(port->readable);
	close(port->fd);
	*port = (struct port){.udp = port->udp, .fd = -1};
}

static bool is_peer(const struct port *port, const uint8_t address[4])
{
	for (unsigned int i = 0; i < port->n_peers; i++)
		if (!memcmp(port->peer[i], address, 4))
			return true;
	return false;
}

static void add_peer(struct port *port, const uint8_t address[4])
{
	if (is_peer(port, address))
		return;
	memcpy(port->peer[port->next_peer], address, 4);
	port->next_peer = (port->next_peer + 1) % PEERS_MAX;
	if (port->n_peers < PEERS_MAX)
		port->n_peers++;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct port *port = arg;
	uint8_t payload[PVBOOT_DGRAM_MAX + 1];

	for (int i = 0; i < TURN_MAX; i++) {
		struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .dst_port_be = port->guest_be};
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, payload, sizeof(payload), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue; /* an ICMP error about an earlier datagram: reading it has cleared it */
		if (n < 0)
			return;
		if (from_len != sizeof(from) || (size_t)n > PVBOOT_DGRAM_MAX ||
		    !is_peer(port, (const uint8_t *)&from.sin_addr))
			continue;
		pkt.length = (uint32_t)n;
		memcpy(pkt.src, &from.sin_addr, 4);
		pkt.src_port_be = from.sin_port;
		port->udp->deliver(port->udp->arg, &pkt, payload);
	}
}

/* Find or open the socket of a guest's port; close the least recently used one if needed.  NULL on failure. */
static struct port *find_port(struct udp *udp, uint16_t guest_be)
{
	struct port *best = &udp->ports[0];

	for (size_t i = 0; i < PORTS_MAX; i++) {
		struct port *port = &udp->ports[i];

		if (port->fd >= 0 && port->guest_be == guest_be)
			return port;
		if (port->fd < 0 || (best->fd >= 0 && port->used < best->used))
			best = port;
	}
	close_port(best);
	best->fd = source_socket(udp->source, SOCK_DGRAM);
	if (best->fd < 0)
		return NULL;
	best->readable = event_new(udp->base, best->fd, EV_READ | EV_PERSIST, on_readable, best);
	if (!best->readable || event_add(best->readable, NULL)) {
		if (best->readable)
			event_free(best->readable);
		close(best->fd);
		best->fd = -1;
		return NULL;
	}
	best->guest_be = guest_be;
	return best;
}

void udp_send(struct udp *udp, const struct pvboot_dgram_args *to, const void *payload, size_t len)
{
	struct sockaddr_in dest = {.sin_family = AF_INET, .sin_port = to->dst_port_be};
	struct port *port;

	memcpy(&dest.sin_addr, to->dest, 4);
	if (!udp_allowed(to->dest) || !to->dst_port_be || !to->src_port_be || len > PVBOOT_DGRAM_MAX) {
		log_msg(LOG_DEBUG, udp->vm, "dropped a datagram to %s port %u", addr_text(to->dest),
			ntohs(to->dst_port_be));
		return;
	}
	port = find_port(udp, to->src_port_be);
	if (!port) {
		log_msg(LOG_WARNING, udp->vm, "no socket for the guest's datagrams: %s", strerror(errno));
		return;
	}
	port->used = ++udp->sends;
	add_peer(port, to->dest);
	if (sendto(port->fd, payload, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&dest, sizeof(dest)) < 0)
		log_msg(LOG_DEBUG, udp->vm, "a datagram to %s: %s", addr_text(to->dest), strerror(errno));
}

struct udp *udp_new(struct event_base *base, const char *vm, udp_deliver_fn deliver, void *arg)
{
	struct udp *udp = calloc(1, sizeof(*udp));

	if (!udp)
		return NULL;
	udp->base = base;
	udp->vm = vm;
	udp->deliver = deliver;
	udp->arg = arg;
	for (size_t i = 0; i < PORTS_MAX; i++) {
		udp->ports[i].udp = udp;
		udp->ports[i].fd = -1;
	}
	return udp;
}

void udp_reset(struct udp *udp)
{
	for (size_t i = 0; i < PORTS_MAX; i++)
		close_port(&udp->ports[i]);
}

void udp_use_source(struct udp *udp, struct source *source)
{
	udp_reset(udp);
	source_ref(source);
	source_unref(udp->source);
	udp->source = source;
}

void udp_free(struct udp *udp)
{
	if (!udp)
		return;
	udp_reset(udp);
	source_unref(udp->source);
	free(udp);
}
