/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bridge.c - find the bridge of an interface, and tell what a new port would do to that bridge.
 *
 * System calls: those of rtnl.c and of if_nameindex(); open, read, close.
 */
#include "net/bridge.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"

/* libvirt turns STP on in its networks, with the smallest forward delay that the kernel then accepts. */
#define FORWARD_DELAY_MAX 200 /* hundredths of a second */
#define ADDRESS_SET '3'	      /* NET_ADDR_SET of the kernel's netdevice.h */

bool bridge_of(const char *ifname, struct rtnl_link *bridge)
{
	int index = (int)if_nametoindex(ifname);

	if (!index || !rtnl_get_link(index, bridge))
		return false;
	if (bridge->bridge)
		return true;
	return bridge->master && rtnl_get_link(bridge->master, bridge) && bridge->bridge;
}

unsigned int bridge_wait_ms(const struct rtnl_link *bridge)
{
	return bridge->stp ? 2 * 10 * bridge->forward_delay : 0; /* listening, then learning (IEEE 802.1D 17.20.5) */
}

/* Has an administrator set the bridge's MAC address?  If so, no port changes it. */
static bool address_is_set(const struct rtnl_link *bridge)
{
	char path[64], type = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/addr_assign_type", bridge->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &type, 1) != 1)
		type = 0;
	close(fd);
	return type == ADDRESS_SET;
}

/*
 * Does the bridge have a port whose MAC address is lower than address?  A bridge uses the lowest MAC address of its
 * ports as its own, and loses that address with its last port.
 */
static bool has_lower_port(const struct rtnl_link *bridge, const uint8_t address[6])
{
	struct if_nameindex *all = if_nameindex();
	struct rtnl_link port;
	bool found = false;

	for (const struct if_nameindex *i = all; i && i->if_index && !found; i++)
		found = rtnl_get_link((int)i->if_index, &port) && port.master == bridge->index &&
			memcmp(port.address, address, 6) < 0;
	if_freenameindex(all);
	return found;
}

bool bridge_takes(const struct rtnl_link *bridge, const uint8_t address[6], char *err, size_t err_len)
{
	if (bridge->stp && bridge->forward_delay > FORWARD_DELAY_MAX) {
		snprintf(err, err_len,
			 "%s runs STP, and a new port of it would pass nothing on for %u s: ip link set %s type bridge "
			 "forward_delay %u, or stp_state 0 where there is no loop",
			 bridge->name, bridge_wait_ms(bridge) / 1000, bridge->name, FORWARD_DELAY_MAX);
		return false;
	}
	if (bridge->vlan_filtering) {
		snprintf(err, err_len, "%s filters VLANs, and a new port of it may be in another one", bridge->name);
		return false;
	}
	if (address_is_set(bridge) || has_lower_port(bridge, address))
		return true;
	snprintf(err, err_len,
		 "%s has no port but virtual ones to have its address from, and would take a new one's: ip link set %s "
		 "address %s",
		 bridge->name, bridge->name, addr_mac_text(bridge->address));
	return false;
}
