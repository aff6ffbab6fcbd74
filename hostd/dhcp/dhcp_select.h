/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_select.h - choose among DHCP offers: a pure function of the offers so far. */
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
	uint8_t server_id[4]; /* option 54; if a proxy leaves it out, the source address */
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
	int lease; /* index of the offer whose address is taken */
	int boot; /* index of the offer that names the boot file, or whose server is asked at port 4011; may equal lease
		   */
	bool ask; /* ask boot's server for the file */
	const char *why;
};

/* Does the offer give an address (lease), or is it a proxy's: no address, and option 60 is "PXEClient"?  Ignore an
 * offer that is neither. */
bool dhcp_offer_is_lease(const struct dhcp_offer *offer);
bool dhcp_offer_is_proxy(const struct dhcp_offer *offer);

/*
 * Add an offer, or replace an earlier one from the same server and of the same kind (the answer to a retransmission).
 * Returns its index, or DHCP_NO_OFFER if the offer is neither lease nor proxy, or if there is no room.
 */
int dhcp_offers_add(struct dhcp_offers *offers, const struct dhcp_msg *msg, const uint8_t src_ip[4],
		    const uint8_t src_mac[6]);

/*
 * Choose among the offers (PXE 2.1, 2.2.1, but with shorter waits).  DHCP_PROXY_AUTO takes the first offer that names a
 * boot file at once; if a proxy has already named a file, that one wins.  If no offer names a file, it waits until
 * `over` (the wait for proxies has ended), then takes the first lease, and asks a boot server if some offer is a PXE
 * server's.  DHCP_PROXY_WAIT always waits until `over`; DHCP_PROXY_OFF ignores proxies.  Returns false to keep waiting.
 */
bool dhcp_select(const struct dhcp_offers *offers, enum dhcp_proxy_mode mode, bool over, struct dhcp_choice *choice);

#endif /* HOSTD_DHCP_SELECT_H */
