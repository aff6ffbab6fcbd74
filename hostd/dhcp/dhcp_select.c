/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_select.c - choose among DHCP offers. */
#include "dhcp/dhcp_select.h"

#include <string.h>

#include "base/addr.h"

bool dhcp_offer_is_lease(const struct dhcp_offer *offer)
{
	/* A REQUEST needs the offer's server identifier (RFC 2131 4.3.1). */
	return offer->msg.type == DHCP_OFFER && addr_unicast(offer->msg.yiaddr) &&
	       dhcp_msg_option(&offer->msg, DHCP_OPT_SERVER_ID, 4, NULL);
}

bool dhcp_offer_is_proxy(const struct dhcp_offer *offer)
{
	return offer->msg.type == DHCP_OFFER && addr_none(offer->msg.yiaddr) && offer->pxe.is_pxe;
}

int dhcp_offers_add(struct dhcp_offers *offers, const struct dhcp_msg *msg, const uint8_t src_ip[4],
		    const uint8_t src_mac[6])
{
	struct dhcp_offer offer = {.msg = *msg};
	unsigned int i;

	memcpy(offer.src_ip, src_ip, 4);
	memcpy(offer.src_mac, src_mac, 6);
	dhcp_pxe_read(&offer.pxe, msg);
	if (!dhcp_msg_address(msg, DHCP_OPT_SERVER_ID, offer.server_id))
		memcpy(offer.server_id, src_ip, 4);
	if (!dhcp_offer_is_lease(&offer) && !dhcp_offer_is_proxy(&offer))
		return DHCP_NO_OFFER;
	for (i = 0; i < offers->count; i++) {
		const struct dhcp_offer *old = &offers->offer[i];

		if (!memcmp(old->server_id, offer.server_id, 4) &&
		    dhcp_offer_is_lease(old) == dhcp_offer_is_lease(&offer))
			break;
	}
	if (i == DHCP_OFFERS_MAX)
		return DHCP_NO_OFFER;
	if (i == offers->count)
		offers->count++;
	offers->offer[i] = offer;
	return (int)i;
}

struct survey {
	int lease;	/* the first offer of an address */
	int lease_file; /* the first of them that also names a file */
	int lease_pxe;	/* the first of them that is also a PXE server, without a file */
	int proxy;	/* the first proxy that can be asked */
	int proxy_file; /* the first proxy that names a file */
};

static void note_first(int *first, unsigned int i)
{
	if (*first == DHCP_NO_OFFER)
		*first = (int)i;
}

static struct survey look_at(const struct dhcp_offers *offers, enum dhcp_proxy_mode mode)
{
	struct survey s = {DHCP_NO_OFFER, DHCP_NO_OFFER, DHCP_NO_OFFER, DHCP_NO_OFFER, DHCP_NO_OFFER};

	for (unsigned int i = 0; i < offers->count; i++) {
		const struct dhcp_offer *offer = &offers->offer[i];
		bool file = offer->pxe.file[0];

		if (dhcp_offer_is_lease(offer)) {
			note_first(&s.lease, i);
			if (file)
				note_first(&s.lease_file, i);
			else if (offer->pxe.is_pxe)
				note_first(&s.lease_pxe, i);
		} else if (mode != DHCP_PROXY_OFF) {
			note_first(file ? &s.proxy_file : &s.proxy, i);
		}
	}
	return s;
}

static bool choose(struct dhcp_choice *choice, int lease, int boot, bool ask, const char *why)
{
	choice->lease = lease;
	choice->boot = boot;
	choice->ask = ask;
	choice->why = why;
	return true;
}

bool dhcp_select(const struct dhcp_offers *offers, enum dhcp_proxy_mode mode, bool over, struct dhcp_choice *choice)
{
	struct survey s = look_at(offers, mode);
	/* Prefer the lease of a server that names a file, because its other options belong to that boot. */
	int lease = s.lease_file != DHCP_NO_OFFER ? s.lease_file : s.lease;

	if (s.lease == DHCP_NO_OFFER)
		return false;
	if (s.proxy_file != DHCP_NO_OFFER)
		return choose(choice, lease, s.proxy_file, false,
			      "a proxy names the boot file, and that goes before DHCP's");
	if (mode == DHCP_PROXY_WAIT && !over)
		return s.proxy != DHCP_NO_OFFER &&
		       choose(choice, lease, s.proxy, true, "a proxy answered; it is asked for the boot file");
	if (s.lease_file != DHCP_NO_OFFER)
		return choose(choice, s.lease_file, s.lease_file, false, "the first offer that names a boot file");
	if (s.proxy != DHCP_NO_OFFER)
		return choose(choice, lease, s.proxy, true, "no boot file is named; the proxy is asked for one");
	if (s.lease_pxe != DHCP_NO_OFFER && mode != DHCP_PROXY_OFF)
		return choose(choice, s.lease_pxe, s.lease_pxe, true,
			      "no boot file is named, but the server says it is a PXE server; it is asked for one");
	if (mode != DHCP_PROXY_OFF && !over)
		return false;
	return choose(choice, s.lease, s.lease, false, "no offer names a boot file; the first one's address is taken");
}
