/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_select.h - choosing among DHCP offers: a pure function of what has been offered so far. */
#ifndef HOSTD_DHCP_SELECT_H
#define HOSTD_DHCP_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_proxy.h"
#include "dhcp/dhcp_pxe.h"

#define DHCP_OFFERS_MAX 8

struct dhcp_offer {
	struct dhcp_msg msg;
	struct dhcp_pxe pxe;
	uint8_t server_id[4]; /* option 54, else (a careless proxy) the address it was sent from */
	uint8_t src_ip[4];
	uint8_t src_mac[6]; /* the next hop towards the server */
};

/* The offers so far, in the order of their arrival. */
struct dhcp_offers {
	unsigned int count;
	struct dhcp_offer offer[DHCP_OFFERS_MAX];
};

#define DHCP_NO_OFFER (-1)

struct dhcp_choice {
	int lease; /* whose address is taken */
	int boot;  /* who names the boot file, or is to be asked for it at port 4011; may be the same */
	bool ask;  /* it is to be asked */
	const char *why;
};

/* Is this an offer of an address, or (no address, option 60 "PXEClient") a proxy's?  An offer may be neither: ignore
 * it. */
bool dhcp_offer_is_lease(const struct dhcp_offer *offer);
bool dhcp_offer_is_proxy(const struct dhcp_offer *offer);

/*
 * Add an offer, or replace an earlier one of the same server and kind (the answer to a retransmission).  Returns its
 * index, or DHCP_NO_OFFER if it is of no use or there is no room: a flood of offers costs the flooder's own.
 */
int dhcp_offers_add(struct dhcp_offers *offers, const struct dhcp_msg *msg, const uint8_t src_ip[4],
		    const uint8_t src_mac[6]);

/*
 * Choose (PXE 2.1, 2.2.1, as far as it is wise to wait).  The first offer that names a boot file is taken at once, and
 * a proxy's file already in hand wins over it; without any, wait until `over` (the time for proxies is up), then take
 * the first lease, with the boot server to ask if some offer is a PXE server's.  DHCP_PROXY_WAIT waits in any case,
 * DHCP_PROXY_OFF sees no proxies.  False: keep waiting.
 */
bool dhcp_select(const struct dhcp_offers *offers, enum dhcp_proxy_mode mode, bool over, struct dhcp_choice *choice);

#endif /* HOSTD_DHCP_SELECT_H */
