/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets to the guest on queue 0: vmm/pvboot_pkt.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_guest.h"

static int setup(void **state)
{
	*state = guest_new(NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	guest_free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define BUFFER (sizeof(struct pvboot_pkt) + PVBOOT_DGRAM_MAX)

static bool deliver(struct guest *g, uint8_t fill, uint32_t len)
{
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = len, .src = {10, 0, 0, 1}, .src_port_be = 0x4500};
	uint8_t payload[PVBOOT_DGRAM_MAX];

	memset(payload, fill, sizeof(payload));
	return pvboot_dev_deliver(g->dev, &pkt, payload);
}

static void post(struct guest *g, uint16_t i, uint32_t len)
{
	guest_desc(g, 0, i, GUEST_IN(i), len, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 0, i);
}

static struct guest *open_dgrams(void **state)
{
	struct pvboot_dgram_open_args args = {0};
	struct guest *g = *state;

	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_OPEN, &args, sizeof(args), 0).status, PVBOOT_S_OK);
	guest_in(g, PVBOOT_REG_ISR, 1);
	return g;
}

static bool wants_notifications(struct guest *g)
{
	return !(guest_get16(g, GUEST_USED(0)) & VRING_USED_F_NO_NOTIFY);
}

/* The next used buffer holds a packet of len bytes of fill. */
static void assert_received(struct guest *g, uint8_t fill, uint32_t len)
{
	uint8_t got[BUFFER];
	struct pvboot_pkt pkt;
	uint32_t id, used, i;

	assert_true(guest_used(g, 0, &id, &used));
	assert_int_equal(used, sizeof(pkt) + len);
	guest_get(g, GUEST_IN(id), got, used);
	memcpy(&pkt, got, sizeof(pkt));
	assert_int_equal(pkt.type, PVBOOT_PKT_DGRAM);
	assert_int_equal(pkt.length, len);
	assert_int_equal(pkt.src[0], 10);
	for (i = 0; i < len; i++)
		assert_int_equal(got[sizeof(pkt) + i], fill);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

/* [DEV-30] */
static void test_packet_dropped_while_datagrams_are_closed(void **state)
{
	struct guest *g = *state;

	assert_false(deliver(g, 1, 10));
	guest_start(g);
	post(g, 0, BUFFER);
	assert_false(deliver(g, 1, 10));
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
}

static void test_packet_malformed_is_dropped(void **state)
{
	struct guest *g = open_dgrams(state);
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = PVBOOT_DGRAM_MAX + 1};

	post(g, 0, BUFFER);
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "x"));
	pkt.length = 0xffffffff;
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "x"));
	pkt.length = 1, pkt.type = 2;
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "x"));
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
	pkt.type = PVBOOT_PKT_DGRAM, pkt.flags = 1, pkt.reserved = 1; /* cleared: reserved to the device */
	assert_true(pvboot_dev_deliver(g->dev, &pkt, "x"));
	guest_get(g, GUEST_IN(0), &pkt, sizeof(pkt));
	assert_int_equal(pkt.flags, 0);
	assert_int_equal(pkt.reserved, 0);
}

/* [DEV-30] */
static void test_packets_beyond_the_bound_are_dropped(void **state)
{
	struct guest *g = open_dgrams(state);
	unsigned int kept = 0;
	uint8_t i;

	while (deliver(g, (uint8_t)(kept + 1), 3) && kept < 10000)
		kept++;
	assert_int_equal(kept, 64);
	for (i = 0; i < 64; i++)
		post(g, i, BUFFER);
	guest_kick(g, 0);
	for (i = 0; i < 64; i++)
		assert_received(g, (uint8_t)(i + 1), 3);
	assert_true(guest_get16(g, GUEST_USED(0) + 2) == 64);
}

/* [DEV-31] */
static void test_buffer_too_small_is_kept_and_the_packet_dropped(void **state)
{
	struct guest *g = open_dgrams(state);

	guest_desc(g, 0, 0, GUEST_IN(0), 0, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	guest_desc(g, 0, 1, GUEST_IN(0), sizeof(struct pvboot_pkt) + 9, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 0, 0);
	deliver(g, 1, 10);
	deliver(g, 2, 10);
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
	deliver(g, 3, 9);
	assert_received(g, 3, 9);
}

static void test_buffer_not_in_memory_comes_back_empty(void **state)
{
	struct guest *g = open_dgrams(state);
	uint32_t id, len;

	guest_desc(g, 0, 0, GUEST_HOLE - 30, BUFFER, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 0, 0);
	deliver(g, 1, 10);
	assert_true(guest_used(g, 0, &id, &len));
	assert_int_equal(len, 0);
	assert_int_equal(guest_status(g), 0x0f);
}

static void test_readable_buffer_breaks_device(void **state)
{
	struct guest *g = open_dgrams(state);
	unsigned int maps;

	guest_desc(g, 0, 0, GUEST_IN(0), BUFFER, 0, 0);
	guest_avail(g, 0, 0);
	deliver(g, 1, 10);
	assert_int_equal(guest_status(g), 0x4f);
	maps = g->maps;
	assert_false(deliver(g, 1, 10));
	assert_int_equal(g->maps, maps);
}

/* [DEV-30] */
static void test_close_drops_what_waits(void **state)
{
	struct pvboot_dgram_open_args args = {0};
	struct guest *g = open_dgrams(state);

	assert_true(deliver(g, 1, 10));
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_CLOSE, NULL, 0, 0).status, PVBOOT_S_OK);
	post(g, 0, BUFFER);
	guest_kick(g, 0);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_OPEN, &args, 8, 0).status, PVBOOT_S_OK);
	guest_kick(g, 0);
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
	assert_true(deliver(g, 2, 4));
	assert_received(g, 2, 4);
}

/* [DEV-30] */
static void test_reset_drops_what_waits(void **state)
{
	struct guest *g = open_dgrams(state);

	assert_true(deliver(g, 1, 10));
	guest_start(g);
	assert_false(deliver(g, 2, 10)); /* closed, too */
	post(g, 0, BUFFER);
	guest_kick(g, 0);
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

static void test_packet_lands_in_a_posted_buffer_at_once(void **state)
{
	struct guest *g = open_dgrams(state);

	post(g, 5, BUFFER);
	assert_true(deliver(g, 0xab, PVBOOT_DGRAM_MAX));
	assert_int_equal(g->irq, 1);
	assert_received(g, 0xab, PVBOOT_DGRAM_MAX);
}

static void test_empty_datagram_is_delivered(void **state)
{
	struct guest *g = open_dgrams(state);

	post(g, 0, sizeof(struct pvboot_pkt));
	assert_true(deliver(g, 0, 0));
	assert_received(g, 0, 0);
}

static void test_packet_scattered_over_descriptors(void **state)
{
	struct guest *g = open_dgrams(state);

	guest_desc(g, 0, 0, GUEST_IN(0), 10, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	guest_desc(g, 0, 1, GUEST_IN(0) + 10, 0, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2);
	guest_desc(g, 0, 2, GUEST_IN(0) + 10, 2000, VRING_DESC_F_WRITE, 2);
	guest_avail(g, 0, 0);
	assert_true(deliver(g, 9, 1000));
	assert_received(g, 9, 1000);
}

/* [DEV-15] */
static void test_notifications_wanted_only_when_dry(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	assert_false(wants_notifications(g));
	g = open_dgrams(state);
	assert_false(wants_notifications(g));
	post(g, 0, BUFFER);
	assert_true(deliver(g, 1, 10));
	assert_false(wants_notifications(g));
	assert_true(deliver(g, 2, 10));
	assert_true(wants_notifications(g));
	post(g, 1, BUFFER);
	guest_kick(g, 0);
	assert_false(wants_notifications(g));
	assert_received(g, 1, 10);
	assert_received(g, 2, 10);
}

/* [DEV-15] */
static void test_packet_queue_looked_at_when_requests_are_kicked(void **state)
{
	struct guest *g = open_dgrams(state);

	assert_true(deliver(g, 1, 10));
	post(g, 0, BUFFER);
	guest_kick(g, 2); /* there is none */
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
	guest_kick(g, 1);
	assert_received(g, 1, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packet_dropped_while_datagrams_are_closed),
		TEST(test_packet_malformed_is_dropped),
		TEST(test_packets_beyond_the_bound_are_dropped),
		TEST(test_buffer_too_small_is_kept_and_the_packet_dropped),
		TEST(test_buffer_not_in_memory_comes_back_empty),
		TEST(test_readable_buffer_breaks_device),
		TEST(test_close_drops_what_waits),
		TEST(test_reset_drops_what_waits),
		TEST(test_packet_lands_in_a_posted_buffer_at_once),
		TEST(test_empty_datagram_is_delivered),
		TEST(test_packet_scattered_over_descriptors),
		TEST(test_notifications_wanted_only_when_dry),
		TEST(test_packet_queue_looked_at_when_requests_are_kicked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
