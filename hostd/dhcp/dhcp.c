/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp.c - obtain a lease with the guest's identity: RFC 2131's client, RFC 4578's options, PXE's proxies.
 *
 *   SELECTING   send DISCOVER, again with back-off, until dhcp_select() has chosen among the offers
 *   REQUESTING  broadcast REQUEST, again with back-off; ACK -> continue, NAK or silence -> SELECTING, a few times
 *   ASKING      only if the choice is a proxy without a file: send it a REQUEST at port 4011; silence is not fatal
 *
 * The client never waits longer than needed: with a server that answers at once it is done in two round trips.
 */
#include "dhcp/dhcp.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/addr.h"
#include "dhcp/dhcp_internal.h"
#include "log.h"
#include "dhcp/dhcp_socket.h"
#include "net/packet_socket.h"

/*
 * RFC 2131 4.1 retries first after 4 s, because LANs were slow then.  On a virtual network hostd retries first after
 * 1 s, then after 2, 4 and 8 s, then every 16 s (not 64): a bridge's spanning tree may block its port for 30 s, and
 * with the default timeout one retry still comes after that.  hostd waits for a proxy for PXE's first two timeouts, 4
 * and 8 s (PXE 2.1, 2.2.1).
 */
const struct dhcp_timing dhcp_timing_default = {
	.discover_first = 1000,
	.discover_most = 16000,
	.request_first = 1000,
	.requests = 4,
	.proxy_after_start = 12000,
	.proxy_after_offer = 4000,
	.timeout = 60000,
	.restarts = 3,
};

/* In the order of enum dhcp_state. */
static const char *const state_names[] = {"STARTING", "SELECTING", "REQUESTING", "ASKING", "DONE"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == DHCP_DONE + 1, "a name for each state");

static void set_state(struct dhcp *d, enum dhcp_state state)
{
	log_msg(LOG_DEBUG, d->req.vm, "dhcp: %s -> %s", state_names[d->state], state_names[state]);
	d->state = state;
}

static void free_dhcp(struct dhcp *d)
{
	struct event *events[] = {d->readable, d->retry, d->proxy, d->total};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	dhcp_socket_close(d->pkt);
	free((char *)d->req.vm);
	free((char *)d->req.ifname);
	free(d);
}

static void finish(struct dhcp *d)
{
	set_state(d, DHCP_DONE);
	if (d->result.status != PVBOOT_S_OK)
		log_msg(LOG_ERR, d->req.vm, "dhcp: %s", d->result.text);
	d->done(d->arg, &d->result);
	free_dhcp(d);
}

static void fail(struct dhcp *d, uint32_t status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void fail(struct dhcp *d, uint32_t status, const char *fmt, ...)
{
	va_list ap;

	d->result.status = status;
	va_start(ap, fmt);
	vsnprintf(d->result.text, sizeof(d->result.text), fmt, ap);
	va_end(ap);
	dhcp_msg_printable(d->result.text);
	finish(d);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* Release the leased address, because the boot cannot happen. */
static void give_back(struct dhcp *d)
{
	dhcp_send_release(d->pkt, d->req.mac, &d->result.info.res.lease, d->offers.offer[d->choice.lease].src_mac);
	dhcp_say(d, LOG_INFO, "RELEASE of %s", addr_text(d->result.info.res.lease.address));
}

static void say_losers(struct dhcp *d)
{
	char line[768];

	for (unsigned int i = 0; i < d->offers.count; i++) {
		if ((int)i == d->choice.lease || (int)i == d->choice.boot)
			continue;
		dhcp_describe(line, sizeof(line), &d->offers.offer[i]);
		dhcp_say(d, LOG_INFO, "passed over: %s", line);
	}
}

/* Make the result, from the lease and from reply, the message that may name the boot file. */
static void conclude(struct dhcp *d, const struct dhcp_msg *reply)
{
	struct dhcp_result *r = &d->result;
	bool ack_fits = dhcp_result_packet(r->info.res.ack, d->ack.raw, d->ack.len);
	bool reply_fits = dhcp_result_packet(r->info.res.reply, reply->raw, reply->len);
	struct dhcp_pxe pxe;

	dhcp_pxe_read(&pxe, reply);
	dhcp_result_boot(r, &pxe);
	if (!ack_fits || !reply_fits)
		dhcp_say(d, LOG_WARNING,
			 "a packet is longer than the %d bytes a boot program can see: its end is cut off",
			 PVBOOT_DHCP_PACKET);
	if (reply != &d->ack)
		r->info.res.lease.flags |= PVBOOT_LEASE_F_PROXY;
	boot_info_read(&r->info, d->req.site_option);
	if (!pxe.file[0] && !d->req.file_known) {
		give_back(d);
		fail(d, PVBOOT_S_NO_BOOTFILE,
		     "%s gave %s but nobody names a boot file: set filename (dhcpd), boot-file-name (Kea) or dhcp-boot "
		     "(dnsmasq)%s",
		     addr_text(r->info.res.lease.dhcp_server), addr_text(r->info.res.lease.address),
		     pxe.file_too_long ? "; option 67 is too long" : "");
		return;
	}
	if (pxe.server_name[0])
		dhcp_say(d, LOG_WARNING, "server name \"%s\" is not looked up: %s %s is used", pxe.server_name,
			 pxe.server_from ? pxe.server_from : "no", addr_text(pxe.server));
	dhcp_say(d, LOG_INFO, "boot file \"%s\" (%s) on %s (%s)", pxe.file, pxe.file[0] ? pxe.file_from : "none named",
		 addr_text(pxe.server), pxe.server_from ? pxe.server_from : "nobody says where");
	if (pxe.file_full)
		dhcp_say(
			d, LOG_WARNING,
			"this name fills the %d bytes of the packet's file field, so its end is probably cut off: give "
			"the file a shorter name, or have the DHCP server send option 67 in place of the field",
			DHCP_FILE_FIELD);
	/* A URL has its own server, perhaps by name, so the route to the boot server does not matter. */
	if (!d->req.own_network && boot_info_named(&r->info) != BOOT_NAMED_URL && !dhcp_result_route(r, d->req.ifname))
		give_back(d);
	finish(d);
}

/* No server at port 4011 named a file.  This is not fatal: the ACK may name one. */
static void conclude_without_boot_server(struct dhcp *d)
{
	dhcp_say(d, LOG_WARNING, "%s does not answer at port %u: going on with what DHCP said",
		 addr_text(dhcp_asked_server(d)), DHCP_PXE_PORT);
	conclude(d, &d->ack);
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

static void start_over(struct dhcp *d, bool nak)
{
	d->naked = nak;
	if (d->restarts++ == d->timing.restarts) {
		fail(d, nak ? PVBOOT_S_NAK : PVBOOT_S_NO_OFFER,
		     nak ? "the DHCP server on %s keeps refusing (NAK) the address it offers: see its log"
			 : "the DHCP server on %s offers an address but never acknowledges it: see its log",
		     d->req.ifname);
		return;
	}
	set_state(d, DHCP_SELECTING);
	d->offers.count = 0;
	d->tries = 0;
	d->proxy_over = false;
	event_del(d->proxy);
	dhcp_send_discover(d);
}

/* Choose among the offers so far, if that is possible now, and go on to REQUESTING. */
static void consider(struct dhcp *d)
{
	const struct dhcp_offer *lease;

	if (!dhcp_select(&d->offers, d->req.proxy, d->proxy_over || d->req.file_known, &d->choice))
		return;
	lease = &d->offers.offer[d->choice.lease];
	dhcp_say(d, LOG_INFO, "%s offers %s; boot file by %s: %s", addr_text(lease->server_id),
		 addr_text(lease->msg.yiaddr), addr_text(d->offers.offer[d->choice.boot].server_id), d->choice.why);
	say_losers(d);
	event_del(d->proxy);
	set_state(d, DHCP_REQUESTING);
	d->tries = 0;
	dhcp_send_request(d);
}

/* After the first offer of an address: for how many milliseconds from now to wait for a proxy.  At least a quarter of
 * the timeout is left for REQUEST. */
static int64_t proxy_wait(const struct dhcp *d)
{
	int64_t since = clock_ms() - d->started;
	int64_t wait = d->timing.proxy_after_offer;
	int64_t most = (int64_t)d->timing.timeout * 3 / 4 - since;

	if (d->req.proxy != DHCP_PROXY_WAIT && wait < d->timing.proxy_after_start - since)
		wait = d->timing.proxy_after_start - since;
	if (wait > most)
		wait = most;
	return wait > 0 ? wait : 0;
}

static void got_offer(struct dhcp *d, const struct dhcp_msg *msg, const struct udp_frame *from)
{
	int i = dhcp_offers_add(&d->offers, msg, from->src_ip, from->src_mac);
	char line[768];

	if (i == DHCP_NO_OFFER)
		return;
	dhcp_describe(line, sizeof(line), &d->offers.offer[i]);
	dhcp_say(d, LOG_DEBUG, "%s", line);
	if (dhcp_offer_is_lease(&d->offers.offer[i]) && !event_pending(d->proxy, EV_TIMEOUT, NULL))
		dhcp_arm(d->proxy, proxy_wait(d));
	consider(d);
}

static bool from_chosen(const struct dhcp *d, const struct dhcp_msg *msg)
{
	uint8_t id[4];

	return !dhcp_msg_address(msg, DHCP_OPT_SERVER_ID, id) ||
	       !memcmp(id, d->offers.offer[d->choice.lease].server_id, 4);
}

static void got_ack(struct dhcp *d, const struct dhcp_msg *msg)
{
	struct pvboot_lease *lease = &d->result.info.res.lease;

	if (!addr_unicast(msg->yiaddr))
		return;
	d->ack = *msg;
	dhcp_result_lease(&d->result, msg);
	if (addr_none(lease->dhcp_server))
		memcpy(lease->dhcp_server, d->offers.offer[d->choice.lease].server_id, 4);
	dhcp_say(d, LOG_INFO, "lease: %s mask %s from %s for %u s", addr_text(lease->address),
		 addr_text(lease->netmask), addr_text(lease->dhcp_server), lease->lease_seconds);
	if (!d->choice.ask || d->req.file_known) {
		bool own = d->choice.ask || d->choice.boot == d->choice.lease;

		conclude(d, own ? &d->ack : &d->offers.offer[d->choice.boot].msg);
		return;
	}
	set_state(d, DHCP_ASKING);
	d->tries = 0;
	dhcp_socket_answer_arp(d->pkt, lease->address);
	dhcp_send_ask(d);
}

static void got_nak(struct dhcp *d, const struct dhcp_msg *msg)
{
	char why[256];

	dhcp_msg_string(msg, DHCP_OPT_MESSAGE, why, sizeof(why));
	dhcp_say(d, LOG_WARNING, "NAK from %s%s%s", addr_text(d->offers.offer[d->choice.lease].server_id),
		 why[0] ? ": " : "", why);
	start_over(d, true);
}

/* Take an answer from port 4011.  Ignore a late copy of the lease's own ACK: it comes from another port, perhaps of the
 * same server. */
static void got_boot_reply(struct dhcp *d, const struct dhcp_msg *msg, const struct udp_frame *from)
{
	struct dhcp_pxe pxe;

	dhcp_pxe_read(&pxe, msg);
	if (!pxe.file[0] || (from->src_port != DHCP_PXE_PORT && from_chosen(d, msg)))
		return;
	dhcp_say(d, LOG_INFO, "%s answered at port %u", addr_text(dhcp_asked_server(d)), DHCP_PXE_PORT);
	conclude(d, msg);
}

/* Handle a message with our xid at our port, if it is for this guest and fits the state.  Returns true if d may be
 * gone.
 */
static bool dispatch(struct dhcp *d, const struct dhcp_msg *msg, const struct udp_frame *from)
{
	if (msg->op != DHCP_OP_REPLY || msg->xid != d->xid || memcmp(msg->chaddr, d->req.mac, 6))
		return false;
	if (d->state == DHCP_SELECTING && msg->type == DHCP_OFFER) {
		got_offer(d, msg, from);
		return false;
	}
	if (d->state == DHCP_REQUESTING && from_chosen(d, msg)) {
		if (msg->type == DHCP_ACK)
			got_ack(d, msg);
		else if (msg->type == DHCP_NAK)
			got_nak(d, msg);
		return true;
	}
	if (d->state == DHCP_ASKING && msg->type == DHCP_ACK) {
		got_boot_reply(d, msg, from);
		return true;
	}
	return false;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct dhcp *d = arg;
	uint8_t buf[DHCP_MSG_MAX];
	struct udp_frame from;
	struct dhcp_msg msg;
	ssize_t n;

	/* Read a limited number, so that other VMs get their turn.  The loop calls again for the rest. */
	for (int i = 0; i < 16; i++) {
		n = dhcp_socket_recv(d->pkt, &from, buf, sizeof(buf));
		if (n < 0)
			return;
		if (n > 0 && dhcp_msg_parse(&msg, buf, (size_t)n) && dispatch(d, &msg, &from))
			return;
	}
}

/* ---- timers ---------------------------------------------------------------------------------------------------- */

static void begin(struct dhcp *d)
{
	char err[sizeof(d->result.text)];

	if (getrandom(&d->xid, sizeof(d->xid), 0) != sizeof(d->xid)) {
		fail(d, PVBOOT_S_FAILED, "the host has no random numbers: %s", strerror(errno));
		return;
	}
	d->pkt = dhcp_socket_open(d->req.ifname, d->req.mac, d->xid, err, sizeof(err));
	if (!d->pkt) {
		fail(d, PVBOOT_S_FAILED, "%s", err);
		return;
	}
	d->readable = event_new(d->base, dhcp_socket_fd(d->pkt), EV_READ | EV_PERSIST, on_readable, d);
	if (!d->readable || event_add(d->readable, NULL)) {
		fail(d, PVBOOT_S_NO_RESOURCES, "the host is out of memory");
		return;
	}
	if (!packet_socket_has_carrier(d->req.ifname))
		dhcp_say(d, LOG_WARNING, "%s has no carrier: nothing is connected to it, or its other end is down",
			 d->req.ifname);
	d->started = clock_ms();
	set_state(d, DHCP_SELECTING);
	dhcp_arm(d->total, d->timing.timeout);
	dhcp_send_discover(d);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct dhcp *d = arg;

	switch (d->state) {
	case DHCP_STARTING:
		begin(d);
		break;
	case DHCP_SELECTING:
		dhcp_send_discover(d);
		break;
	case DHCP_REQUESTING:
		if (d->tries < d->timing.requests) {
			dhcp_send_request(d);
			break;
		}
		dhcp_say(d, LOG_WARNING, "%s does not acknowledge the address it offered: starting over",
			 addr_text(d->offers.offer[d->choice.lease].server_id));
		start_over(d, false);
		break;
	case DHCP_ASKING:
		if (d->tries < d->timing.requests)
			dhcp_send_ask(d);
		else
			conclude_without_boot_server(d);
		break;
	case DHCP_DONE:
		break;
	}
}

static void on_proxy_over(evutil_socket_t fd, short what, void *arg)
{
	struct dhcp *d = arg;

	d->proxy_over = true;
	consider(d);
}

static void on_total(evutil_socket_t fd, short what, void *arg)
{
	struct dhcp *d = arg;
	unsigned int s = (d->timing.timeout + 500) / 1000;

	if (d->state == DHCP_ASKING)
		conclude_without_boot_server(d);
	else if (d->naked)
		fail(d, PVBOOT_S_NAK,
		     "in %u s the DHCP server on %s only refused (NAK) what it had offered: see its log", s,
		     d->req.ifname);
	else if (d->state == DHCP_REQUESTING || d->restarts)
		fail(d, PVBOOT_S_NO_OFFER,
		     "in %u s the DHCP server on %s offered an address but never acknowledged it: see its log", s,
		     d->req.ifname);
	else if (d->offers.count)
		fail(d, PVBOOT_S_NO_OFFER,
		     "only a ProxyDHCP server (%s) answered on %s in %u s, none that gives an address: is a DHCP "
		     "server running there?",
		     addr_text(d->offers.offer[0].server_id), d->req.ifname, s);
	else
		fail(d, PVBOOT_S_NO_OFFER,
		     "no DHCP server answered on %s in %u s: is one running there, is %s the right interface, does a "
		     "firewall or VLAN stand between?%s",
		     d->req.ifname, s, d->req.ifname,
		     packet_socket_has_carrier(d->req.ifname) ? "" : " (the interface has no carrier)");
}

/* ---- public functions ------------------------------------------------------------------------------------------ */

struct dhcp *dhcp_start_timed(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done,
			      dhcp_trace_fn trace, void *arg, const struct dhcp_timing *timing)
{
	struct dhcp *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->base = base;
	d->req = *req;
	d->req.vm = req->vm ? strdup(req->vm) : NULL;
	d->req.ifname = strdup(req->ifname);
	d->timing = *timing;
	if (req->timeout_ms)
		d->timing.timeout = req->timeout_ms;
	d->done = done;
	d->trace = trace;
	d->arg = arg;
	boot_info_identify(&d->result.info, req->mac, req->has_uuid, req->uuid);
	d->retry = evtimer_new(base, on_retry, d);
	d->proxy = evtimer_new(base, on_proxy_over, d);
	d->total = evtimer_new(base, on_total, d);
	if ((req->vm && !d->req.vm) || !d->req.ifname || !d->retry || !d->proxy || !d->total) {
		free_dhcp(d);
		return NULL;
	}
	event_active(d->retry, EV_TIMEOUT, 0); /* begin from the loop, so that done is not called before this returns */
	return d;
}

struct dhcp *dhcp_start(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done, dhcp_trace_fn trace,
			void *arg)
{
	return dhcp_start_timed(base, req, done, trace, arg, &dhcp_timing_default);
}

void dhcp_cancel(struct dhcp *dhcp)
{
	free_dhcp(dhcp);
}

void dhcp_release(const struct dhcp_request *req, const struct pvboot_lease *lease)
{
	char err[PVBOOT_ERROR_MAX + 1];
	struct dhcp_socket *pkt;

	if (lease->flags & PVBOOT_LEASE_F_LOCAL)
		return;
	pkt = dhcp_socket_open(req->ifname, req->mac, 0, err, sizeof(err));
	if (!pkt) {
		log_msg(LOG_WARNING, req->vm, "dhcp: the lease of %s is not given back: %s", addr_text(lease->address),
			err);
		return;
	}
	dhcp_send_release(pkt, req->mac, lease, NULL);
	dhcp_socket_close(pkt);
	log_msg(LOG_INFO, req->vm, "dhcp: RELEASE of %s", addr_text(lease->address));
}
