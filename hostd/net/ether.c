/* SPDX-License-Identifier: BSD-2-Clause */
/* ether.c - check and finish the Ethernet frames of a guest's own network stack. */
#include "net/ether.h"

#include <string.h>

#include "base/bytes.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* the kernel may be newer than the headers here (virtio 1.2 5.1.6) */
#endif
#define HEADER 14
#define HEADERS_MAX 256 /* Ethernet, IP with options or extension headers, TCP with options */
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define PROTO_TCP 6
#define PROTO_UDP 17
#define TCP_HEADER 20
#define TCP_CSUM 16
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80
#define UDP_HEADER 8
#define UDP_CSUM 6

/* Add len bytes to a checksum's sum (RFC 1071).  len is at most 64 KiB, so 32 bits do not overflow. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += bytes_be16(p);
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* ---- what a guest may send and hears --------------------------------------------------------------------------- */

bool ether_filter_parse(struct ether_filter *filter, const uint8_t *args, size_t len)
{
	struct pvboot_frame_open_args a;

	if (len != sizeof(a))
		return false;
	memcpy(&a, args, sizeof(a));
	if (a.flags & ~(PVBOOT_FRAME_F_BROADCAST | PVBOOT_FRAME_F_ALL_MULTICAST) || a.reserved ||
	    a.n_mcasts > PVBOOT_FRAME_MCASTS)
		return false;
	for (unsigned int i = 0; i < a.n_mcasts; i++)
		if (!(a.mcast[i][0] & 1))
			return false;
	filter->flags = a.flags;
	filter->n_mcasts = a.n_mcasts;
	memcpy(filter->mcast, a.mcast, sizeof(filter->mcast));
	return true;
}

static bool is_tagged(const uint8_t *frame)
{
	return bytes_be16(frame + 12) == TYPE_VLAN || bytes_be16(frame + 12) == TYPE_QINQ;
}

bool ether_may_send(const uint8_t mac[6], const uint8_t *frame, size_t len)
{
	if (len < PVBOOT_FRAME_MIN || len > PVBOOT_FRAME_MAX || memcmp(frame + 6, mac, 6))
		return false;
	return !is_tagged(frame);
}

bool ether_hears(const struct ether_filter *filter, const uint8_t mac[6], const uint8_t *frame, size_t len)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (len < HEADER || !memcmp(frame + 6, mac, 6) || is_tagged(frame))
		return false;
	if (!memcmp(frame, mac, 6))
		return true;
	if (!memcmp(frame, all, 6))
		return filter->flags & PVBOOT_FRAME_F_BROADCAST;
	if (!(frame[0] & 1))
		return false;
	if (filter->flags & PVBOOT_FRAME_F_ALL_MULTICAST)
		return true;
	for (unsigned int i = 0; i < filter->n_mcasts; i++)
		if (!memcmp(frame, filter->mcast[i], 6))
			return true;
	return false;
}

/* ---- checksums ------------------------------------------------------------------------------------------------- */

/*
 * Compute the checksum that the kernel left to hardware.  The checksum field already holds the pseudo header's sum, so
 * adding up all bytes from csum_start includes it.
 */
static bool complete_csum(const struct virtio_net_hdr *vnet, uint8_t *frame, size_t len)
{
	size_t start = vnet->csum_start, at = start + vnet->csum_offset;
	uint16_t sum;

	if (start > len || at > len || len - at < 2)
		return false;
	sum = (uint16_t)~fold(add_up(0, frame + start, len - start));
	bytes_put_be16(frame + at, sum ? sum : 0xffff); /* in UDP 0 means "no checksum" (RFC 768); TCP accepts either */
	return true;
}

/* ---- segments -------------------------------------------------------------------------------------------------- */

/* The layout of a segment that is to be cut into frames. */
struct cut {
	bool v6, tcp;
	size_t l4;	/* offset of the TCP or UDP header */
	size_t headers; /* bytes of all headers */
	size_t mss;	/* payload bytes of each frame except the last */
};

/*
 * Fill c.  The kernel says in csum_start where the TCP or UDP header begins; this checks that the header is there and
 * complete.  Returns false if it is not.
 */
static bool find_parts(const struct virtio_net_hdr *vnet, const uint8_t *frame, size_t len, struct cut *c)
{
	size_t transport;

	*c = (struct cut){.mss = vnet->gso_size, .l4 = vnet->csum_start};
	switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		c->tcp = true;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		c->tcp = c->v6 = true;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		c->v6 = len >= HEADER && bytes_be16(frame + 12) == TYPE_IPV6;
		break;
	default:
		return false;
	}
	transport = c->tcp ? TCP_HEADER : UDP_HEADER;
	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || !c->mss || c->l4 < HEADER + (c->v6 ? 40u : 20u) ||
	    c->l4 > HEADERS_MAX - 60 || c->l4 > len || len - c->l4 < transport)
		return false;
	if (bytes_be16(frame + 12) != (c->v6 ? TYPE_IPV6 : TYPE_IPV4) || frame[HEADER] >> 4 != (c->v6 ? 6 : 4))
		return false;
	if (!c->v6 && ((size_t)(frame[HEADER] & 0x0f) * 4 != c->l4 - HEADER ||
		       frame[HEADER + 9] != (c->tcp ? PROTO_TCP : PROTO_UDP)))
		return false;
	if (c->tcp)
		transport = (size_t)(frame[c->l4 + 12] >> 4) * 4;
	if (transport < (c->tcp ? TCP_HEADER : UDP_HEADER) || transport > len - c->l4)
		return false;
	c->headers = c->l4 + transport;
	return c->headers <= PVBOOT_FRAME_MAX && c->mss <= PVBOOT_FRAME_MAX - c->headers;
}

/* The pseudo header's sum: addresses, protocol and length (RFC 768, 793, 8200 8.1). */
static uint32_t pseudo_sum(const struct cut *c, const uint8_t *frame, size_t l4_len)
{
	const uint8_t *ip = frame + HEADER;

	return add_up((uint32_t)l4_len + (c->tcp ? PROTO_TCP : PROTO_UDP), ip + (c->v6 ? 8 : 12), c->v6 ? 32 : 8);
}

/*
 * Write the headers of the n-th frame (from 0), which carries len bytes from offset of the payload.  first has the
 * headers of the whole segment.
 */
static void set_headers(const struct cut *c, uint8_t *frame, const uint8_t *first, size_t n, size_t offset, size_t len,
			bool last)
{
	uint8_t *ip = frame + HEADER, *l4 = frame + c->l4;
	size_t l4_len = c->headers - c->l4 + len, sum_at = c->tcp ? TCP_CSUM : UDP_CSUM;
	uint16_t sum;

	memcpy(frame, first, c->headers);
	if (c->v6) {
		bytes_put_be16(ip + 4, c->headers - HEADER - 40 + len);
	} else {
		bytes_put_be16(ip + 2, c->headers - HEADER + len);
		bytes_put_be16(ip + 4, bytes_be16(ip + 4) + n);
		bytes_put_be16(ip + 10, 0);
		bytes_put_be16(ip + 10, (uint16_t)~fold(add_up(0, ip, c->l4 - HEADER)));
	}
	if (c->tcp) {
		bytes_put_be32(l4 + 4, bytes_be32(l4 + 4) + (uint32_t)offset);
		if (!last)
			l4[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		if (n)
			l4[13] &= (uint8_t)~TCP_CWR; /* RFC 3168 6.1.2: only the first frame carries it */
	} else {
		bytes_put_be16(l4 + 4, l4_len);
	}
	bytes_put_be16(l4 + sum_at, 0);
	sum = (uint16_t)~fold(add_up(pseudo_sum(c, frame, l4_len), l4, l4_len));
	bytes_put_be16(l4 + sum_at, sum ? sum : 0xffff);
}

static bool cut_segment(const struct virtio_net_hdr *vnet, const uint8_t *frame, size_t len, ether_emit_fn emit,
			void *arg)
{
	uint8_t out[PVBOOT_FRAME_MAX];
	struct cut c;
	size_t at, n = 0;

	if (!find_parts(vnet, frame, len, &c))
		return false;
	at = c.headers;
	do {
		size_t part = len - at < c.mss ? len - at : c.mss;

		memcpy(out + c.headers, frame + at, part);
		set_headers(&c, out, frame, n++, at - c.headers, part, part == len - at);
		emit(arg, out, c.headers + part);
		at += part;
	} while (at < len);
	return true;
}

bool ether_finish(const struct virtio_net_hdr *vnet, uint8_t *frame, size_t len, ether_emit_fn emit, void *arg)
{
	if (vnet->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return len <= ETHER_SEGMENT_MAX && cut_segment(vnet, frame, len, emit, arg);
	if (len < PVBOOT_FRAME_MIN || len > PVBOOT_FRAME_MAX)
		return false;
	if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !complete_csum(vnet, frame, len))
		return false;
	emit(arg, frame, len);
	return true;
}
