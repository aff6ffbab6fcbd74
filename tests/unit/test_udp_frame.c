/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/net/udp_frame.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/udp_frame.h"

static const struct udp_frame good = {
	.src_mac = {2, 0, 0, 0, 0, 1},
	.dst_mac = {2, 0, 0, 0, 0, 2},
	.src_ip = {172, 21, 0, 2},
	.dst_ip = {172, 21, 0, 50},
	.src_port = 67,
	.dst_port = 68,
};

static uint8_t frame[UDP_FRAME_MAX];
static size_t frame_len;
static struct udp_frame udp;
static const uint8_t *payload;
static size_t payload_len;

static int build(void **state)
{
	frame_len = udp_frame_build(frame, sizeof(frame), &good, "hello", 5);
	return frame_len == UDP_FRAME_HEADERS + 5 ? 0 : -1;
}

/* Parse from a heap block of exactly that length. */
static bool parse(size_t len, bool csum_unfinished)
{
	uint8_t *exact = malloc(len ? len : 1);
	bool ok;

	assert_non_null(exact);
	memcpy(exact, frame, len);
	ok = udp_frame_parse(exact, len, csum_unfinished, &udp, &payload, &payload_len);
	if (ok) {
		assert_true(payload >= exact);
		assert_in_range(payload_len, 0, len - (size_t)(payload - exact));
	}
	free(exact);
	return ok;
}

/* Make the IPv4 header's checksum right again after a change to it. */
static void fix_ip(void)
{
	uint32_t sum = 0;
	uint8_t *ip = frame + UDP_FRAME_ETHER;

	ip[10] = ip[11] = 0;
	for (int i = 0; i < (ip[0] & 15) * 4; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum;
	ip[10] = (sum >> 8) & 0xff;
	ip[11] = sum & 0xff;
}

static void test_udp_cut_short(void **state)
{
	for (size_t len = 0; len < frame_len; len++)
		assert_false(parse(len, false));
	assert_true(parse(frame_len, false));
}

static void test_udp_wrong_ip_checksum(void **state)
{
	frame[UDP_FRAME_ETHER + 8]++;
	assert_false(parse(frame_len, false));
	fix_ip();
	assert_true(parse(frame_len, false));
}

static void test_udp_wrong_checksum(void **state)
{
	frame[frame_len - 1] ^= 1;
	assert_false(parse(frame_len, false));
	assert_true(parse(frame_len, true)); /* a sender on this machine has not finished it */
	frame[UDP_FRAME_ETHER + 26] = frame[UDP_FRAME_ETHER + 27] = 0;
	assert_true(parse(frame_len, false)); /* none was sent (RFC 768) */
}

static void test_udp_fragment(void **state)
{
	frame[UDP_FRAME_ETHER + 6] = 0x20; /* more fragments */
	fix_ip();
	assert_false(parse(frame_len, false));
	frame[UDP_FRAME_ETHER + 6] = 0x00;
	frame[UDP_FRAME_ETHER + 7] = 0x01; /* an offset */
	fix_ip();
	assert_false(parse(frame_len, false));
	frame[UDP_FRAME_ETHER + 6] = 0x40; /* don't fragment */
	frame[UDP_FRAME_ETHER + 7] = 0x00;
	fix_ip();
	assert_true(parse(frame_len, false));
}

static void test_udp_lengths_that_disagree(void **state)
{
	uint8_t *ip = frame + UDP_FRAME_ETHER;

	ip[3]++; /* more than there is */
	fix_ip();
	assert_false(parse(frame_len, false));
	ip[3] -= 2; /* less than UDP says */
	fix_ip();
	assert_false(parse(frame_len, true));
	ip[3] = 19; /* less than its own header */
	fix_ip();
	assert_false(parse(frame_len, true));
	build(NULL);
	ip[25] = 7; /* UDP's less than its header */
	assert_false(parse(frame_len, true));
	build(NULL);
	ip[0] = 0x44; /* a header below 20 bytes, behind which a good UDP header would lie */
	ip[20] = 0;
	ip[21] = 8;
	fix_ip();
	assert_false(parse(frame_len, true));
	ip[0] = 0x4f; /* options beyond the packet */
	assert_false(parse(frame_len, true));
}

static void test_udp_other_protocols(void **state)
{
	frame[12] = 0x86;
	assert_false(parse(frame_len, false));
	build(NULL);
	frame[UDP_FRAME_ETHER + 9] = 6;
	fix_ip();
	assert_false(parse(frame_len, true));
	build(NULL);
	frame[UDP_FRAME_ETHER] = 0x65;
	assert_false(parse(frame_len, true));
}

static void test_udp_too_large(void **state)
{
	uint8_t big[UDP_FRAME_MAX + 1] = {0};
	uint8_t buf[UDP_FRAME_MAX + 64];

	assert_int_equal(udp_frame_build(buf, sizeof(buf), &good, big, UDP_FRAME_MAX - UDP_FRAME_HEADERS),
			 UDP_FRAME_MAX);
	assert_int_equal(udp_frame_build(buf, sizeof(buf), &good, big, UDP_FRAME_MAX - UDP_FRAME_HEADERS + 1), 0);
	assert_int_equal(udp_frame_build(buf, UDP_FRAME_HEADERS + 4, &good, big, 5), 0);
}

static void test_udp_round_trip(void **state)
{
	frame_len += 13; /* Ethernet's padding is no part of it */
	assert_true(udp_frame_parse(frame, frame_len, false, &udp, &payload, &payload_len));
	assert_memory_equal(&udp, &good, sizeof(udp));
	assert_int_equal(payload_len, 5);
	assert_memory_equal(payload, "hello", 5);
}

static void test_udp_checksum_of_zero(void **state)
{
	/* Search a payload whose checksum would be 0: it must be sent as FFFFh. */
	for (unsigned int i = 0; i <= 0xffff; i++) {
		uint8_t word[2] = {(uint8_t)(i >> 8), i & 0xff};

		frame_len = udp_frame_build(frame, sizeof(frame), &good, word, 2);
		assert_true(frame[40] | frame[41]);
		if (frame[40] == 0xff && frame[41] == 0xff) {
			assert_true(parse(frame_len, false));
			return;
		}
	}
	fail();
}

/* ---- ARP ------------------------------------------------------------------------------------------------------- */

static const uint8_t guest_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
static const uint8_t guest_ip[4] = {172, 21, 0, 50};
static const uint8_t arp_request[UDP_FRAME_ARP] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,	1,  8, 6,
						   0,	 1,    8,    0,	   6,	 4,    0, 1, 2, 0, 0,	0,  0, 1,
						   172,	 21,   0,    2,	   0,	 0,    0, 0, 0, 0, 172, 21, 0, 50};

static void test_arp_not_for_us(void **state)
{
	static const uint8_t none[4], other[4] = {172, 21, 0, 51};
	uint8_t reply[UDP_FRAME_ARP], changed[UDP_FRAME_ARP];

	assert_false(udp_frame_arp_answer(arp_request, UDP_FRAME_ARP - 1, guest_mac, guest_ip, reply));
	assert_false(udp_frame_arp_answer(arp_request, UDP_FRAME_ARP, guest_mac, other, reply));
	memcpy(changed, arp_request, UDP_FRAME_ARP);
	memset(changed + 38, 0, 4);
	assert_false(udp_frame_arp_answer(changed, UDP_FRAME_ARP, guest_mac, none, reply));
	for (int i = 12; i < 22; i++) {
		memcpy(changed, arp_request, UDP_FRAME_ARP);
		changed[i] ^= 0x10;
		assert_false(udp_frame_arp_answer(changed, UDP_FRAME_ARP, guest_mac, guest_ip, reply));
	}
}

static void test_arp_answer(void **state)
{
	static const uint8_t wanted[UDP_FRAME_ARP] = {2, 0, 0, 0, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x57, 8,   6,  0, 1,
						      8, 0, 6, 4, 0, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x57, 172, 21, 0, 50,
						      2, 0, 0, 0, 0, 1, 172,  21,   0, 2};
	uint8_t reply[UDP_FRAME_ARP];

	assert_true(udp_frame_arp_answer(arp_request, UDP_FRAME_ARP, guest_mac, guest_ip, reply));
	assert_memory_equal(reply, wanted, UDP_FRAME_ARP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_udp_cut_short, build),
		cmocka_unit_test_setup(test_udp_wrong_ip_checksum, build),
		cmocka_unit_test_setup(test_udp_wrong_checksum, build),
		cmocka_unit_test_setup(test_udp_fragment, build),
		cmocka_unit_test_setup(test_udp_lengths_that_disagree, build),
		cmocka_unit_test_setup(test_udp_other_protocols, build),
		cmocka_unit_test_setup(test_udp_too_large, build),
		cmocka_unit_test_setup(test_udp_round_trip, build),
		cmocka_unit_test_setup(test_udp_checksum_of_zero, build),
		cmocka_unit_test(test_arp_not_for_us),
		cmocka_unit_test(test_arp_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
