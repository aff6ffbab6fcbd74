/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames: FRAME_OPEN, FRAME_CLOSE and FRAME_SEND, and frames to the guest on queue 0 (docs/spec.md 4.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_guest.h"

#define BUFFER (sizeof(struct pvboot_pkt) + PVBOOT_FRAME_MAX)
#define OPEN_LEN sizeof(struct pvboot_frame_open_args)
#define SEND_LEN sizeof(struct pvboot_frame_args)

static uint8_t state_bytes[1 << 20];

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

static const struct pvboot_frame_open_args to_all = {.flags = PVBOOT_FRAME_F_BROADCAST};

/* A FRAME_OPEN as head 8 that the backend holds. */
static void submit_open(struct guest *g)
{
	unsigned int before = g->nheld;

	guest_submit(g, 8, PVBOOT_OP_FRAME_OPEN, &to_all, OPEN_LEN, 0);
	assert_int_equal(g->nheld, before + 1);
	assert_int_equal(g->held[before]->op, PVBOOT_OP_FRAME_OPEN);
}

static void answer_open(struct guest *g, uint32_t status)
{
	uint32_t id, len;

	pvboot_io_complete(g->held[--g->nheld], status, 0, 0);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 8);
	assert_int_equal(guest_rsp(g, 8).status, status);
}

static struct guest *open_frames(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	submit_open(g);
	answer_open(g, PVBOOT_S_OK);
	return g;
}

static bool deliver(struct guest *g, uint16_t type, uint8_t fill, uint32_t len)
{
	struct pvboot_pkt pkt = {.type = type, .length = len};
	uint8_t payload[PVBOOT_FRAME_MAX];

	memset(payload, fill, sizeof(payload));
	return pvboot_dev_deliver(g->dev, &pkt, payload);
}

static void post(struct guest *g, uint16_t i)
{
	guest_desc(g, 0, i, GUEST_IN(i), BUFFER, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 0, i);
}

static void assert_received(struct guest *g, uint16_t type, uint8_t fill, uint32_t len)
{
	uint8_t got[BUFFER];
	struct pvboot_pkt pkt;
	uint32_t id, used;

	assert_true(guest_used(g, 0, &id, &used));
	assert_int_equal(used, sizeof(pkt) + len);
	guest_get(g, GUEST_IN(id), got, used);
	memcpy(&pkt, got, sizeof(pkt));
	assert_int_equal(pkt.type, type);
	assert_int_equal(pkt.length, len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(got[sizeof(pkt) + i], fill);
}

static uint32_t ask(struct guest *g, uint16_t op, const void *args, uint32_t len)
{
	unsigned int before = g->submits + g->frames;
	uint32_t status = guest_ask(g, op, args, len, 0).status;

	if (status != PVBOOT_S_OK)
		assert_int_equal(g->submits + g->frames, before); /* the backend has not seen it */
	return status;
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

/* [DEV-21] [DEV-40] */
static void test_open_malformed_is_refused(void **state)
{
	struct pvboot_frame_open_args a = to_all;
	struct guest *g = *state;
	uint8_t longer[OPEN_LEN + 1] = {0};

	guest_start(g);
	memcpy(longer, &a, OPEN_LEN);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN - 1), PVBOOT_S_BAD_REQUEST);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, longer, OPEN_LEN + 1), PVBOOT_S_BAD_REQUEST);
	a.flags = 4;
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN), PVBOOT_S_UNSUPPORTED);
	a = to_all, a.reserved = 1;
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN), PVBOOT_S_BAD_REQUEST);
	a = to_all, a.n_mcasts = PVBOOT_FRAME_MCASTS + 1;
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN), PVBOOT_S_BAD_REQUEST);
	a = to_all, a.n_mcasts = 1; /* 00:... is no multicast */
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN), PVBOOT_S_BAD_REQUEST);
	a = to_all, a.n_mcasts = 1, a.mcast[0][0] = a.mcast[1][0] = 1; /* one that does not count */
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN), PVBOOT_S_BAD_REQUEST);
	a = to_all, a.n_mcasts = PVBOOT_FRAME_MCASTS;
	for (int i = 0; i < PVBOOT_FRAME_MCASTS; i++)
		a.mcast[i][0] = 1;
	guest_submit(g, 8, PVBOOT_OP_FRAME_OPEN, &a, OPEN_LEN, 0);
	assert_int_equal(g->submits, 1);
}

/* [DEV-21] [DEV-41] */
static void test_send_malformed_is_refused(void **state)
{
	struct {
		struct pvboot_frame_args args;
		uint8_t frame[PVBOOT_FRAME_MAX + 1];
	} send = {0};
	struct guest *g = open_frames(state);

	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, &send, SEND_LEN + PVBOOT_FRAME_MIN - 1), PVBOOT_S_BAD_REQUEST);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, &send, SEND_LEN + PVBOOT_FRAME_MAX + 1), PVBOOT_S_BAD_REQUEST);
	send.args.reserved = 1;
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, &send, SEND_LEN + 60), PVBOOT_S_BAD_REQUEST);
	send.args = (struct pvboot_frame_args){.flags = 1};
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, &send, SEND_LEN + 60), PVBOOT_S_UNSUPPORTED);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, &send, 8), PVBOOT_S_BAD_REQUEST);
	assert_int_equal(g->frames, 0);
}

/* [DEV-10] */
static void test_frame_operations_refused_without_the_feature(void **state)
{
	uint8_t zeros[OPEN_LEN] = {0};
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, UINT64_C(1) << VIRTIO_F_VERSION_1);
	guest_queue(g, 0);
	guest_queue(g, 1);
	guest_driver_ok(g);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_OPEN, zeros, OPEN_LEN), PVBOOT_S_UNSUPPORTED);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, zeros, 0), PVBOOT_S_UNSUPPORTED);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, zeros, SEND_LEN + 14), PVBOOT_S_UNSUPPORTED);
}

/* [DEV-40] [DEV-41] */
static void test_nothing_passes_before_open_succeeded(void **state)
{
	uint8_t send[SEND_LEN + 60] = {0};
	struct guest *g = *state;

	guest_start(g);
	post(g, 0);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, send, sizeof(send)), PVBOOT_S_FAILED);
	submit_open(g);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	answer_open(g, PVBOOT_S_DENIED);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, send, sizeof(send)), PVBOOT_S_FAILED);
	assert_int_equal(g->frames, 0);
}

/* [DEV-42] */
static void test_frames_and_datagrams_are_opened_apart(void **state)
{
	struct pvboot_dgram_open_args open = {{10, 0, 0, 1}, 0};
	struct guest *g = open_frames(state);

	assert_false(deliver(g, PVBOOT_PKT_DGRAM, 1, 60));
	assert_true(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	assert_int_equal(ask(g, PVBOOT_OP_DGRAM_OPEN, &open, sizeof(open)), PVBOOT_S_OK); /* drops no frame */
	assert_true(deliver(g, PVBOOT_PKT_DGRAM, 2, 5));
	assert_true(deliver(g, PVBOOT_PKT_FRAME, 3, 61));
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, NULL, 0), PVBOOT_S_OK);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	assert_true(deliver(g, PVBOOT_PKT_DGRAM, 4, 6));
	post(g, 0);
	post(g, 1);
	guest_kick(g, 0);
	assert_received(g, PVBOOT_PKT_DGRAM, 2, 5);
	assert_received(g, PVBOOT_PKT_DGRAM, 4, 6);
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 2);
}

static void test_frame_of_a_length_that_cannot_be_is_dropped(void **state)
{
	struct guest *g = open_frames(state);
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_FRAME, .length = PVBOOT_FRAME_MAX + 1};

	post(g, 0);
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "x"));
	pkt.length = PVBOOT_FRAME_MIN - 1;
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "0123456789abc"));
	pkt.type = 3, pkt.length = 60;
	assert_false(pvboot_dev_deliver(g->dev, &pkt, "x"));
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
}

/* [DEV-42] */
static void test_frames_beyond_the_bound_are_dropped_and_counted(void **state)
{
	struct guest *g = open_frames(state);

	for (unsigned int i = 0; i < 64; i++)
		assert_true(deliver(g, PVBOOT_PKT_FRAME, (uint8_t)i, 60));
	for (unsigned int i = 0; i < 105; i++)
		assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	g->log[0] = '\0';
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, NULL, 0), PVBOOT_S_OK);
	assert_string_equal(g->log, "105 packets were dropped: the guest did not take them");
	g->log[0] = '\0';
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, NULL, 0), PVBOOT_S_OK);
	assert_string_equal(g->log, ""); /* each is told of once */
}

/* [DEV-31] [DEV-42] */
static void test_frame_too_long_for_its_buffer_is_dropped_and_counted(void **state)
{
	struct guest *g = open_frames(state);

	guest_desc(g, 0, 0, GUEST_IN(0), sizeof(struct pvboot_pkt) + 60, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 0, 0);
	deliver(g, PVBOOT_PKT_FRAME, 1, 61);
	deliver(g, PVBOOT_PKT_FRAME, 2, 60);
	assert_received(g, PVBOOT_PKT_FRAME, 2, 60);
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_CLOSE, NULL, 0), PVBOOT_S_OK);
	assert_string_equal(g->log, "1 packets were dropped: the guest did not take them");
}

/* [DEV-42] */
static void test_reset_closes_frames(void **state)
{
	struct guest *g = open_frames(state);

	assert_true(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	guest_start(g);
	post(g, 0);
	guest_kick(g, 0);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	assert_int_equal(guest_get16(g, GUEST_USED(0) + 2), 0);
}

/* [DEV-42] The answer of a host that was asked before, and told to close since, must not open anything. */
static void test_close_ends_an_open_in_flight(void **state)
{
	struct guest *g = *state;
	uint32_t id, len;

	guest_start(g);
	submit_open(g);
	guest_submit(g, 0, PVBOOT_OP_FRAME_CLOSE, NULL, 0, 0);
	assert_int_equal(g->cancels, 1);
	assert_int_equal(g->note_op, PVBOOT_OP_FRAME_CLOSE);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 8);
	assert_int_equal(guest_rsp(g, 8).status, PVBOOT_S_CANCELLED);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_OK);
	assert_false(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
}

/* The host may have opened already. */
static void test_cancel_of_an_open_tells_the_host_to_close(void **state)
{
	struct pvboot_cancel_args cancel = {.head = 8};
	struct guest *g = *state;

	guest_start(g);
	submit_open(g);
	guest_submit(g, 0, PVBOOT_OP_CANCEL, &cancel, sizeof(cancel), 0);
	assert_int_equal(guest_rsp(g, 8).status, PVBOOT_S_CANCELLED);
	assert_int_equal(g->notes, 1);
	assert_int_equal(g->note_op, PVBOOT_OP_FRAME_CLOSE);
}

/* [DEV-40] */
static void test_open_that_fails_changes_nothing(void **state)
{
	struct pvboot_cancel_args cancel = {.head = 8};
	struct guest *g = open_frames(state);

	post(g, 0);
	submit_open(g);
	answer_open(g, PVBOOT_S_FAILED);
	submit_open(g);
	guest_submit(g, 0, PVBOOT_OP_CANCEL, &cancel, sizeof(cancel), 0);
	assert_int_equal(g->notes, 0);
	assert_true(deliver(g, PVBOOT_PKT_FRAME, 7, PVBOOT_FRAME_MAX));
	assert_received(g, PVBOOT_PKT_FRAME, 7, PVBOOT_FRAME_MAX);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

/* [DEV-41] The readable part may be scattered as it likes: the ROM names its caller's fragments. */
static void test_send_hands_the_frame_over(void **state)
{
	struct {
		struct pvboot_req req;
		struct pvboot_frame_args args;
		uint8_t frame[61];
	} send = {.req = {.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_FRAME_SEND, .arg_len = SEND_LEN + 61}};
	struct guest *g = open_frames(state);

	for (uint8_t i = 0; i < 61; i++)
		send.frame[i] = i;
	guest_put(g, GUEST_OUT(0), &send, sizeof(send));
	guest_desc(g, 1, 0, GUEST_OUT(0), 24, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_OUT(0) + 24, 14, VRING_DESC_F_NEXT, 2);
	guest_desc(g, 1, 2, GUEST_OUT(0) + 38, 1, VRING_DESC_F_NEXT, 3);
	guest_desc(g, 1, 3, GUEST_OUT(0) + 39, 46, VRING_DESC_F_NEXT, 4);
	guest_desc(g, 1, 4, GUEST_IN(0), sizeof(struct pvboot_rsp), VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, 0);
	guest_kick(g, 1);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->frames, 1);
	assert_int_equal(g->frame_len, 61);
	assert_memory_equal(g->frame, send.frame, 61);
}

/* A second FRAME_OPEN changes what is heard, and loses nothing. [DEV-40] */
static void test_second_open_keeps_what_waits(void **state)
{
	struct guest *g = open_frames(state);

	assert_true(deliver(g, PVBOOT_PKT_FRAME, 1, 60));
	submit_open(g);
	answer_open(g, PVBOOT_S_OK);
	post(g, 0);
	guest_kick(g, 0);
	assert_received(g, PVBOOT_PKT_FRAME, 1, 60);
}

/* [DEV-36] */
static void test_checkpoint_keeps_frames(void **state)
{
	uint8_t send[SEND_LEN + 60] = {0};
	struct guest *g = open_frames(state);
	size_t len;

	assert_true(deliver(g, PVBOOT_PKT_FRAME, 5, PVBOOT_FRAME_MAX));
	len = pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes));
	assert_true(len > 0);
	pvboot_dev_reset(g->dev);
	assert_true(pvboot_dev_load(g->dev, state_bytes, len));
	assert_int_equal(ask(g, PVBOOT_OP_FRAME_SEND, send, sizeof(send)), PVBOOT_S_OK);
	post(g, 0);
	guest_kick(g, 0);
	assert_received(g, PVBOOT_PKT_FRAME, 5, PVBOOT_FRAME_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_malformed_is_refused),
		TEST(test_send_malformed_is_refused),
		TEST(test_frame_operations_refused_without_the_feature),
		TEST(test_nothing_passes_before_open_succeeded),
		TEST(test_frames_and_datagrams_are_opened_apart),
		TEST(test_frame_of_a_length_that_cannot_be_is_dropped),
		TEST(test_frames_beyond_the_bound_are_dropped_and_counted),
		TEST(test_frame_too_long_for_its_buffer_is_dropped_and_counted),
		TEST(test_reset_closes_frames),
		TEST(test_close_ends_an_open_in_flight),
		TEST(test_cancel_of_an_open_tells_the_host_to_close),
		TEST(test_open_that_fails_changes_nothing),
		TEST(test_send_hands_the_frame_over),
		TEST(test_second_open_keeps_what_waits),
		TEST(test_checkpoint_keeps_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
