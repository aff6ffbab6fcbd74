/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/net/ether.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/ether.h"

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
static const uint8_t peer[6] = {2, 0, 0, 0, 0, 2};

/* ---- who may send and hear what -------------------------------------------------------------------------------- */

/* [LNK-10] [DEV-40] */
static void test_filter_malformed(void **state)
{
	const struct pvboot_frame_open_args good = {.flags = 3, .n_mcasts = 1, .mcast = {{1, 0, 0x5e, 0, 0, 1}}};
	struct pvboot_frame_open_args bad;
	struct ether_filter filter;

	assert_true(ether_filter_parse(&filter, (const uint8_t *)&good, sizeof(good)));
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&good, sizeof(good) - 1));
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&good, sizeof(good) + 1));
	bad = good, bad.flags = 4;
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&bad, sizeof(bad)));
	bad = good, bad.reserved = 1;
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&bad, sizeof(bad)));
	bad = good, bad.n_mcasts = PVBOOT_FRAME_MCASTS + 1;
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&bad, sizeof(bad)));
	bad = good, bad.mcast[0][0] = 2;
	assert_false(ether_filter_parse(&filter, (const uint8_t *)&bad, sizeof(bad)));
}

static uint8_t frame[70000];

static size_t ethernet(const uint8_t *dst, const uint8_t *src, uint16_t type, size_t len)
{
	memset(frame, 0, len);
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	return len;
}

/* [DEV-43] */
static void test_send_from_another_address(void **state)
{
	assert_true(ether_may_send(mac, frame, ethernet(peer, mac, 0x800, 60)));
	for (int i = 0; i < 6; i++) {
		uint8_t other[6];

		memcpy(other, mac, 6);
		other[i] ^= 1;
		assert_false(ether_may_send(mac, frame, ethernet(peer, other, 0x800, 60)));
	}
}

static void test_send_of_a_wrong_length_or_tagged(void **state)
{
	assert_false(ether_may_send(mac, frame, ethernet(peer, mac, 0x800, PVBOOT_FRAME_MIN) - 1));
	assert_true(ether_may_send(mac, frame, ethernet(peer, mac, 0x800, PVBOOT_FRAME_MAX)));
	assert_false(ether_may_send(mac, frame, ethernet(peer, mac, 0x800, PVBOOT_FRAME_MAX + 1)));
	assert_false(ether_may_send(mac, frame, ethernet(peer, mac, 0x8100, 60)));
	assert_false(ether_may_send(mac, frame, ethernet(peer, mac, 0x88a8, 60)));
}

/* [DEV-40] */
static void test_hears_only_its_own(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, group[6] = {1, 0, 0x5e, 0, 0, 1},
			     other[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x58};
	struct ether_filter filter = {0};

	assert_true(ether_hears(&filter, mac, frame, ethernet(mac, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(mac, peer, 0x800, 60) - 47)); /* no header */
	assert_false(ether_hears(&filter, mac, frame, ethernet(mac, peer, 0x8100, 60)));     /* tagged */
	assert_false(ether_hears(&filter, mac, frame, ethernet(mac, peer, 0x88a8, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(other, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(all, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(group, peer, 0x800, 60)));
	filter.flags = PVBOOT_FRAME_F_BROADCAST;
	assert_true(ether_hears(&filter, mac, frame, ethernet(all, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(all, mac, 0x800, 60))); /* nor itself */
	assert_false(ether_hears(&filter, mac, frame, ethernet(group, peer, 0x800, 60)));
	filter.n_mcasts = 2;
	memcpy(filter.mcast[1], group, 6);
	assert_true(ether_hears(&filter, mac, frame, ethernet(group, peer, 0x800, 60)));
	filter = (struct ether_filter){.flags = PVBOOT_FRAME_F_ALL_MULTICAST};
	assert_true(ether_hears(&filter, mac, frame, ethernet(group, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(all, peer, 0x800, 60)));
	assert_false(ether_hears(&filter, mac, frame, ethernet(other, peer, 0x800, 60)));
}

/* ---- what this machine left to hardware ------------------------------------------------------------------------ */

static uint8_t out[64][PVBOOT_FRAME_MAX];
static size_t out_len[64], n_out;

static void emit(void *arg, const uint8_t *bytes, size_t len)
{
	assert_in_range(len, PVBOOT_FRAME_MIN, PVBOOT_FRAME_MAX);
	assert_true(n_out < 64);
	memcpy(out[n_out], bytes, len);
	out_len[n_out++] = len;
}

/* From a heap block of exactly that length. */
static bool finish(struct virtio_net_hdr vnet, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	bool ok;

	assert_non_null(exact);
	memcpy(exact, frame, len);
	n_out = 0;
	ok = ether_finish(&vnet, exact, len, emit, NULL);
	free(exact);
	if (!ok)
		assert_int_equal(n_out, 0);
	return ok;
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

#define TCP 6
#define UDP 17

/* Headers of IPv4 or IPv6 and TCP (with options bytes of options) or UDP before payload bytes: 1, 2, 3 ...  The sum of
 * the pseudo header is in the checksum's place, as the kernel leaves it.  Returns the frame's length. */
static size_t datagram(bool v6, uint8_t proto, size_t options, size_t payload)
{
	size_t ip_len = v6 ? 40 : 20, l4_len = (proto == TCP ? 20 + options : 8) + payload, sum_at;
	uint8_t *ip = frame + 14, *l4 = ip + ip_len;
	uint32_t sum;

	ethernet(mac, peer, v6 ? 0x86dd : 0x800, 14 + ip_len + l4_len);
	if (v6) {
		ip[0] = 0x60, ip[4] = (uint8_t)(l4_len >> 8), ip[5] = (uint8_t)l4_len, ip[6] = proto, ip[7] = 64;
		memset(ip + 8, 0xfe, 32);
		sum = sum16((uint32_t)l4_len + proto, ip + 8, 32);
	} else {
		ip[0] = 0x45, ip[2] = (uint8_t)((20 + l4_len) >> 8), ip[3] = (uint8_t)(20 + l4_len);
		ip[4] = 0xff, ip[5] = 0xfe, ip[8] = 64, ip[9] = proto;
		memcpy(ip + 12, (uint8_t[]){172, 21, 0, 2, 172, 21, 0, 50}, 8);
		sum = sum16(0, ip, 20) ^ 0xffff;
		ip[10] = (uint8_t)(sum >> 8), ip[11] = (uint8_t)sum;
		sum = sum16((uint32_t)l4_len + proto, ip + 12, 8);
	}
	sum_at = proto == TCP ? 16 : 6;
	l4[1] = 80, l4[3] = 81;
	if (proto == TCP) {
		memcpy(l4 + 4, (uint8_t[]){0xff, 0xff, 0xff, 0x00}, 4); /* wraps on the way */
		l4[12] = (uint8_t)((20 + options) / 4 << 4);
		l4[13] = 0x80 | 0x10 | 0x08 | 0x01; /* CWR, ACK, PSH, FIN */
		memset(l4 + 20, 1, options);
	} else {
		l4[4] = (uint8_t)(l4_len >> 8), l4[5] = (uint8_t)l4_len;
	}
	l4[sum_at] = (uint8_t)(sum >> 8), l4[sum_at + 1] = (uint8_t)sum;
	for (size_t i = 0; i < payload; i++)
		l4[l4_len - payload + i] = (uint8_t)(i * 7 + (i >> 8));
	return 14 + ip_len + l4_len;
}

static struct virtio_net_hdr segment(bool v6, uint8_t proto, uint16_t mss)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = proto == UDP ? 5
			    : v6	 ? VIRTIO_NET_HDR_GSO_TCPV6
					 : VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = mss,
		.csum_start = v6 ? 54 : 34,
		.csum_offset = proto == TCP ? 16 : 6,
	};
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Each frame is right by itself, and together they are what was cut. */
static void check_frames(bool v6, uint8_t proto, size_t options, size_t payload, size_t mss)
{
	size_t ip_len = v6 ? 40 : 20, l4_head = proto == TCP ? 20 + options : 8, at = 0;

	assert_int_equal(n_out, (payload + mss - 1) / mss);
	for (size_t n = 0; n < n_out; n++) {
		const uint8_t *ip = out[n] + 14, *l4 = ip + ip_len;
		size_t part = out_len[n] - 14 - ip_len - l4_head, l4_len = l4_head + part;
		bool last = n == n_out - 1;

		assert_int_equal(part, last ? payload - at : mss);
		assert_memory_equal(out[n], mac, 6);
		assert_memory_equal(out[n] + 6, peer, 6);
		if (v6) {
			assert_int_equal(ip[4] << 8 | ip[5], l4_len);
		} else {
			assert_int_equal(ip[2] << 8 | ip[3], 20 + l4_len);
			assert_int_equal(ip[4] << 8 | ip[5], (0xfffe + n) & 0xffff);
			assert_int_equal(sum16(0, ip, 20), 0xffff);
		}
		assert_int_equal(sum16(sum16((uint32_t)l4_len + proto, ip + (v6 ? 8 : 12), v6 ? 32 : 8), l4, l4_len),
				 0xffff);
		if (proto == TCP) {
			assert_int_equal(be32(l4 + 4), 0xffffff00u + (uint32_t)at);
			assert_int_equal(l4[13], (n ? 0 : 0x80) | 0x10 | (last ? 0x09 : 0));
		} else {
			assert_int_equal(l4[4] << 8 | l4[5], l4_len);
		}
		for (size_t i = 0; i < part; i++)
			assert_int_equal(l4[l4_head + i], (uint8_t)((at + i) * 7 + ((at + i) >> 8)));
		at += part;
	}
	assert_int_equal(at, payload);
}

static void test_frame_too_long_for_a_guest(void **state)
{
	assert_false(finish((struct virtio_net_hdr){0}, ethernet(mac, peer, 0x800, PVBOOT_FRAME_MAX + 1)));
	assert_false(finish((struct virtio_net_hdr){0}, ethernet(mac, peer, 0x800, PVBOOT_FRAME_MIN) - 1));
	assert_true(finish((struct virtio_net_hdr){0}, ethernet(mac, peer, 0x800, PVBOOT_FRAME_MAX)));
	assert_int_equal(out_len[0], PVBOOT_FRAME_MAX);
}

static void test_checksum_outside_the_frame(void **state)
{
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34};
	size_t len = ethernet(mac, peer, 0x800, 60);

	vnet.csum_offset = 25;
	assert_false(finish(vnet, len));
	vnet.csum_offset = 24;
	assert_true(finish(vnet, len));
	vnet.csum_start = 61, vnet.csum_offset = 0;
	assert_false(finish(vnet, len));
	vnet.csum_start = 65535, vnet.csum_offset = 65535;
	assert_false(finish(vnet, len));
}

static void test_segment_that_does_not_agree(void **state)
{
	const size_t len = datagram(false, TCP, 0, 3000);
	const struct virtio_net_hdr good = segment(false, TCP, 1000);
	struct virtio_net_hdr bad;

	assert_true(finish(good, len));
	bad = good, bad.gso_size = 0;
	assert_false(finish(bad, len));
	bad = good, bad.gso_size = PVBOOT_FRAME_MAX - 54 + 1; /* a jumbo frame */
	assert_false(finish(bad, len));
	bad = good, bad.gso_size--, bad.gso_size = PVBOOT_FRAME_MAX - 54;
	assert_true(finish(bad, len));
	bad = good, bad.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	assert_false(finish(bad, len));
	bad = good, bad.gso_type = VIRTIO_NET_HDR_GSO_UDP; /* fragments: nobody makes them any more */
	assert_false(finish(bad, len));
	bad = good, bad.gso_type = 5; /* UDP, and it is TCP */
	assert_false(finish(bad, len));
	bad = good, bad.flags = 0;
	assert_false(finish(bad, len));
	bad = good, bad.csum_start = 38;
	assert_false(finish(bad, len));
	bad = good, bad.csum_start = 20;
	assert_false(finish(bad, len));
	assert_false(finish(good, 34 + 19)); /* cut in the TCP header */
	assert_false(finish(good, 13));
	frame[46] = 0x40; /* a data offset of 16 bytes */
	assert_false(finish(good, len));
	frame[46] = 0xf0; /* of 60, where there are 56 */
	assert_false(finish(good, 34 + 56));
	frame[46] = 0x50, frame[14] = 0x44;
	assert_false(finish(good, len));
}

static void test_segment_too_long(void **state)
{
	assert_false(finish(segment(false, TCP, 1400), ETHER_SEGMENT_MAX + 1));
}

/* [DEV-43] */
static void test_checksum_is_completed(void **state)
{
	struct virtio_net_hdr vnet = segment(false, UDP, 0);

	vnet.gso_type = 0;
	assert_true(finish(vnet, datagram(false, UDP, 0, 101)));
	check_frames(false, UDP, 0, 101, 1472);
	vnet = segment(true, TCP, 0), vnet.gso_type = 0;
	assert_true(finish(vnet, datagram(true, TCP, 12, 7)));
	assert_int_equal(n_out, 1);
}

/* RFC 768: a sum of 0 is sent as ffffh. */
static void test_checksum_is_never_none(void **state)
{
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6};

	ethernet(mac, peer, 0x800, 60);
	frame[50] = frame[51] = 0xff; /* the sum over 34..59 is ffffh */
	assert_true(finish(vnet, 60));
	assert_int_equal(out[0][40] << 8 | out[0][41], 0xffff);
}

/* [DEV-43] */
static void test_segments_are_cut(void **state)
{
	static const struct {
		bool v6;
		uint8_t proto;
		size_t options, payload;
		uint16_t mss;
	} cases[] = {
		{false, TCP, 0, 3000, 1000},  {false, TCP, 12, 63 * 1448, 1448}, {false, TCP, 12, 65000, 1448},
		{true, TCP, 12, 10001, 1428}, {false, TCP, 40, 100, 1},		 {false, UDP, 0, 5001, 1400},
		{true, UDP, 0, 1000, 100},    {false, TCP, 0, 1001, 1000},	 {false, TCP, 0, 5, 1460},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t payload = cases[i].payload > 65000 ? 65000 : cases[i].payload, len;

		if (payload / cases[i].mss >= 64)
			payload = (size_t)63 * cases[i].mss;
		len = datagram(cases[i].v6, cases[i].proto, cases[i].options, payload);
		assert_true(finish(segment(cases[i].v6, cases[i].proto, cases[i].mss), len));
		check_frames(cases[i].v6, cases[i].proto, cases[i].options, payload, cases[i].mss);
	}
}

static void test_segment_with_congestion_bit(void **state)
{
	struct virtio_net_hdr vnet = segment(false, TCP, 100);

	vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	assert_true(finish(vnet, datagram(false, TCP, 0, 250)));
	check_frames(false, TCP, 0, 250, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_malformed),
		cmocka_unit_test(test_send_from_another_address),
		cmocka_unit_test(test_send_of_a_wrong_length_or_tagged),
		cmocka_unit_test(test_hears_only_its_own),
		cmocka_unit_test(test_frame_too_long_for_a_guest),
		cmocka_unit_test(test_checksum_outside_the_frame),
		cmocka_unit_test(test_segment_that_does_not_agree),
		cmocka_unit_test(test_segment_too_long),
		cmocka_unit_test(test_checksum_is_completed),
		cmocka_unit_test(test_checksum_is_never_none),
		cmocka_unit_test(test_segments_are_cut),
		cmocka_unit_test(test_segment_with_congestion_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
