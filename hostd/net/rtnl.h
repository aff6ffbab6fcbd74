/* SPDX-License-Identifier: BSD-2-Clause */
/* rtnl.h - rtnetlink(7): orders to the kernel, and what it says of an interface, in the namespace of the caller. */
#ifndef HOSTD_RTNL_H
#define HOSTD_RTNL_H

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTNL_MESSAGE_MAX 512

struct rtnl_message {
	struct nlmsghdr nh;
	uint8_t rest[RTNL_MESSAGE_MAX];
};

/* Begin a message of this RTM_* type, with the header (ifinfomsg, ifaddrmsg, rtmsg) that goes with it. */
void rtnl_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *head, size_t len);
/* Add an attribute; the caller sees to it that all of them fit.  With no data it is one to nest others in. */
struct rtattr *rtnl_put(struct rtnl_message *m, uint16_t type, const void *data, size_t len);
void rtnl_nest_end(struct rtnl_message *m, struct rtattr *nest);
/* Send it and wait until it is done.  False with errno. */
bool rtnl_order(struct rtnl_message *m);
/* Bring an interface up.  False with errno. */
bool rtnl_set_up(int index);

/* What is of interest here of an interface. */
struct rtnl_link {
	int index;
	int master; /* whose port it is, 0: nobody's */
	char name[IF_NAMESIZE];
	unsigned int flags; /* IFF_* */
	uint32_t mtu;
	uint8_t address[6]; /* 0 if it is not Ethernet */
	uint64_t tx_dropped;
	bool bridge;
	uint8_t vlan_filtering; /* of a bridge */
	uint32_t stp;		/* of a bridge: 0: none, 1: the kernel's, 2: a program's */
	uint32_t forward_delay; /* of a bridge, in hundredths of a second */
};

/* Take one RTM_NEWLINK of len bytes, aligned to 4, as the kernel itself made it.  False: it is none. */
bool rtnl_parse_link(const void *message, size_t len, struct rtnl_link *link);
/* Ask for the one with that index.  False with errno. */
bool rtnl_get_link(int index, struct rtnl_link *link);

#endif /* HOSTD_RTNL_H */
