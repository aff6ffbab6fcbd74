/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_helper.h - the network helper: the process that makes network namespaces, and sockets in them, for
 * `source = guest`, and taps on bridges for a boot program's frames.
 *
 * The helper does only what enum net_op lists.  It does so only for a VM whose section allows it, on that section's
 * interface, with a MAC address that the section allows.  It ends when hostd ends, and its namespaces end with it.
 * net_process.h starts it.
 */
#ifndef HOSTD_NET_HELPER_H
#define HOSTD_NET_HELPER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum net_op {
	NET_SOCKET, /* get a socket in the namespace of that id; the helper makes the namespace first if there is none
		     */
	NET_REMOVE, /* remove the namespace of that id: when the answer comes, its address is no longer in use */
	NET_TAP	    /* get a tap (tap.h) that is a port of the interface's bridge */
};

struct net_request {
	uint32_t number;  /* the answer repeats it, so that hostd can skip an answer that came too late */
	uint32_t op;	  /* NET_* */
	uint32_t section; /* the VM's index in conf->vms, from 0 */
	uint8_t mac[6];
	/* For NET_SOCKET; of these, NET_REMOVE needs only id. */
	uint8_t address[4];
	uint8_t netmask[4];
	uint8_t router[4];
	uint16_t reserved;
	uint32_t id;  /* of the namespace; hostd chooses it */
	int32_t type; /* SOCK_DGRAM or SOCK_STREAM */
};
_Static_assert(sizeof(struct net_request) == 40, "net_request");

struct net_answer {
	uint32_t number;
	int32_t error;	 /* an errno, or 0; with 0, NET_SOCKET and NET_TAP attach a descriptor */
	char words[300]; /* error text, or "" */
};

/* What a VM's section allows. */
struct net_section {
	char ifname[IF_NAMESIZE];
	bool namespaces; /* source = guest */
	bool taps;	 /* the VM's boot program may send frames */
};

/*
 * How the helper looks sections up.  find() fills *out; it returns false if there is no such section, or if the section
 * does not allow that MAC address.
 */
struct net_sections {
	bool (*find)(const void *arg, uint32_t section, const uint8_t mac[6], struct net_section *out);
	const void *arg;
};

/*
 * Answer requests on fd until hostd closes its end, then remove all namespaces.  taps is what tap_start() returned, or
 * -1 if there can be no taps.  If any section allows namespaces, call netns_start() first.
 */
void net_helper_serve(const struct net_sections *sections, int fd, int taps);

#endif /* HOSTD_NET_HELPER_H */
