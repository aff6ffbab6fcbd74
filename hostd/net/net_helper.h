/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_helper.h - the process that administers networks: for `source = guest` it makes network namespaces and sockets in
 * them, for a boot program's frames taps on bridges.
 *
 * It is started before hostd sheds its rights, keeps CAP_NET_ADMIN, and CAP_SYS_ADMIN if there may be namespaces, and
 * does three things: each for a VM whose section has it, on that section's interface, with a MAC that the section
 * allows.  It ends with hostd, and the namespaces with it.
 */
#ifndef HOSTD_NET_HELPER_H
#define HOSTD_NET_HELPER_H

#include "conf.h"
#include "net/netns.h"

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

/* Does any VM of the configuration fetch as the guest? */
bool net_helper_wants_namespaces(const struct conf *conf);
/* May any VM's boot program send frames? */
bool net_helper_wants_taps(const struct conf *conf);

/* Are there the rights that the configuration needs for it?  False with words. */
bool net_helper_may_start(const struct conf *conf, char *why, size_t room);

/*
 * Start it, as user ("": who we are), while there are rights to keep; taps is what tap_start() returned, or -1 if there
 * can be none, and remains the caller's.  Returns the descriptor to ask it by (a SOCK_SEQPACKET socket), -1 with words.
 */
int net_helper_start(const struct conf *conf, const char *user, int taps, char *why, size_t room);

/* What the process does: answer requests on fd until its end.  For tests, too. */
void net_helper_serve(const struct conf *conf, int fd, int taps);

#endif /* HOSTD_NET_HELPER_H */
