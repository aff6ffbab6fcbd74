/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames_tap.c - carry a guest's Ethernet frames by a tap that is a port of its boot interface's bridge.
 *
 * The bridge forwards the guest's frames to the host's own addresses, to other ports and to the wire, and learns at
 * which port the guest is.  The network helper (net_helper.h) makes the tap.  Frames to the guest wait in the tap's
 * own queue, which holds 500.
 *
 * The tap's descriptor does not report that the tap has left its bridge, or that another bridge has replaced that one.
 * So hostd checks once a second (is_port()).
 *
 * System calls: ioctl, those of net_ask.c and rtnl.c.  Capability: none; the helper's CAP_NET_ADMIN.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "net/bridge.h"
#include "net/frames_internal.h"
#include "log.h"
#include "net/net_ask.h"
#include "net/packet_socket.h"

static char missing[256]; /* why hostd cannot have taps; "": it can */
static bool told;	  /* the log already says why */

void frames_without_taps(const char *why)
{
	snprintf(missing, sizeof(missing), "%s", why);
	told = false;
}

/* Get a tap from the helper.  On failure returns false and fills err. */
static bool get(const struct frames_guest *guest, struct frames_port *port, char *err, size_t err_len)
{
	struct net_request req = {.op = NET_TAP, .section = guest->section};
	struct net_answer a;
	int error;

	memcpy(req.mac, guest->mac, 6);
	error = net_ask(&req, &a, &port->fd);
	if (!error)
		return true;
	snprintf(err, err_len, "%s%s", a.words[0] ? a.words : strerror(error),
		 error == EPIPE ? ": the process that makes taps has ended: restart hostd" : "");
	return false;
}

/* If the bridge is down, leave err empty: the packet socket then reports that the interface is down. */
static bool open_tap(const struct frames_guest *guest, struct frames_port *port, char *err, size_t err_len)
{
	struct ifreq ifr = {.ifr_flags = 0};
	struct rtnl_link bridge, tap;
	char wait[64] = "";

	err[0] = '\0';
	if (!bridge_of(guest->ifname, &bridge) || !(bridge.flags & IFF_UP))
		return false;
	if (missing[0]) {
		if (!told)
			snprintf(err, err_len, "%s", missing);
		told = true;
		return false;
	}
	if (!get(guest, port, err, err_len))
		return false;
	if (ioctl(port->fd, TUNGETIFF, &ifr) || !rtnl_get_link((int)if_nametoindex(ifr.ifr_name), &tap)) {
		snprintf(err, err_len, "the tap is not to be found: %s", strerror(errno));
		packet_socket_close_aside(port->fd);
		port->fd = -1;
		return false;
	}
	port->tap = tap.index;
	port->bridge = bridge.index;
	port->tap_drops = 0;
	if (bridge_wait_ms(&bridge))
		snprintf(wait, sizeof(wait), ", which passes nothing on for %u s (STP)",
			 bridge_wait_ms(&bridge) / 1000);
	log_msg(LOG_INFO, guest->vm, "the guest is at %s, a port of %s%s", tap.name, bridge.name, wait);
	return true;
}

/* The tap counts from its creation, so subtract what was counted before. */
static uint64_t read_drops(struct frames_port *port)
{
	struct rtnl_link tap;
	uint64_t before = port->tap_drops;

	if (rtnl_get_link(port->tap, &tap))
		port->tap_drops = tap.tx_dropped;
	return port->tap_drops - before;
}

static bool is_port(const struct frames_guest *guest, const struct frames_port *port)
{
	struct rtnl_link tap, bridge;

	return rtnl_get_link(port->tap, &tap) && tap.master == port->bridge && bridge_of(guest->ifname, &bridge) &&
	       bridge.index == port->bridge;
}

const struct frames_way frames_tap = {
	.open = open_tap,
	.drops = read_drops,
	.stays = is_port,
};
