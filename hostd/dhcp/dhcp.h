/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp.h - obtain a lease with the guest's identity (RFC 2131, RFC 4578): the state machine over a boot interface. */
#ifndef HOSTD_DHCP_H
#define HOSTD_DHCP_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp/dhcp_proxy.h"
#include "pvboot_req.h"
#include "dhcp/boot_info.h"

struct event_base;
struct dhcp;

struct dhcp_request {
	const char *vm;	    /* for the log */
	const char *ifname; /* the boot interface: plain, a bridge or a bridge port */
	uint8_t mac[6];	    /* chaddr, and the Ethernet source */
	bool has_uuid;
	uint8_t uuid[16]; /* option 97, wire order */
	bool file_known;  /* the boot file is configured: offers need not name one, and hostd neither waits for nor asks
			     a proxy */
	bool own_network; /* files are fetched from the guest's own address, so the host's routes do not matter */
	enum dhcp_proxy_mode proxy;
	uint32_t timeout_ms; /* give up after this; 0: the default, 60 s */
	uint8_t site_option; /* code of one more option to ask for; 0: none */
	uint8_t previous[4]; /* an address to ask for again (INIT-REBOOT is not used), 0.0.0.0: none */
};

struct dhcp_result {
	uint32_t status;		 /* PVBOOT_S_* */
	char text[PVBOOT_ERROR_MAX + 1]; /* error text: what, where, what to do; empty on success */
	struct boot_info info;		 /* valid on PVBOOT_S_OK; on PVBOOT_S_NO_BOOTFILE as far as known */
};

/* Called with one line of text for each step, as it happens: what pvboot probe shows.  May be NULL. */
typedef void (*dhcp_trace_fn)(void *arg, const char *line);
/* Called exactly once, from the loop, unless dhcp_cancel() is called first.  The struct dhcp is freed after it returns.
 */
typedef void (*dhcp_done_fn)(void *arg, const struct dhcp_result *result);

/*
 * Begin to obtain a lease; *req is copied, with its strings.  Returns NULL only if memory ran out.  Every other failure
 * (no such interface, no CAP_NET_RAW) is reported through done.
 */
struct dhcp *dhcp_start(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done, dhcp_trace_fn trace,
			void *arg);
/* End and free it now; done is not called. */
void dhcp_cancel(struct dhcp *dhcp);

/* Give a lease back: send one DHCPRELEASE and report no failure. */
void dhcp_release(const struct dhcp_request *req, const struct pvboot_lease *lease);

#endif /* HOSTD_DHCP_H */
