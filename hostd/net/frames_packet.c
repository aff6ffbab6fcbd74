/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames_packet.c - carry a guest's Ethernet frames by a packet socket on its boot interface.
 *
 * The socket uses ETH_P_ALL as in dhcp_socket.c: on a bridge port the bridge takes a frame before any other socket sees
 * it, and only ETH_P_ALL shows the frames that a server on this machine sends.  It uses PACKET_MR_UNICAST, because a
 * bridge or a plain interface would otherwise drop frames to the guest's MAC address.  It uses PACKET_VNET_HDR, because
 * a server on this machine sends segments of up to 64 KiB without checksums, and this header says what is missing.  A
 * filter in the kernel drops what no guest could hear.
 *
 * A frame sent on an interface leaves this machine, so the guest cannot reach the host's own addresses there.
 *
 * System calls: socket, bind, setsockopt, getsockopt, ioctl.  Capability: CAP_NET_RAW.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "net/frames_internal.h"
#include "net/packet_socket.h"

#define QUEUE_BYTES (1 << 20) /* hostd asks for this; the kernel grants at most net.core.rmem_max */

/* Let pass frames that are untagged, not from the guest, and to its MAC address or to a group. */
static bool set_filter(int fd, const uint8_t mac[6])
{
	const uint32_t high = bytes_be32(mac);
	const uint32_t low = bytes_be16(mac + 4);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 11),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 10),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* Attach the filter, then bind: no frame can arrive unfiltered. */
static bool set_up(int fd, int index, const uint8_t mac[6])
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
	struct packet_mreq member = {.mr_ifindex = index, .mr_type = PACKET_MR_UNICAST, .mr_alen = 6};
	struct packet_mreq groups = {.mr_ifindex = index, .mr_type = PACKET_MR_ALLMULTI};
	int on = 1, room = QUEUE_BYTES;

	if (!set_filter(fd, mac) || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	memcpy(member.mr_address, mac, 6);
	/* A few drivers refuse these.  The guest may then hear fewer frames, which is better than none: go on. */
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member));
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &groups, sizeof(groups));
	return !bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static bool open_socket(const struct frames_guest *guest, struct frames_port *port, char *err, size_t err_len)
{
	int index = 0;

	port->fd = packet_socket_open(guest->ifname, &index, err, err_len);
	if (port->fd < 0)
		return false;
	if (set_up(port->fd, index, guest->mac))
		return true;
	snprintf(err, err_len, "cannot listen on %s: %s", guest->ifname, strerror(errno));
	packet_socket_close_aside(port->fd);
	port->fd = -1;
	return false;
}

/* The kernel resets its count each time hostd reads it. */
static uint64_t read_drops(struct frames_port *port)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);

	return getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) ? 0 : stats.tp_drops;
}

const struct frames_way frames_packet = {
	.open = open_socket,
	.drops = read_drops,
};
