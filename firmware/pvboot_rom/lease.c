// SPDX-License-Identifier: BSD-2-Clause
/* lease.c - the guest's DHCP lease and packets, as the host got them. */
#include "lease.h"

#include "console.h"
#include "request.h"
#include "virtio.h"

#define BOOTP_CHADDR 28 /* offset of the client's MAC in a packet (RFC 951, 3) */
#define DHCP_END 255	/* RFC 2132 3.2 */

struct pvboot_discover_res lease_dhcp;

uint32_t lease_ask(void)
{
	struct {
		struct pvboot_discover_args discover;
		uint8_t card[PVBOOT_CARD_LEN];
	} __attribute__((packed)) args = {0};
	struct request r = {
		.op = PVBOOT_OP_DISCOVER,
		.args = &args,
		.arg_len = sizeof(args),
		.room = near_phys(&lease_dhcp),
		.room_len = sizeof(lease_dhcp),
	};
	const struct pvboot_lease *lease = &lease_dhcp.lease;
	uint32_t status;

	print("DHCP ");
	memcpy(args.card, virtio_mac, sizeof(args.card));
	status = request(&r);
	if (status)
		return status;
	lease_dhcp.lease.bootfile[PVBOOT_BOOTFILE_MAX - 1] = 0;
	virtio_take_mac(lease_dhcp.ack + BOOTP_CHADDR);
	print("%i mask %i", lease->address, lease->netmask);
	if (lease->router[0])
		print(" router %i", lease->router);
	if (lease->flags & PVBOOT_LEASE_F_LOCAL)
		print(" (given by the host itself)\n");
	else
		print(" server %i\n", lease->dhcp_server);
	return PVBOOT_S_OK;
}

void lease_drop_prefix(void)
{
	static const uint8_t scheme[] = PVBOOT_SCHEME;
	uint16_t at = lease_dhcp.lease.prefix_at;

	/* The scheme is checked: a boot program may have written another prefix there. */
	if (at && at < PVBOOT_DHCP_PACKET - 8 && !memcmp(lease_dhcp.reply + at + 2, scheme, 4))
		lease_dhcp.reply[at] = DHCP_END;
}
