/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_result.c - make the result of a DHCP exchange: the lease, the packets, the route. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/addr.h"
#include "dhcp/dhcp_internal.h"

/* Set mask to that of the address's class (RFC 950), for servers that do not send option 1. */
static void class_mask(uint8_t mask[4], const uint8_t addr[4])
{
	memset(mask, 0, 4);
	memset(mask, 0xff, addr[0] < 128 ? 1 : addr[0] < 192 ? 2 : 3);
}

void dhcp_result_lease(struct dhcp_result *result, const struct dhcp_msg *ack)
{
	struct pvboot_lease *lease = &result->info.res.lease;
	const uint8_t *time = dhcp_msg_option(ack, DHCP_OPT_LEASE_TIME, 4, NULL);

	memcpy(lease->address, ack->yiaddr, 4);
	if (!dhcp_msg_address(ack, DHCP_OPT_NETMASK, lease->netmask))
		class_mask(lease->netmask, lease->address);
	dhcp_msg_address(ack, DHCP_OPT_ROUTER, lease->router);
	dhcp_msg_address(ack, DHCP_OPT_SERVER_ID, lease->dhcp_server);
	dhcp_msg_address(ack, DHCP_OPT_DNS, lease->dns);
	lease->lease_seconds = 0;
	if (time)
		lease->lease_seconds = bytes_be32(time);
}

void dhcp_result_boot(struct dhcp_result *result, const struct dhcp_pxe *pxe)
{
	struct pvboot_lease *lease = &result->info.res.lease;

	memcpy(lease->boot_server, pxe->server, 4);
	memcpy(lease->bootfile, pxe->file, sizeof(lease->bootfile));
}

bool dhcp_result_packet(uint8_t packet[PVBOOT_DHCP_PACKET], const void *buf, size_t len)
{
	bool fits = len <= PVBOOT_DHCP_PACKET;

	memset(packet, 0, PVBOOT_DHCP_PACKET);
	memcpy(packet, buf, fits ? len : PVBOOT_DHCP_PACKET);
	return fits;
}

bool dhcp_result_route(struct dhcp_result *result, const char *ifname)
{
	const struct pvboot_lease *lease = &result->info.res.lease;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(69)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int why = 0;

	memcpy(&to.sin_addr, lease->boot_server, 4);
	/* On a datagram socket connect() only looks up the route; it sends nothing. */
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		why = errno;
	if (fd >= 0)
		close(fd);
	if (!why)
		return true;
	result->status = PVBOOT_S_UNREACHABLE;
	if (why == ENETUNREACH || why == EHOSTUNREACH)
		snprintf(result->text, sizeof(result->text),
			 "the host has no route to %s (boot server): give %s an address in the guest's network (%s "
			 "mask %s) or add a "
			 "route; or set source = guest",
			 addr_text(lease->boot_server), ifname, addr_text(lease->address), addr_text(lease->netmask));
	else
		snprintf(result->text, sizeof(result->text),
			 "the host cannot reach %s (boot server) from beside %s (%s): look at its routes and firewall",
			 addr_text(lease->boot_server), ifname, strerror(why));
	return false;
}
