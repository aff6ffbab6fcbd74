/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnl.c - rtnetlink(7).
 *
 * System calls: socket, sendto, recv, close.  Capability: CAP_NET_ADMIN for rtnl_order(), none for rtnl_get_link().
 */
#include "net/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 32768

void rtnl_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *head, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->nh = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH((uint32_t)len),
				  .nlmsg_type = type,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags};
	memcpy(NLMSG_DATA(&m->nh), head, len);
}

struct rtattr *rtnl_put(struct rtnl_message *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr *attr = (struct rtattr *)((uint8_t *)m + NLMSG_ALIGN(m->nh.nlmsg_len));

	*attr = (struct rtattr){.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len)};
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	m->nh.nlmsg_len = NLMSG_ALIGN(m->nh.nlmsg_len) + (uint32_t)RTA_ALIGN(attr->rta_len);
	return attr;
}

void rtnl_nest_end(struct rtnl_message *m, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)((uint8_t *)m + m->nh.nlmsg_len - (uint8_t *)nest);
}

/*
 * Send m to the kernel, for the namespace this thread is in, and receive the answer into answer (ANSWER_MAX bytes).  On
 * failure, also one that the kernel answers, returns false with errno.
 */
static bool ask(struct rtnl_message *m, uint8_t *answer, ssize_t *answer_len)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error = 0;
	struct nlmsghdr nh;

	if (fd < 0)
		return false;
	*answer_len = -1;
	if (sendto(fd, m, m->nh.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) >= 0)
		*answer_len = recv(fd, answer, ANSWER_MAX, 0);
	if (*answer_len < (ssize_t)sizeof(nh))
		error = *answer_len < 0 ? errno : EPROTO;
	else
		memcpy(&nh, answer, sizeof(nh));
	if (!error && nh.nlmsg_type == NLMSG_ERROR)
		error = -((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)(void *)answer))->error;
	close(fd);
	errno = error;
	return !error;
}

bool rtnl_order(struct rtnl_message *m)
{
	static uint8_t answer[ANSWER_MAX] __attribute__((aligned(8)));
	ssize_t len;

	return ask(m, answer, &len);
}

bool rtnl_set_up(int index)
{
	const struct ifinfomsg info = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	return rtnl_order(&m);
}

/* ---- what the kernel says about an interface ------------------------------------------------------------------- */

/* The attribute's type without the flag bits that some kernels add (NLA_F_NESTED). */
static unsigned int type_of(const struct rtattr *attr)
{
	return attr->rta_type & (unsigned int)NLA_TYPE_MASK;
}

/* Copy len bytes of an attribute's value, if it has that many. */
static void take(const struct rtattr *attr, void *to, size_t len)
{
	if (RTA_PAYLOAD(attr) >= len)
		memcpy(to, RTA_DATA(attr), len);
}

static void take_bridge(const struct rtattr *data, struct rtnl_link *link)
{
	int left = (int)RTA_PAYLOAD(data);

	for (const struct rtattr *attr = RTA_DATA(data); RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (type_of(attr) == IFLA_BR_STP_STATE)
			take(attr, &link->stp, sizeof(link->stp));
		else if (type_of(attr) == IFLA_BR_FORWARD_DELAY)
			take(attr, &link->forward_delay, sizeof(link->forward_delay));
		else if (type_of(attr) == IFLA_BR_VLAN_FILTERING)
			take(attr, &link->vlan_filtering, sizeof(link->vlan_filtering));
	}
}

/* The kernel sends IFLA_INFO_KIND before the IFLA_INFO_DATA that it describes. */
static void take_info(const struct rtattr *info, struct rtnl_link *link)
{
	int left = (int)RTA_PAYLOAD(info);

	for (const struct rtattr *attr = RTA_DATA(info); RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (type_of(attr) == IFLA_INFO_KIND)
			link->bridge = RTA_PAYLOAD(attr) == 7 && !memcmp(RTA_DATA(attr), "bridge", 7);
		else if (type_of(attr) == IFLA_INFO_DATA && link->bridge)
			take_bridge(attr, link);
	}
}

static void take_link(const struct rtattr *attr, struct rtnl_link *link)
{
	struct rtnl_link_stats64 stats = {0};

	switch (type_of(attr)) {
	case IFLA_IFNAME:
		take(attr, link->name, RTA_PAYLOAD(attr) < sizeof(link->name) ? RTA_PAYLOAD(attr) : 0);
		break;
	case IFLA_ADDRESS:
		take(attr, link->address, RTA_PAYLOAD(attr) == sizeof(link->address) ? sizeof(link->address) : 0);
		break;
	case IFLA_MTU:
		take(attr, &link->mtu, sizeof(link->mtu));
		break;
	case IFLA_MASTER:
		take(attr, &link->master, sizeof(link->master));
		break;
	case IFLA_STATS64:
		/* Newer kernels append fields. */
		take(attr, &stats, RTA_PAYLOAD(attr) < sizeof(stats) ? RTA_PAYLOAD(attr) : sizeof(stats));
		link->tx_dropped = stats.tx_dropped;
		break;
	case IFLA_LINKINFO:
		take_info(attr, link);
		break;
	default:
		break;
	}
}

bool rtnl_parse_link(const void *message, size_t len, struct rtnl_link *link)
{
	const struct nlmsghdr *nh = message;
	const struct ifinfomsg *info;
	int left;

	if (len < NLMSG_LENGTH(sizeof(*info)) || nh->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || nh->nlmsg_len > len ||
	    nh->nlmsg_type != RTM_NEWLINK)
		return false;
	info = NLMSG_DATA(nh);
	*link = (struct rtnl_link){.index = info->ifi_index, .flags = info->ifi_flags};
	left = (int)(nh->nlmsg_len - NLMSG_LENGTH(sizeof(*info)));
	for (const struct rtattr *attr = IFLA_RTA(info); RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		take_link(attr, link);
	return true;
}

bool rtnl_get_link(int index, struct rtnl_link *link)
{
	static uint8_t answer[ANSWER_MAX] __attribute__((aligned(8)));
	const struct ifinfomsg info = {.ifi_index = index};
	struct rtnl_message m;
	ssize_t len;

	rtnl_begin(&m, RTM_GETLINK, 0, &info, sizeof(info));
	m.nh.nlmsg_flags = NLM_F_REQUEST;
	if (!ask(&m, answer, &len))
		return false;
	if (rtnl_parse_link(answer, (size_t)len, link))
		return true;
	errno = EPROTO;
	return false;
}
