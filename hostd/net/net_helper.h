/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_helper.h - the process that administers networks: for `source = guest` it makes network namespaces and sockets in
 * them, for a boot program's frames taps on bridges.
 *
 * It does three things: each for a VM whose section has it, on that section's interface, with a MAC that the section
 * allows.  It ends with hostd, and the namespaces with it.  net_process.h starts it.
 */
#ifndef HOSTD_NET_HELPER_H
#define HOSTD_NET_HELPER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum net_op {
	NET_SOCKET, /* a socket in the namespace of that id, which is made first if there is none */
	NET_REMOVE, /* the namespace of that id is gone when the answer comes */
	NET_TAP	    /* a tap (tap.h), a port of the interface's bridge */
};

struct net_request {
	uint32_t number;  /* the answer's, to tell it from one that came too late */
	uint32_t op;	  /* NET_* */
	uint32_t section; /* the VM's, its place in conf->vms from 0 */
	uint8_t mac[6];
	/* For NET_SOCKET and NET_REMOVE: */
	uint8_t address[4];
	uint8_t netmask[4];
	uint8_t router[4];
	uint16_t reserved;
	uint32_t id;  /* of the namespace, hostd's choice */
	int32_t type; /* SOCK_DGRAM or SOCK_STREAM */
};
_Static_assert(sizeof(struct net_request) == 40, "net_request");

struct net_answer {
	uint32_t number;
	int32_t error;	 /* errno; or 0, and for NET_SOCKET and NET_TAP a descriptor is attached */
	char words[300]; /* of an error, or "" */
};

/* What a VM's section allows. */
struct net_section {
	char ifname[IF_NAMESIZE];
	bool namespaces; /* source = guest */
	bool taps;	 /* its boot program may send frames */
};

/* How the process looks sections up.  find() returns false if there is no such section, or not with that MAC. */
struct net_sections {
	bool (*find)(const void *arg, uint32_t section, const uint8_t mac[6], struct net_section *out);
	const void *arg;
};

/*
 * Answer requests on fd until its end; taps is what tap_start() returned, or -1 if there can be none.  netns_start()
 * has been called where a section has namespaces.
 */
void net_helper_serve(const struct net_sections *sections, int fd, int taps);

#endif /* HOSTD_NET_HELPER_H */
