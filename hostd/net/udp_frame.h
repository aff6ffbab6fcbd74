/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_frame.h - Ethernet frames as bytes: UDP over IPv4, and ARP (RFC 768, 791, 826, 894). */
#ifndef HOSTD_UDP_FRAME_H
#define HOSTD_UDP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_FRAME_ETHER 14
#define UDP_FRAME_HEADERS (UDP_FRAME_ETHER + 20 + 8)
#define UDP_FRAME_MAX 1514
#define UDP_FRAME_ARP 42

/* Where a datagram comes from and goes to; ports in host order. */
struct udp_frame {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint8_t src_ip[4];
	uint8_t dst_ip[4];
	uint16_t src_port;
	uint16_t dst_port;
};

/* Write a frame with len bytes of payload, with checksums; its length, or 0 if it does not fit cap or UDP_FRAME_MAX. */
size_t udp_frame_build(uint8_t *buf, size_t cap, const struct udp_frame *udp, const void *payload, size_t len);

/*
 * Parse a frame.  On true, *payload and *payload_len are a part of buf.  False: not UDP over IPv4 over untagged
 * Ethernet, a fragment, lengths that do not agree, or a wrong checksum.  csum_unfinished: the sender is on this machine
 * and left the UDP checksum to hardware that is not there (TP_STATUS_CSUMNOTREADY), so it is not looked at.
 */
bool udp_frame_parse(const uint8_t *buf, size_t len, bool csum_unfinished, struct udp_frame *udp,
		     const uint8_t **payload, size_t *payload_len);

/*
 * If the frame is an ARP request for ip, write the answer (UDP_FRAME_ARP bytes: mac has it) to reply (RFC 826).  ip
 * 0.0.0.0 answers nothing.
 */
bool udp_frame_arp_answer(const uint8_t *buf, size_t len, const uint8_t mac[6], const uint8_t ip[4],
			  uint8_t reply[UDP_FRAME_ARP]);

#endif /* HOSTD_UDP_FRAME_H */
