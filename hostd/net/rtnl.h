/* SPDX-License-Identifier: BSD-2-Clause */
/* rtnl.h - rtnetlink(7): configure interfaces and query them, in the network namespace of the calling thread. */
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

/* Begin a message of this RTM_* type.  head is the header of that type (ifinfomsg, ifaddrmsg or rtmsg), len bytes. */
void rtnl_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *head, size_t len);
/*
 * Append an attribute of len bytes and return it.  The caller makes sure that all attributes fit RTNL_MESSAGE_MAX.  An
 * attribute without data can nest others: append those, then call rtnl_nest_end().
 */
struct rtattr *rtnl_put(struct rtnl_message *m, uint16_t type, const void *data, size_t len);
/* End a nest that rtnl_put() began: set its length. */
void rtnl_nest_end(struct rtnl_message *m, struct rtattr *nest);
/* Send the message and wait for the kernel's acknowledgement.  On failure returns false with errno. */
bool rtnl_order(struct rtnl_message *m);
/* Bring the interface with that index up.  On failure returns false with errno. */
bool rtnl_set_up(int index);

/* What hostd needs to know about an interface. */
struct rtnl_link {
	int index;
	int master; /* index of the bridge or other master that it is a port of; 0: none */
	char name[IF_NAMESIZE];
	unsigned int flags; /* IFF_* */
	uint32_t mtu;
	uint8_t address[6]; /* 0 if it is not Ethernet */
	uint64_t tx_dropped;
	bool bridge;
	uint8_t vlan_filtering; /* of a bridge */
	uint32_t stp;		/* of a bridge: 0: off, 1: in the kernel, 2: in a program */
	uint32_t forward_delay; /* of a bridge, in hundredths of a second */
};

/*
 * Parse one RTM_NEWLINK of len bytes, aligned to 4, from the kernel, into *link.  Returns false if it is not a whole
 * RTM_NEWLINK.
 */
bool rtnl_parse_link(const void *message, size_t len, struct rtnl_link *link);
/* Query the interface with that index into *link.  On failure returns false with errno. */
bool rtnl_get_link(int index, struct rtnl_link *link);

#endif /* HOSTD_RTNL_H */
