/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_frame.h - build and parse Ethernet frames: UDP over IPv4, and ARP (RFC 768, 791, 826, 894). */
#ifndef HOSTD_UDP_FRAME_H
#define HOSTD_UDP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_FRAME_ETHER 14
#define UDP_FRAME_HEADERS (UDP_FRAME_ETHER + 20 + 8)
#define UDP_FRAME_MAX 1514
#define UDP_FRAME_ARP 42

/* A datagram's source and destination.  Ports are in host order. */
struct udp_frame {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint8_t src_ip[4];
	uint8_t dst_ip[4];
	uint16_t src_port;
	uint16_t dst_port;
};

/*
 * Write a frame with len bytes of payload, and its checksums, to buf of cap bytes.  Returns the frame's length, or 0 if
 * it exceeds cap or UDP_FRAME_MAX.
 */
size_t udp_frame_build(uint8_t *buf, size_t cap, const struct udp_frame *udp, const void *payload, size_t len);

/*
 * Parse a frame of len bytes.  Fills *udp, and sets *payload and *payload_len to a part of buf.  Returns false if the
 * frame is not UDP over IPv4 over untagged Ethernet, is a fragment, or has a wrong length or checksum. csum_unfinished:
 * do not check the UDP checksum, because a sender on this machine has left it to hardware (TP_STATUS_CSUMNOTREADY).
 */
bool udp_frame_parse(const uint8_t *buf, size_t len, bool csum_unfinished, struct udp_frame *udp,
		     const uint8_t **payload, size_t *payload_len);

/*
 * If the frame is an ARP request for ip, write the answer "mac has ip" to reply (UDP_FRAME_ARP bytes, RFC 826) and
 * return true.  Otherwise, and if ip is 0.0.0.0, return false.
 */
bool udp_frame_arp_answer(const uint8_t *buf, size_t len, const uint8_t mac[6], const uint8_t ip[4],
			  uint8_t reply[UDP_FRAME_ARP]);

#endif /* HOSTD_UDP_FRAME_H */
