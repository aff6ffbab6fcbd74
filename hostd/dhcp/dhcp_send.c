/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_send.c - send the messages of dhcp.c, and set the time of the next try. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/addr.h"
#include "dhcp/dhcp_internal.h"
#include "log.h"
#include "dhcp/dhcp_socket.h"

/* From this try on, set the broadcast flag.  Without it servers answer to the guest's MAC address only, and a switch or
 * relay on the way may not know that address. */
#define BROADCAST_FROM_TRY 2

void dhcp_arm(struct event *ev, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(ev, &tv);
}

static struct dhcp_send identity(const struct dhcp *d, uint8_t type)
{
	struct dhcp_send send = {.type = type, .xid = d->xid, .secs = d->secs, .site_option = d->req.site_option};

	memcpy(send.mac, d->req.mac, 6);
	memcpy(send.uuid, d->result.info.uuid, 16);
	return send;
}

/* Build and send a message.  A failure is treated as a loss: at the next try the interface may be up again. */
static size_t transmit(struct dhcp *d, uint8_t buf[DHCP_MSG_MAX], const struct dhcp_send *send, struct udp_frame *udp)
{
	size_t len = dhcp_msg_build(buf, DHCP_MSG_MAX, send);

	if (!dhcp_socket_send(d->pkt, udp, buf, len) && !d->send_failed) {
		d->send_failed = true;
		/* The kernel reports ENOBUFS if the link has no carrier. */
		dhcp_say(d, LOG_WARNING, "cannot send on %s: %s", d->req.ifname,
			 errno == ENOBUFS ? "is its link up?" : strerror(errno));
	}
	return len;
}

static void address_broadcast(struct udp_frame *udp)
{
	memset(udp, 0, sizeof(*udp));
	memset(udp->dst_mac, 0xff, 6);
	memset(udp->dst_ip, 0xff, 4);
	udp->src_port = DHCP_CLIENT_PORT;
	udp->dst_port = DHCP_SERVER_PORT;
}

/* The wait after try number `tries` (from 0), in ms: doubled each time up to most, +- 1 s (RFC 2131 4.1), or +- a
 * quarter if that is less.  The jitter separates VMs that start together. */
static int64_t back_off(uint32_t first, uint32_t most, unsigned int tries)
{
	int64_t ms = first;
	int64_t jitter;
	uint32_t r = 0;

	while (tries-- > 0 && ms < most)
		ms *= 2;
	if (ms > most)
		ms = most;
	jitter = ms / 4 < 1000 ? ms / 4 : 1000;
	if (getrandom(&r, sizeof(r), 0) != sizeof(r) || !jitter)
		return ms;
	return ms - jitter + r % (2 * jitter + 1);
}

void dhcp_send_discover(struct dhcp *d)
{
	struct dhcp_send send;
	struct udp_frame udp;
	uint8_t buf[DHCP_MSG_MAX];
	size_t len;
	int64_t secs = (clock_ms() - d->started) / 1000;

	d->secs = secs < UINT16_MAX ? (uint16_t)secs : UINT16_MAX;
	send = identity(d, DHCP_DISCOVER);
	send.broadcast = d->tries >= BROADCAST_FROM_TRY;
	if (!d->restarts)
		memcpy(send.requested, d->req.previous, 4);
	address_broadcast(&udp);
	len = transmit(d, buf, &send, &udp);
	dhcp_result_packet(d->result.info.res.discover, buf, len);
	dhcp_say(d, LOG_DEBUG, "DISCOVER on %s, try %u", d->req.ifname, d->tries + 1);
	dhcp_arm(d->retry, back_off(d->timing.discover_first, d->timing.discover_most, d->tries));
	d->tries++;
}

void dhcp_send_request(struct dhcp *d)
{
	const struct dhcp_offer *lease = &d->offers.offer[d->choice.lease];
	struct dhcp_send send = identity(d, DHCP_REQUEST);
	struct udp_frame udp;
	uint8_t buf[DHCP_MSG_MAX];

	send.broadcast = d->tries >= BROADCAST_FROM_TRY;
	memcpy(send.requested, lease->msg.yiaddr, 4);
	memcpy(send.server, lease->server_id, 4);
	/* Broadcast, so that the servers that were not chosen hear it, too (RFC 2131 3.1). */
	address_broadcast(&udp);
	transmit(d, buf, &send, &udp);
	dhcp_say(d, LOG_DEBUG, "REQUEST for %s to %s, try %u", addr_text(lease->msg.yiaddr),
		 addr_text(lease->server_id), d->tries + 1);
	dhcp_arm(d->retry, back_off(d->timing.request_first, UINT32_MAX, d->tries));
	d->tries++;
}

const uint8_t *dhcp_asked_server(const struct dhcp *d)
{
	const struct dhcp_offer *boot = &d->offers.offer[d->choice.boot];

	return boot->pxe.has_item_server ? boot->pxe.item_server : boot->server_id;
}

void dhcp_send_ask(struct dhcp *d)
{
	const struct dhcp_offer *boot = &d->offers.offer[d->choice.boot];
	struct dhcp_send send = identity(d, DHCP_REQUEST);
	struct udp_frame udp = {.src_port = DHCP_CLIENT_PORT, .dst_port = DHCP_PXE_PORT};
	uint8_t buf[DHCP_MSG_MAX];

	memcpy(send.ciaddr, d->ack.yiaddr, 4);
	send.has_item = boot->pxe.has_item;
	send.item = boot->pxe.item;
	memcpy(udp.src_ip, d->ack.yiaddr, 4);
	memcpy(udp.dst_ip, dhcp_asked_server(d), 4);
	/* If the server sent the offer, the offer's frame showed its MAC address; otherwise send a broadcast frame. */
	if (!memcmp(udp.dst_ip, boot->server_id, 4) || !memcmp(udp.dst_ip, boot->src_ip, 4))
		memcpy(udp.dst_mac, boot->src_mac, 6);
	else
		memset(udp.dst_mac, 0xff, 6);
	transmit(d, buf, &send, &udp);
	dhcp_say(d, LOG_INFO, "asking %s, port %u, for the boot file, try %u", addr_text(udp.dst_ip), DHCP_PXE_PORT,
		 d->tries + 1);
	dhcp_arm(d->retry, back_off(d->timing.request_first, UINT32_MAX, d->tries));
	d->tries++;
}

void dhcp_send_release(struct dhcp_socket *pkt, const uint8_t mac[6], const struct pvboot_lease *lease,
		       const uint8_t *dst_mac)
{
	struct dhcp_send send = {.type = DHCP_RELEASE};
	struct udp_frame udp = {.src_port = DHCP_CLIENT_PORT, .dst_port = DHCP_SERVER_PORT};
	uint8_t buf[DHCP_MSG_MAX];
	size_t len;

	if (getrandom(&send.xid, sizeof(send.xid), 0) != sizeof(send.xid))
		return;
	memcpy(send.mac, mac, 6);
	memcpy(send.ciaddr, lease->address, 4);
	memcpy(send.server, lease->dhcp_server, 4);
	memcpy(udp.src_ip, lease->address, 4);
	memcpy(udp.dst_ip, lease->dhcp_server, 4);
	if (dst_mac)
		memcpy(udp.dst_mac, dst_mac, 6);
	else
		memset(udp.dst_mac, 0xff, 6); /* a broadcast frame also reaches a server on the same network */
	len = dhcp_msg_build(buf, sizeof(buf), &send);
	(void)dhcp_socket_send(pkt, &udp, buf, len);
}
