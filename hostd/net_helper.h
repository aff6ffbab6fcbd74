/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_helper.h - the process that makes network namespaces for `source = guest`, and sockets in them.
 *
 * It is started before hostd sheds its rights, keeps CAP_NET_ADMIN and CAP_SYS_ADMIN, and does two things, for VMs
 * whose section says `source = guest`, on that section's interface, with a MAC that the section allows.  It ends with
 * hostd, and the namespaces with it.
 */
#ifndef HOSTD_NET_HELPER_H
#define HOSTD_NET_HELPER_H

#include "conf.h"
#include "netns.h"

enum net_op {
	NET_SOCKET, /* a socket in the namespace of that id, which is made first if there is none */
	NET_REMOVE  /* the namespace of that id is gone when the answer comes */
};

struct net_request {
	uint32_t number;  /* the answer's, to tell it from one that came too late */
	uint32_t op;	  /* SOURCE_* */
	uint32_t id;	  /* of the namespace, hostd's choice */
	uint32_t section; /* the VM's, its place in conf->vms from 0 */
	int32_t type;	  /* SOCK_DGRAM or SOCK_STREAM */
	uint8_t mac[6];
	uint8_t address[4];
	uint8_t netmask[4];
	uint8_t router[4];
};

struct net_answer {
	uint32_t number;
	int32_t error;	 /* errno; or 0, and for NET_SOCKET a descriptor is attached */
	char words[160]; /* of an error, or "" */
};

/* Does any VM of the configuration want it? */
bool net_helper_wanted(const struct conf *conf);

/*
 * Start it, as user ("": who we are), while there are rights to keep.  Returns the descriptor to ask it by (a
 * SOCK_SEQPACKET socket), -1 with words.
 */
int net_helper_start(const struct conf *conf, const char *user, char *why, size_t room);

/* What the process does: answer requests on fd until its end.  For tests, too. */
void net_helper_serve(const struct conf *conf, int fd);

#endif /* HOSTD_NET_HELPER_H */
