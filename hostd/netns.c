/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.c - a network namespace with a guest's MAC and address.
 *
 * A macvlan in bridge mode: what it sends leaves by the boot interface, and what comes for its MAC there is its own.
 * IPv6 is off, so that nothing is said of the guest that hostd was not asked to say.
 *
 * System calls: unshare, setns, open, socket, bind, sendto, recv, write, close.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

#define LINK_NAME "guest0"
#define MESSAGE_MAX 512
#define ANSWER_MAX 32768

static int home = -1;

bool netns_start(void)
{
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return home >= 0;
}

/* ---- rtnetlink(7) ---------------------------------------------------------------------------------------------- */

struct message {
	struct nlmsghdr nh;
	uint8_t rest[MESSAGE_MAX];
};

static void begin(struct message *m, uint16_t type, uint16_t flags, const void *head, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->nh = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH((uint32_t)len),
				  .nlmsg_type = type,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags};
	memcpy(NLMSG_DATA(&m->nh), head, len);
}

/* Everything put is of this file's making: it fits. */
static struct rtattr *put(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr *attr = (struct rtattr *)((uint8_t *)m + NLMSG_ALIGN(m->nh.nlmsg_len));

	*attr = (struct rtattr){.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len)};
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	m->nh.nlmsg_len = NLMSG_ALIGN(m->nh.nlmsg_len) + (uint32_t)RTA_ALIGN(attr->rta_len);
	return attr;
}

static void nest_end(struct message *m, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)((uint8_t *)m + m->nh.nlmsg_len - (uint8_t *)nest);
}

/* Send to the namespace this thread is in and wait for the answer, which is kept in answer (ANSWER_MAX bytes). */
static bool ask(struct message *m, uint8_t *answer, ssize_t *answer_len)
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

static bool order(struct message *m)
{
	static uint8_t answer[ANSWER_MAX] __attribute__((aligned(8)));
	ssize_t len;

	return ask(m, answer, &len);
}

/* The interface that this one is a port of, 0: none, -1: errno says why it is not known. */
static int master_of(int index)
{
	static uint8_t answer[ANSWER_MAX] __attribute__((aligned(8)));
	const struct ifinfomsg info = {.ifi_index = index};
	const struct nlmsghdr *nh = (const struct nlmsghdr *)(const void *)answer;
	const struct rtattr *attr;
	struct message m;
	ssize_t len;
	int left, master;

	begin(&m, RTM_GETLINK, 0, &info, sizeof(info));
	m.nh.nlmsg_flags = NLM_F_REQUEST;
	if (!ask(&m, answer, &len) || nh->nlmsg_type != RTM_NEWLINK)
		return -1;
	left = (int)len - (int)NLMSG_LENGTH(sizeof(info));
	for (attr = IFLA_RTA(NLMSG_DATA(nh)); RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (attr->rta_type != IFLA_MASTER || RTA_PAYLOAD(attr) < sizeof(master))
			continue;
		memcpy(&master, RTA_DATA(attr), sizeof(master));
		return master;
	}
	return 0;
}

/* A macvlan of that interface, in that namespace. */
static bool add_link(const struct netns_spec *spec, int index, int ns)
{
	const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	const uint32_t mode = MACVLAN_MODE_BRIDGE, target = (uint32_t)ns, lower = (uint32_t)index;
	struct rtattr *kind, *data;
	struct message m;

	begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	put(&m, IFLA_IFNAME, LINK_NAME, sizeof(LINK_NAME));
	put(&m, IFLA_LINK, &lower, sizeof(lower));
	put(&m, IFLA_NET_NS_FD, &target, sizeof(target));
	put(&m, IFLA_ADDRESS, spec->mac, 6);
	kind = put(&m, IFLA_LINKINFO, NULL, 0);
	put(&m, IFLA_INFO_KIND, "macvlan", 8);
	data = put(&m, IFLA_INFO_DATA, NULL, 0);
	put(&m, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	nest_end(&m, data);
	nest_end(&m, kind);
	return order(&m);
}

/* Bits of the netmask. */
static uint8_t prefix_of(const struct netns_spec *spec)
{
	static const uint8_t none[4];
	uint8_t bits = 0;

	if (!memcmp(spec->netmask, none, 4))
		return spec->address[0] < 128 ? 8 : spec->address[0] < 192 ? 16 : 24;
	while (bits < 32 && spec->netmask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	return bits;
}

/* The next three are for a thread that is in the namespace. */

static bool add_address(const struct netns_spec *spec, int index)
{
	const struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_prefixlen = prefix_of(spec), .ifa_index = (unsigned int)index};
	uint32_t host = head.ifa_prefixlen < 32 ? UINT32_MAX >> head.ifa_prefixlen : 0, broadcast;
	struct message m;

	memcpy(&broadcast, spec->address, 4);
	broadcast |= htonl(host);
	begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put(&m, IFA_LOCAL, spec->address, 4);
	put(&m, IFA_ADDRESS, spec->address, 4);
	put(&m, IFA_BROADCAST, &broadcast, 4);
	return order(&m);
}

static bool set_up(int index)
{
	const struct ifinfomsg info = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct message m;

	begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	return order(&m);
}

/* By the router, which a wrong lease may put outside the subnet: still on this link. */
static bool add_route(const struct netns_spec *spec, int index)
{
	const struct rtmsg head = {.rtm_family = AF_INET,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_STATIC,
				   .rtm_scope = RT_SCOPE_UNIVERSE,
				   .rtm_type = RTN_UNICAST,
				   .rtm_flags = RTNH_F_ONLINK};
	static const uint8_t none[4];
	struct message m;

	if (!memcmp(spec->router, none, 4))
		return true;
	begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put(&m, RTA_GATEWAY, spec->router, 4);
	put(&m, RTA_OIF, &index, sizeof(index));
	return order(&m);
}

/* ---- the namespace --------------------------------------------------------------------------------------------- */

static bool enter(int ns)
{
	return !setns(ns, CLONE_NEWNET);
}

/* Without the way back every later step would go wrong: then it ends here, and hostd notices. */
static void leave(void)
{
	int saved = errno;

	if (!enter(home))
		_exit(1);
	errno = saved;
}

static void disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* a kernel without it */
	if (write(fd, "1", 1) != 1)
		errno = 0; /* then there is some chatter of a link-local address, which hurts nobody */
	close(fd);
}

static int make_empty(void)
{
	int ns;

	if (unshare(CLONE_NEWNET))
		return -1;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	disable_ipv6();
	leave();
	return ns;
}

static bool configure(const struct netns_spec *spec, int ns)
{
	int index;
	bool done;

	if (!enter(ns))
		return false;
	index = (int)if_nametoindex(LINK_NAME);
	done = index && add_address(spec, index) && set_up(index) && add_route(spec, index);
	leave();
	return done;
}

int netns_make(const struct netns_spec *spec, char *err, size_t err_len)
{
	int index = (int)if_nametoindex(spec->ifname), master, ns, error;

	if (!index) {
		snprintf(err, err_len, "there is no interface %s on this host: use one that ip link shows",
			 spec->ifname);
		return -1;
	}
	master = master_of(index);
	ns = make_empty();
	if (ns < 0) {
		snprintf(err, err_len, "cannot make a network namespace: %s", strerror(errno));
		return -1;
	}
	if (!add_link(spec, master > 0 ? master : index, ns)) {
		snprintf(err, err_len, "cannot make a macvlan on %s: %s", spec->ifname, strerror(errno));
	} else if (!configure(spec, ns)) {
		snprintf(err, err_len, "cannot bring the macvlan on %s up with the guest's address: %s%s", spec->ifname,
			 strerror(errno), errno == EADDRINUSE ? ": has another macvlan there the guest's MAC?" : "");
	} else {
		return ns;
	}
	error = errno;
	close(ns);
	errno = error;
	return -1;
}

int netns_socket(int ns, int type)
{
	int fd;

	if (!enter(ns))
		return -1;
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	leave();
	return fd;
}

void netns_silence(int ns, const struct netns_spec *spec)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_prefixlen = prefix_of(spec)};
	struct message m;

	if (!enter(ns))
		return;
	head.ifa_index = if_nametoindex(LINK_NAME);
	begin(&m, RTM_DELADDR, 0, &head, sizeof(head));
	put(&m, IFA_LOCAL, spec->address, 4);
	(void)order(&m);
	leave();
}

void netns_remove(int ns)
{
	struct ifinfomsg info = {0};
	struct message m;

	if (enter(ns)) {
		info.ifi_index = (int)if_nametoindex(LINK_NAME);
		begin(&m, RTM_DELLINK, 0, &info, sizeof(info));
		if (info.ifi_index)
			(void)order(&m); /* if it fails, it goes with the namespace */
		leave();
	}
	close(ns);
}
