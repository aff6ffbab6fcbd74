/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp_socket.c - a packet socket that speaks as the guest on its boot interface.
 *
 * The socket uses ETH_P_ALL: on a bridge port the bridge takes every frame before a socket bound to ETH_P_IP sees it,
 * and only ETH_P_ALL shows the frames that a server on this machine sends.  It uses PACKET_MR_UNICAST, because a bridge
 * or a plain interface would otherwise drop a frame to the guest's MAC address as not its own.  The filter runs in the
 * kernel, so that other traffic costs hostd nothing.
 *
 * A frame sent on an interface leaves this machine.  A server on this machine that listens on the interface with an
 * ordinary socket (libvirt's dnsmasq on virbr0) would not hear it.  So hostd also sends each datagram that is
 * broadcast, or for the interface's own address, to that address through an ordinary socket; this copy never reaches
 * the wire.  The packet socket sees the server's answers, like all others, when they leave.
 *
 * System calls: socket, bind, setsockopt, ioctl, sendto, recvmsg, close, those of packet_socket.c.  Capability:
 * CAP_NET_RAW.
 */
#include "dhcp/dhcp_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dhcp/dhcp_msg.h"
#include "net/packet_socket.h"

struct dhcp_socket {
	int fd;
	int local_fd; /* for servers on this machine; -1: the interface has no address */
	uint8_t local_ip[4];
	uint8_t mac[6];
	uint8_t arp_ip[4];
};

static bool set_filter(int fd, uint32_t xid)
{
	/* Let pass untagged frames: ARP, or IPv4 UDP (no later fragment) to port 68 or 4011 with our xid in the DHCP
	 * header. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 14),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 11, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 11),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 9),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_PXE_PORT, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 14 + 8 + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, xid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x10000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* Attach the filter, then bind: no frame can arrive unfiltered. */
static bool set_up(int fd, int index, const uint8_t mac[6], uint32_t xid)
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
	struct packet_mreq member = {.mr_ifindex = index, .mr_type = PACKET_MR_UNICAST, .mr_alen = 6};
	int on = 1;

	if (!set_filter(fd, xid) || setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)))
		return false;
	memcpy(member.mr_address, mac, 6);
	/* A few drivers refuse this.  Broadcast answers still arrive, and hostd asks for those from the third try on.
	 */
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member));
	return !bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

/* Open a socket for servers on this machine, and get the interface's address, where they listen; -1 if it has none. */
static int open_local(const char *ifname, uint8_t ip[4])
{
	struct ifreq ifr = {0};
	struct sockaddr_in addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	/* Bind to the interface, so that a server treats the datagram as one that arrived there. */
	if (ioctl(fd, SIOCGIFADDR, &ifr) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname))) {
		close(fd);
		return -1;
	}
	memcpy(&addr, &ifr.ifr_addr, sizeof(addr));
	memcpy(ip, &addr.sin_addr, 4);
	return fd;
}

struct dhcp_socket *dhcp_socket_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len)
{
	struct dhcp_socket *pkt = calloc(1, sizeof(*pkt));
	int index;

	if (!pkt) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	memcpy(pkt->mac, mac, 6);
	pkt->local_fd = -1;
	pkt->fd = packet_socket_open(ifname, &index, err, err_len);
	if (pkt->fd < 0)
		goto err_free;
	if (!set_up(pkt->fd, index, mac, xid)) {
		snprintf(err, err_len, "cannot listen on %s: %s", ifname, strerror(errno));
		goto err_close;
	}
	pkt->local_fd = open_local(ifname, pkt->local_ip);
	return pkt;

err_close:
	packet_socket_close_aside(pkt->fd);
err_free:
	free(pkt);
	return NULL;
}

void dhcp_socket_close(struct dhcp_socket *pkt)
{
	if (!pkt)
		return;
	if (pkt->local_fd >= 0)
		close(pkt->local_fd);
	packet_socket_close_aside(pkt->fd);
	free(pkt);
}

int dhcp_socket_fd(const struct dhcp_socket *pkt)
{
	return pkt->fd;
}

/* Send a datagram also to this machine, if it may be for a server here.  Failure is ignored: there may be no server. */
static void send_local(struct dhcp_socket *pkt, const struct udp_frame *udp, const void *payload, size_t len)
{
	static const uint8_t all[4] = {0xff, 0xff, 0xff, 0xff};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(udp->dst_port)};

	if (pkt->local_fd < 0 || (memcmp(udp->dst_ip, all, 4) && memcmp(udp->dst_ip, pkt->local_ip, 4)))
		return;
	memcpy(&to.sin_addr, pkt->local_ip, 4);
	(void)!sendto(pkt->local_fd, payload, len, 0, (struct sockaddr *)&to, sizeof(to));
}

bool dhcp_socket_send(struct dhcp_socket *pkt, struct udp_frame *udp, const void *payload, size_t len)
{
	uint8_t frame[UDP_FRAME_MAX];
	size_t frame_len;

	memcpy(udp->src_mac, pkt->mac, 6);
	frame_len = udp_frame_build(frame, sizeof(frame), udp, payload, len);
	if (!frame_len) {
		errno = EMSGSIZE;
		return false;
	}
	send_local(pkt, udp, payload, len);
	return send(pkt->fd, frame, frame_len, 0) == (ssize_t)frame_len;
}

/* Did a sender on this machine leave the frame's checksum to hardware? */
static bool csum_unfinished(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
		    c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return aux.tp_status & TP_STATUS_CSUMNOTREADY;
	}
	return false;
}

ssize_t dhcp_socket_recv(struct dhcp_socket *pkt, struct udp_frame *udp, void *buf, size_t cap)
{
	uint8_t frame[UDP_FRAME_MAX];
	uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	uint8_t arp[UDP_FRAME_ARP];
	struct iovec iov = {frame, sizeof(frame)};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	const uint8_t *payload;
	size_t payload_len;
	ssize_t n = recvmsg(pkt->fd, &msg, 0);

	if (n < 0)
		return -1;
	if (udp_frame_arp_answer(frame, (size_t)n, pkt->mac, pkt->arp_ip, arp)) {
		(void)!send(pkt->fd, arp, sizeof(arp), 0); /* if it is lost, the sender asks again */
		return 0;
	}
	if (msg.msg_flags & MSG_TRUNC ||
	    !udp_frame_parse(frame, (size_t)n, csum_unfinished(&msg), udp, &payload, &payload_len))
		return 0;
	if (payload_len > cap)
		return 0;
	memcpy(buf, payload, payload_len);
	return (ssize_t)payload_len;
}

void dhcp_socket_answer_arp(struct dhcp_socket *pkt, const uint8_t ip[4])
{
	memcpy(pkt->arp_ip, ip, 4);
}
