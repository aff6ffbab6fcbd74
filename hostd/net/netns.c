/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.c - a network namespace with a guest's MAC and IP address.
 *
 * The namespace has a macvlan in bridge mode.  It sends on the boot interface, and receives what arrives there for its
 * MAC address.  IPv6 is off, so that the kernel sends nothing of its own with the guest's MAC address.
 *
 * System calls: unshare, setns, open, socket, write, close, and those of rtnl.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/netns.h"
#include "base/addr.h"
#include "net/rtnl.h"

#define LINK_NAME "guest0"

static int home = -1;

bool netns_start(void)
{
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return home >= 0;
}

/* Make a macvlan of the interface with that index, in the namespace ns.  On failure returns false with errno. */
static bool add_link(const struct netns_spec *spec, int index, int ns)
{
	const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	const uint32_t mode = MACVLAN_MODE_BRIDGE, target = (uint32_t)ns, lower = (uint32_t)index;
	struct rtattr *kind, *data;
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	rtnl_put(&m, IFLA_IFNAME, LINK_NAME, sizeof(LINK_NAME));
	rtnl_put(&m, IFLA_LINK, &lower, sizeof(lower));
	rtnl_put(&m, IFLA_NET_NS_FD, &target, sizeof(target));
	rtnl_put(&m, IFLA_ADDRESS, spec->mac, 6);
	kind = rtnl_put(&m, IFLA_LINKINFO, NULL, 0);
	rtnl_put(&m, IFLA_INFO_KIND, "macvlan", 8);
	data = rtnl_put(&m, IFLA_INFO_DATA, NULL, 0);
	rtnl_put(&m, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	rtnl_nest_end(&m, data);
	rtnl_nest_end(&m, kind);
	return rtnl_order(&m);
}

/* The netmask's prefix length in bits. */
static uint8_t prefix_of(const struct netns_spec *spec)
{
	uint8_t bits = 0;

	if (addr_none(spec->netmask))
		return spec->address[0] < 128 ? 8 : spec->address[0] < 192 ? 16 : 24;
	while (bits < 32 && spec->netmask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	return bits;
}

/* The thread must be in the namespace when it calls the next two functions. */

static bool add_address(const struct netns_spec *spec, int index)
{
	const struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_prefixlen = prefix_of(spec), .ifa_index = (unsigned int)index};
	uint32_t host = head.ifa_prefixlen < 32 ? UINT32_MAX >> head.ifa_prefixlen : 0, broadcast;
	struct rtnl_message m;

	memcpy(&broadcast, spec->address, 4);
	broadcast |= htonl(host);
	rtnl_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	rtnl_put(&m, IFA_LOCAL, spec->address, 4);
	rtnl_put(&m, IFA_ADDRESS, spec->address, 4);
	rtnl_put(&m, IFA_BROADCAST, &broadcast, 4);
	return rtnl_order(&m);
}

/* Add the default route.  RTNH_F_ONLINK accepts a router outside the subnet, which a wrong lease may name. */
static bool add_route(const struct netns_spec *spec, int index)
{
	const struct rtmsg head = {.rtm_family = AF_INET,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_STATIC,
				   .rtm_scope = RT_SCOPE_UNIVERSE,
				   .rtm_type = RTN_UNICAST,
				   .rtm_flags = RTNH_F_ONLINK};
	struct rtnl_message m;

	if (addr_none(spec->router))
		return true;
	rtnl_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	rtnl_put(&m, RTA_GATEWAY, spec->router, 4);
	rtnl_put(&m, RTA_OIF, &index, sizeof(index));
	return rtnl_order(&m);
}

/* ---- the namespace --------------------------------------------------------------------------------------------- */

static bool enter(int ns)
{
	return !setns(ns, CLONE_NEWNET);
}

/* Return to the helper's own namespace.  If that fails, every later step would go wrong: exit, and hostd notices. */
static void leave(void)
{
	int saved = errno;

	if (!enter(home))
		_exit(1);
	errno = saved;
}

static void disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* the kernel has no IPv6 */
	if (write(fd, "1", 1) != 1)
		errno = 0; /* the kernel then sends a few link-local IPv6 packets, which is harmless */
	close(fd);
}

static int make_empty(void)
{
	int ns;

	if (unshare(CLONE_NEWNET))
		return -1;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	disable_ipv6();
	leave();
	return ns;
}

static bool configure(const struct netns_spec *spec, int ns)
{
	int index;
	bool done;

	if (!enter(ns))
		return false;
	index = (int)if_nametoindex(LINK_NAME);
	done = index && add_address(spec, index) && rtnl_set_up(index) && add_route(spec, index);
	leave();
	return done;
}

int netns_make(const struct netns_spec *spec, char *err, size_t err_len)
{
	int index = (int)if_nametoindex(spec->ifname), ns, error;
	struct rtnl_link lower;

	if (!index) {
		snprintf(err, err_len, "there is no interface %s on this host: use one that ip link shows",
			 spec->ifname);
		return -1;
	}
	ns = make_empty();
	if (ns < 0) {
		snprintf(err, err_len, "cannot make a network namespace: %s", strerror(errno));
		return -1;
	}
	if (!add_link(spec, rtnl_get_link(index, &lower) && lower.master ? lower.master : index, ns)) {
		snprintf(err, err_len, "cannot make a macvlan on %s: %s", spec->ifname, strerror(errno));
	} else if (!configure(spec, ns)) {
		snprintf(err, err_len, "cannot bring the macvlan on %s up with the guest's address: %s%s", spec->ifname,
			 strerror(errno), errno == EADDRINUSE ? ": has another macvlan there the guest's MAC?" : "");
	} else {
		return ns;
	}
	error = errno;
	close(ns);
	errno = error;
	return -1;
}

int netns_socket(int ns, int type)
{
	int fd;

	if (!enter(ns))
		return -1;
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	leave();
	return fd;
}

void netns_silence(int ns, const struct netns_spec *spec)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_prefixlen = prefix_of(spec)};
	struct rtnl_message m;

	if (!enter(ns))
		return;
	head.ifa_index = if_nametoindex(LINK_NAME);
	rtnl_begin(&m, RTM_DELADDR, 0, &head, sizeof(head));
	rtnl_put(&m, IFA_LOCAL, spec->address, 4);
	(void)rtnl_order(&m);
	leave();
}

void netns_remove(int ns)
{
	struct ifinfomsg info = {0};
	struct rtnl_message m;

	if (enter(ns)) {
		info.ifi_index = (int)if_nametoindex(LINK_NAME);
		rtnl_begin(&m, RTM_DELLINK, 0, &info, sizeof(info));
		if (info.ifi_index)
			(void)rtnl_order(&m); /* if this fails, the kernel removes the macvlan with the namespace */
		leave();
	}
	close(ns);
}
