/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.c - a guest's Ethernet frames on its boot interface.
 *
 * As in pkt.c: ETH_P_ALL, because on a bridge port the bridge takes frames before any other socket, and because it
 * shows the frames of a server on this machine; PACKET_MR_UNICAST, because else a bridge or a plain interface would
 * drop what is for the guest's MAC.  PACKET_VNET_HDR, because what a server of this machine sends comes as segments of
 * up to 64 KiB without checksums, and the socket is told what is missing.  The kernel's filter throws away what no
 * guest could hear; the guest's own filter is applied here.
 *
 * The kernel's queue is the bound on what waits.  While the link to the device is full, nothing is read; what exceeds
 * the queue is dropped there and counted.
 *
 * System calls: socket, bind, setsockopt, getsockopt, ioctl, readv, writev, close.  Capability: CAP_NET_RAW.
 */
#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "frames.h"
#include "log.h"
#include "pkt.h"

#define QUEUE_BYTES (1 << 20) /* asked for; the kernel gives what net.core.rmem_max allows */
#define TURN_MAX 32	      /* reads before others have their turn */
#define SHORTEST 60	      /* bytes of an Ethernet frame without its checksum */
#define RETRY_SECONDS 1	      /* after the interface went away */

struct frames {
	struct event_base *base;
	const char *vm;
	char ifname[IF_NAMESIZE];
	uint8_t mac[6];
	struct ether_filter filter;
	const struct frames_ops *ops;
	void *arg;
	int fd; /* -1: the interface is away */
	struct event *readable, *retry;
	bool held;
	struct frames_count count;
};

/* Untagged, not from the guest, and to its MAC or to a group. */
static bool set_filter(int fd, const uint8_t mac[6])
{
	const uint32_t high = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
	const uint32_t low = (uint32_t)mac[4] << 8 | mac[5];
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

/* Bind, with the filter in place before the first frame can arrive. */
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
	/* Refused by the odd driver, which then may hear less: no reason to hear nothing. */
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member));
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &groups, sizeof(groups));
	return !bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

/* ---- to the guest ---------------------------------------------------------------------------------------------- */

static void emit(void *arg, const uint8_t *frame, size_t len)
{
	struct frames *f = arg;

	if (f->ops->deliver(f->arg, frame, len))
		f->count.in++;
	else
		f->count.overrun++;
}

/* The kernel's count starts over each time it is read. */
static void read_drops(struct frames *f)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);

	if (f->fd >= 0 && !getsockopt(f->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		f->count.overrun += stats.tp_drops;
}

static void close_socket(struct frames *f)
{
	read_drops(f);
	if (f->readable)
		event_free(f->readable);
	f->readable = NULL;
	if (f->fd >= 0)
		pkt_close_aside(f->fd);
	f->fd = -1;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t frame[ETHER_SEGMENT_MAX + 1];
	struct frames *f = arg;

	for (int i = 0; i < TURN_MAX && !f->held; i++) {
		struct virtio_net_hdr vnet;
		struct iovec iov[] = {{&vnet, sizeof(vnet)}, {frame, sizeof(frame)}};
		ssize_t n = readv(fd, iov, 2);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0 && errno == EINVAL) { /* a kind of segment that this kernel has no name for: it is gone */
			f->count.misfit++;
			continue;
		}
		if (n < 0) {
			log_msg(LOG_WARNING, f->vm, "the guest's frames on %s: %s", f->ifname, strerror(errno));
			close_socket(f);
			event_add(f->retry, &(struct timeval){RETRY_SECONDS, 0});
			return;
		}
		n -= (ssize_t)sizeof(vnet);
		if (n < 0 || !ether_hears(&f->filter, f->mac, frame, (size_t)n))
			continue;
		if ((size_t)n > ETHER_SEGMENT_MAX || !ether_finish(&vnet, frame, (size_t)n, emit, f))
			f->count.misfit++;
	}
}

/* ---- from the guest -------------------------------------------------------------------------------------------- */

void frames_send(struct frames *f, const uint8_t *frame, size_t len)
{
	static const uint8_t zeros[SHORTEST];
	struct virtio_net_hdr vnet = {0};
	struct iovec iov[] = {{&vnet, sizeof(vnet)}, {(void *)(uintptr_t)frame, len}, {(void *)(uintptr_t)zeros, 0}};

	if (!ether_may_send(f->mac, frame, len)) {
		f->count.not_its_own++;
		return;
	}
	if (len < SHORTEST)
		iov[2].iov_len = SHORTEST - len;
	if (f->fd >= 0 && writev(f->fd, iov, 3) > 0)
		f->count.out++;
	else
		f->count.unsent++;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static bool open_socket(struct frames *f, char *err, size_t err_len)
{
	int index = 0;

	f->fd = pkt_socket(f->ifname, &index, err, err_len);
	if (f->fd < 0)
		return false;
	if (!set_up(f->fd, index, f->mac)) {
		snprintf(err, err_len, "cannot listen on %s: %s", f->ifname, strerror(errno));
		close_socket(f);
		return false;
	}
	f->readable = event_new(f->base, f->fd, EV_READ | EV_PERSIST, on_readable, f);
	if (f->readable && (f->held || !event_add(f->readable, NULL)))
		return true;
	snprintf(err, err_len, "out of memory");
	close_socket(f);
	return false;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct frames *f = arg;
	char err[256];

	if (open_socket(f, err, sizeof(err)))
		log_msg(LOG_INFO, f->vm, "the guest's frames are on %s again", f->ifname);
	else
		event_add(f->retry, &(struct timeval){RETRY_SECONDS, 0});
}

struct frames *frames_open(struct event_base *base, const char *vm, const char *ifname, const uint8_t mac[6],
			   const struct ether_filter *filter, const struct frames_ops *ops, void *arg, char *err,
			   size_t err_len)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	*f = (struct frames){.base = base, .vm = vm, .filter = *filter, .ops = ops, .arg = arg, .fd = -1};
	memcpy(f->mac, mac, 6);
	snprintf(f->ifname, sizeof(f->ifname), "%s", ifname);
	f->retry = evtimer_new(base, on_retry, f);
	if (!f->retry)
		snprintf(err, err_len, "out of memory");
	else if (open_socket(f, err, err_len))
		return f;
	if (f->retry)
		event_free(f->retry);
	free(f);
	return NULL;
}

void frames_close(struct frames *f)
{
	struct frames_count c;

	if (!f)
		return;
	close_socket(f);
	event_free(f->retry);
	c = f->count;
	log_msg(LOG_INFO, f->vm, "frames: %llu from the guest, %llu to it", (unsigned long long)c.out,
		(unsigned long long)c.in);
	if (c.not_its_own || c.unsent || c.misfit || c.overrun)
		log_msg(LOG_WARNING, f->vm,
			"frames dropped: %llu from an address that is not the guest's, %llu that %s did not take, %llu "
			"too "
			"long or not understood, %llu faster than the guest takes them",
			(unsigned long long)c.not_its_own, (unsigned long long)c.unsent, f->ifname,
			(unsigned long long)c.misfit, (unsigned long long)c.overrun);
	free(f);
}

void frames_set_filter(struct frames *f, const struct ether_filter *filter)
{
	f->filter = *filter;
}

void frames_hold(struct frames *f, bool hold)
{
	if (f->held == hold)
		return;
	f->held = hold;
	if (!f->readable)
		return;
	if (hold)
		event_del(f->readable);
	else
		event_add(f->readable, NULL);
}

struct frames_count frames_count(struct frames *f)
{
	read_drops(f);
	return f->count;
}
