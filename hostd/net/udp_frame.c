/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_frame.c - build and parse Ethernet frames. */
#include "net/udp_frame.h"

#include <string.h>

#include "base/bytes.h"
#include "base/addr.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define IP_HEADER 20
#define IP_UDP 17
#define IP_FRAGMENT 0x3fff /* MF and the offset; DF and the reserved bit do not mark a fragment */
#define UDP_HEADER 8
#define ARP_REQUEST 1
#define ARP_REPLY 2

/* Add len bytes to the Internet checksum's sum (RFC 1071).  The sum is not folded. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += bytes_be16(p);
	if (len)
		sum += (uint32_t)p[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The sum over a UDP datagram and its pseudo header (RFC 768).  It is FFFFh if a received checksum is right. */
static uint16_t udp_sum(const uint8_t *ip, const uint8_t *udp, size_t len)
{
	uint32_t sum = add_up(0, ip + 12, 8);

	return fold(add_up(sum + IP_UDP + (uint32_t)len, udp, len));
}

size_t udp_frame_build(uint8_t *buf, size_t cap, const struct udp_frame *udp, const void *payload, size_t len)
{
	uint8_t *ip = buf + UDP_FRAME_ETHER;
	uint8_t *u = ip + IP_HEADER;
	uint16_t sum;

	if (len > UDP_FRAME_MAX - UDP_FRAME_HEADERS || cap < UDP_FRAME_HEADERS + len)
		return 0;
	memset(buf, 0, UDP_FRAME_HEADERS);
	memcpy(buf, udp->dst_mac, 6);
	memcpy(buf + 6, udp->src_mac, 6);
	bytes_put_be16(buf + 12, ETHERTYPE_IPV4);

	ip[0] = 0x45;
	bytes_put_be16(ip + 2, IP_HEADER + UDP_HEADER + len);
	ip[8] = 64; /* TTL, enough to pass relays and routers (RFC 1122 3.2.1.7) */
	ip[9] = IP_UDP;
	memcpy(ip + 12, udp->src_ip, 4);
	memcpy(ip + 16, udp->dst_ip, 4);
	bytes_put_be16(ip + 10, (uint16_t)~fold(add_up(0, ip, IP_HEADER)));

	bytes_put_be16(u, udp->src_port);
	bytes_put_be16(u + 2, udp->dst_port);
	bytes_put_be16(u + 4, UDP_HEADER + len);
	memcpy(u + UDP_HEADER, payload, len);
	sum = (uint16_t)~udp_sum(ip, u, UDP_HEADER + len);
	bytes_put_be16(u + 6, sum ? sum : 0xffff); /* 0 means "no checksum" (RFC 768) */
	return UDP_FRAME_HEADERS + len;
}

bool udp_frame_parse(const uint8_t *buf, size_t len, bool csum_unfinished, struct udp_frame *udp,
		     const uint8_t **payload, size_t *payload_len)
{
	const uint8_t *ip = buf + UDP_FRAME_ETHER;
	const uint8_t *u;
	size_t header, total, udp_len;

	if (len < UDP_FRAME_HEADERS || bytes_be16(buf + 12) != ETHERTYPE_IPV4)
		return false;
	len -= UDP_FRAME_ETHER;
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = bytes_be16(ip + 2);
	if (ip[0] >> 4 != 4 || header < IP_HEADER || total > len || total < header || total - header < UDP_HEADER)
		return false;
	if (ip[9] != IP_UDP || bytes_be16(ip + 6) & IP_FRAGMENT || fold(add_up(0, ip, header)) != 0xffff)
		return false;
	/* Bytes after total are Ethernet's padding. */
	u = ip + header;
	udp_len = bytes_be16(u + 4);
	if (udp_len < UDP_HEADER || udp_len > total - header)
		return false;
	if (!csum_unfinished && bytes_be16(u + 6) && udp_sum(ip, u, udp_len) != 0xffff)
		return false;

	memcpy(udp->dst_mac, buf, 6);
	memcpy(udp->src_mac, buf + 6, 6);
	memcpy(udp->src_ip, ip + 12, 4);
	memcpy(udp->dst_ip, ip + 16, 4);
	udp->src_port = bytes_be16(u);
	udp->dst_port = bytes_be16(u + 2);
	*payload = u + UDP_HEADER;
	*payload_len = udp_len - UDP_HEADER;
	return true;
}

bool udp_frame_arp_answer(const uint8_t *buf, size_t len, const uint8_t mac[6], const uint8_t ip[4],
			  uint8_t reply[UDP_FRAME_ARP])
{
	/* Hardware type 1 (Ethernet), protocol IPv4, their address lengths, opcode request. */
	static const uint8_t request[8] = {0, 1, 0x08, 0x00, 6, 4, 0, ARP_REQUEST};
	const uint8_t *arp = buf + UDP_FRAME_ETHER;

	if (len < UDP_FRAME_ARP || bytes_be16(buf + 12) != ETHERTYPE_ARP || memcmp(arp, request, sizeof(request)))
		return false;
	if (addr_none(ip) || memcmp(arp + 24, ip, 4))
		return false;
	memcpy(reply, arp + 8, 6);
	memcpy(reply + 6, mac, 6);
	bytes_put_be16(reply + 12, ETHERTYPE_ARP);
	memcpy(reply + UDP_FRAME_ETHER, request, sizeof(request));
	bytes_put_be16(reply + UDP_FRAME_ETHER + 6, ARP_REPLY);
	memcpy(reply + UDP_FRAME_ETHER + 8, mac, 6);
	memcpy(reply + UDP_FRAME_ETHER + 14, ip, 4);
	memcpy(reply + UDP_FRAME_ETHER + 18, arp + 8, 10);
	return true;
}
