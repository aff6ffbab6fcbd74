/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_internal.h - what the files of the DHCP client share, and the times that tests may set. */
#ifndef HOSTD_DHCP_INTERNAL_H
#define HOSTD_DHCP_INTERNAL_H

#include "dhcp/dhcp.h"
#include "dhcp/dhcp_select.h"

struct event;
struct event_base;
struct dhcp_socket;

/* All times are milliseconds. */
struct dhcp_timing {
	uint32_t discover_first; /* wait after the first DISCOVER; doubles each time */
	uint32_t discover_most;
	uint32_t request_first;	    /* wait after the first REQUEST; doubles each time */
	unsigned int requests;	    /* after so many REQUESTs, give up the offer */
	uint32_t proxy_after_start; /* wait for a proxy until this time after the first DISCOVER */
	uint32_t proxy_after_offer; /* and until this time after the first offer of an address */
	uint32_t timeout;	    /* for the whole exchange, unless the request sets one */
	unsigned int restarts;	    /* start over after a refused or unanswered REQUEST so many times */
};

extern const struct dhcp_timing dhcp_timing_default;

enum dhcp_state {
	DHCP_STARTING,
	DHCP_SELECTING,
	DHCP_REQUESTING,
	DHCP_ASKING,
	DHCP_DONE /* final: done() is called next */
};

struct dhcp {
	struct event_base *base;
	struct dhcp_request req; /* a copy, with its strings */
	struct dhcp_timing timing;
	dhcp_done_fn done;
	dhcp_trace_fn trace;
	void *arg;

	struct dhcp_socket *pkt;
	struct event *readable;
	struct event *retry; /* timer: send again; in DHCP_STARTING: begin */
	struct event *proxy; /* timer: the wait for proxies is over */
	struct event *total;

	enum dhcp_state state; /* only dhcp.c:set_state() changes it */
	uint32_t xid;
	int64_t started; /* ms, monotonic */
	uint16_t secs;	 /* of the last DISCOVER */
	unsigned int tries;
	unsigned int restarts;
	bool naked; /* a NAK caused the last restart */
	bool proxy_over;
	bool send_failed; /* logged already */
	struct dhcp_offers offers;
	struct dhcp_choice choice;
	struct dhcp_msg ack;
	struct dhcp_result result;
};

/* dhcp_start() with the given times, for tests. */
struct dhcp *dhcp_start_timed(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done,
			      dhcp_trace_fn trace, void *arg, const struct dhcp_timing *timing);

/* ---- dhcp_send.c: the first three send, arm d->retry for the next try, and count this one ---------------------- */

void dhcp_send_discover(struct dhcp *d);
/* Broadcast a REQUEST for the chosen offer's address. */
void dhcp_send_request(struct dhcp *d);
/* Send a REQUEST to the chosen offer's boot server, at port 4011 (PXE 2.1, 2.2.1). */
void dhcp_send_ask(struct dhcp *d);
/* The address (4 bytes) that dhcp_send_ask() sends to: the menu's boot server if one is listed, else the proxy. */
const uint8_t *dhcp_asked_server(const struct dhcp *d);
/* Send one RELEASE of the lease as the guest with MAC address mac, in a frame to dst_mac; NULL: a broadcast frame. */
void dhcp_send_release(struct dhcp_socket *pkt, const uint8_t mac[6], const struct pvboot_lease *lease,
		       const uint8_t *dst_mac);

/* Let the timer ev expire in ms milliseconds. */
void dhcp_arm(struct event *ev, int64_t ms);

/* ---- dhcp_result.c ---------------------------------------------------------------------------------------------- */

/* Fill the lease in result from the ACK, or, before there is one, from the OFFER. */
void dhcp_result_lease(struct dhcp_result *result, const struct dhcp_msg *ack);
/* Fill the boot file in result from pxe. */
void dhcp_result_boot(struct dhcp_result *result, const struct dhcp_pxe *pxe);
/* Copy a received packet of len bytes into a buffer of struct pvboot_discover_res, padded with zeros.  Returns false if
 * its end was cut off. */
bool dhcp_result_packet(uint8_t packet[PVBOOT_DHCP_PACKET], const void *buf, size_t len);
/* Does the host have a route to the boot server?  If not, returns false and sets status and text in result. */
bool dhcp_result_route(struct dhcp_result *result, const char *ifname);

/* ---- dhcp_say.c ------------------------------------------------------------------------------------------------- */

/* Write one line to the log, at a syslog level, and to the trace. */
void dhcp_say(struct dhcp *d, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Write a description of an offer, one line for the log, to line of size bytes. */
void dhcp_describe(char *line, size_t size, const struct dhcp_offer *offer);

#endif /* HOSTD_DHCP_INTERNAL_H */
