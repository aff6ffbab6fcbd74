/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_internal.h - what dhcp.c and dhcp_result.c share, and what tests of them may set. */
#ifndef HOSTD_DHCP_INTERNAL_H
#define HOSTD_DHCP_INTERNAL_H

#include "dhcp.h"
#include "dhcp_select.h"

/* Milliseconds throughout. */
struct dhcp_timing {
	uint32_t discover_first; /* after the first DISCOVER, doubling */
	uint32_t discover_most;
	uint32_t request_first;	    /* after the first REQUEST, doubling */
	unsigned int requests;	    /* then the offer is given up */
	uint32_t proxy_after_start; /* a proxy is waited for until both of these are over: since the first DISCOVER */
	uint32_t proxy_after_offer; /* ... and since the first offer of an address */
	uint32_t timeout;	    /* for all of it, unless the request says otherwise */
	unsigned int restarts;	    /* a refused or forgotten REQUEST starts over, this many times */
};

extern const struct dhcp_timing dhcp_timing_default;

/* dhcp_start() with times of one's own. */
struct dhcp *dhcp_start_timed(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done,
			      dhcp_trace_fn trace, void *arg, const struct dhcp_timing *timing);

/* The identifier that goes into option 97. */
void dhcp_identity(uint8_t uuid[16], const struct dhcp_request *req);

/* The lease's part of a result: from the ACK (or, before there is one, the OFFER). */
void dhcp_result_lease(struct dhcp_result *result, const struct dhcp_msg *ack);
/* The boot file's part: whatever pxe says. */
void dhcp_result_boot(struct dhcp_result *result, const struct dhcp_pxe *pxe);
/* A packet as received, into one of the buffers of struct pvboot_discover_res, zero padded; false if its end did not
 * fit. */
bool dhcp_result_packet(uint8_t packet[PVBOOT_DHCP_PACKET], const void *buf, size_t len);
/* Has the host a route to the boot server?  Else false, and status and text say so. */
bool dhcp_result_route(struct dhcp_result *result, const char *ifname);

/* Describe an offer in one line for the log. */
void dhcp_describe(char *line, size_t size, const struct dhcp_offer *offer);

/* Format an address into one of a few static buffers: at most four in one expression. */
const char *dhcp_ip(const uint8_t addr[4]);

#endif /* HOSTD_DHCP_INTERNAL_H */
