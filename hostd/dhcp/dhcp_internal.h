/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_internal.h - what the files of the DHCP client share, and what tests of it may set. */
#ifndef HOSTD_DHCP_INTERNAL_H
#define HOSTD_DHCP_INTERNAL_H

#include "dhcp/dhcp.h"
#include "dhcp/dhcp_select.h"

struct event;
struct event_base;
struct dhcp_socket;

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

enum dhcp_state {
	DHCP_STARTING,
	DHCP_SELECTING,
	DHCP_REQUESTING,
	DHCP_ASKING,
	DHCP_DONE /* done() is called next; the last one */
};

struct dhcp {
	struct event_base *base;
	struct dhcp_request req; /* its strings are copies */
	struct dhcp_timing timing;
	dhcp_done_fn done;
	dhcp_trace_fn trace;
	void *arg;

	struct dhcp_socket *pkt;
	struct event *readable;
	struct event *retry; /* send again; in DHCP_STARTING: begin */
	struct event *proxy; /* the time for proxies is up */
	struct event *total;

	enum dhcp_state state; /* changed by dhcp.c:set_state() alone */
	uint32_t xid;
	int64_t started; /* ms, monotonic */
	uint16_t secs;	 /* of the last DISCOVER */
	unsigned int tries;
	unsigned int restarts;
	bool naked; /* the last restart was for a NAK */
	bool proxy_over;
	bool send_failed; /* said once */
	struct dhcp_offers offers;
	struct dhcp_choice choice;
	struct dhcp_msg ack;
	struct dhcp_result result;
};

/* dhcp_start() with times of one's own. */
struct dhcp *dhcp_start_timed(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done,
			      dhcp_trace_fn trace, void *arg, const struct dhcp_timing *timing);

/* ---- dhcp_send.c: each sends, arms d->retry for the next try and counts this one ------------------------------- */

void dhcp_send_discover(struct dhcp *d);
/* To all, for the chosen offer's address. */
void dhcp_send_request(struct dhcp *d);
/* To the chosen offer's boot server, at port 4011 (PXE 2.1, 2.2.1). */
void dhcp_send_ask(struct dhcp *d);
/* Whom that asks: the menu's boot server if one is listed, else the proxy itself. */
const uint8_t *dhcp_asked_server(const struct dhcp *d);
/* Once, to dst_mac, or by a broadcast frame if that is NULL. */
void dhcp_send_release(struct dhcp_socket *pkt, const uint8_t mac[6], const struct pvboot_lease *lease,
		       const uint8_t *dst_mac);

void dhcp_arm(struct event *ev, int64_t ms);

/* ---- dhcp_result.c ---------------------------------------------------------------------------------------------- */

/* The lease's part of a result: from the ACK (or, before there is one, the OFFER). */
void dhcp_result_lease(struct dhcp_result *result, const struct dhcp_msg *ack);
/* The boot file's part: whatever pxe says. */
void dhcp_result_boot(struct dhcp_result *result, const struct dhcp_pxe *pxe);
/* A packet as received, into one of the buffers of struct pvboot_discover_res, zero padded; false if its end did not
 * fit. */
bool dhcp_result_packet(uint8_t packet[PVBOOT_DHCP_PACKET], const void *buf, size_t len);
/* Has the host a route to the boot server?  Else false, and status and text say so. */
bool dhcp_result_route(struct dhcp_result *result, const char *ifname);

/* ---- dhcp_say.c ------------------------------------------------------------------------------------------------- */

/* One line to the log at a syslog level, and to the trace. */
void dhcp_say(struct dhcp *d, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Describe an offer in one line for the log. */
void dhcp_describe(char *line, size_t size, const struct dhcp_offer *offer);

#endif /* HOSTD_DHCP_INTERNAL_H */
