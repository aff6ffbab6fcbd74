/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames over the link to hostd: vmm/pvboot_backend/link.c, link_conn.c (docs/spec.md 4.9, LNK-20). */
#include <stdlib.h>

#include "fake_host.h"

static const struct pvboot_frame_open_args open_args = {.flags = PVBOOT_FRAME_F_BROADCAST};
static const uint8_t bytes[PVBOOT_FRAME_MAX + 1] = {1, 2, 3};

static struct fake_io *open_frames(struct fake_host *h)
{
	struct fake_io *io = host_io(h, fake_io_new(&h->dev, PVBOOT_OP_FRAME_OPEN, &open_args, sizeof(open_args), 0));

	link_backend.submit(&h->link, &io->io);
	return io;
}

static void expect_close(struct fake_host *h)
{
	struct pvboot_link_request q;

	host_expect(h, PVBOOT_LINK_NOTE, &q, sizeof(q));
	assert_int_equal(q.op, PVBOOT_OP_FRAME_CLOSE);
	assert_int_equal(q.arg_len, 0);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

/* [LNK-1] [LNK-20] */
static void test_frame_of_a_length_that_cannot_be(void **state)
{
	static const size_t lengths[] = {0, PVBOOT_FRAME_MIN - 1, PVBOOT_FRAME_MAX + 1};

	for (size_t i = 0; i < 3; i++) {
		struct fake_host *h = host_new(false);

		host_connect(h, 0);
		host_send(h, PVBOOT_LINK_FRAME, 0, bytes, lengths[i], NULL, 0);
		assert_int_equal(h->dev.delivered, 0);
		host_expect_given_up(h, NULL);
		host_free(h);
	}
}

static void test_frame_before_welcome(void **state)
{
	struct fake_host *h = host_new(false);

	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_send(h, PVBOOT_LINK_FRAME, 0, bytes, 60, NULL, 0);
	host_expect_given_up(h, NULL);
	host_free(h);
}

/* [LNK-9] FRAME_OPEN has no result. */
static void test_open_answered_with_a_result(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;

	host_connect(h, 0);
	io = open_frames(h);
	host_reply(h, host_expect_request(h, PVBOOT_OP_FRAME_OPEN), PVBOOT_S_OK, "x", 1);
	assert_int_equal(io->answers, 0);
	assert_int_equal(h->link.state, LINK_DOWN);
	host_free(h);
}

/* [DEV-41] As on an unplugged cable. */
static void test_frames_without_host_are_lost(void **state)
{
	struct fake_host *h = host_new(false);

	link_backend.frame(&h->link, bytes, 60);
	host_connect(h, 0);
	assert_int_equal(h->out_len, 0);
	host_free(h);
}

/* [LNK-2] */
static void test_frames_beyond_the_queue_are_lost_whole(void **state)
{
	struct fake_host *h = host_new(false);
	unsigned int sent = 0;

	host_connect(h, 0);
	h->out_limit = 100;
	for (int i = 0; i < 100; i++)
		link_backend.frame(&h->link, bytes, PVBOOT_FRAME_MAX);
	h->out_limit = sizeof(h->out);
	link_pump(&h->link);
	while (h->out_len) {
		host_expect(h, PVBOOT_LINK_FRAME, NULL, PVBOOT_FRAME_MAX);
		sent++;
	}
	assert_true(sent > 2 && sent < 10);
	assert_int_equal(h->link.state, LINK_UP);
	host_free(h);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

static void test_frames_both_ways(void **state)
{
	struct fake_host *h = host_new(false);
	uint8_t got[PVBOOT_FRAME_MAX];
	struct fake_io *io;

	h->one_by_one = true;
	host_connect(h, 0);
	io = open_frames(h);
	host_reply(h, host_expect_request(h, PVBOOT_OP_FRAME_OPEN), PVBOOT_S_OK, NULL, 0);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_OK);
	link_backend.frame(&h->link, bytes, PVBOOT_FRAME_MAX);
	host_expect(h, PVBOOT_LINK_FRAME, got, PVBOOT_FRAME_MAX);
	assert_memory_equal(got, bytes, sizeof(got));
	host_send(h, PVBOOT_LINK_FRAME, 0, bytes, PVBOOT_FRAME_MAX, NULL, 0);
	assert_int_equal(h->dev.delivered, 1);
	assert_int_equal(h->dev.pkt.type, PVBOOT_PKT_FRAME);
	assert_int_equal(h->dev.pkt.length, PVBOOT_FRAME_MAX);
	assert_memory_equal(h->dev.payload, bytes, PVBOOT_FRAME_MAX);
	host_send(h, PVBOOT_LINK_FRAME, 0, bytes, PVBOOT_FRAME_MIN, NULL, 0);
	assert_int_equal(h->dev.delivered, 2);
	host_free(h);
}

/* [LNK-20] A close that found no host is told of, and an open that came after it comes after it. */
static void test_close_outlives_absence(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_dgram_open_args a = {{10, 0, 0, 1}, 0};
	uint8_t note[sizeof(struct pvboot_link_request) + sizeof(a)], *blob = malloc(LINK_STATE_MAX);
	size_t len;

	assert_non_null(blob);
	link_backend.note(&h->link, PVBOOT_OP_FRAME_CLOSE, NULL, 0);
	link_backend.note(&h->link, PVBOOT_OP_DGRAM_OPEN, (const uint8_t *)&a, sizeof(a)); /* is not in its place */
	open_frames(h);
	host_connect(h, 0);
	host_expect(h, PVBOOT_LINK_NOTE, note, sizeof(note));
	expect_close(h);
	host_expect_request(h, PVBOOT_OP_FRAME_OPEN);
	assert_int_equal(h->out_len, 0);

	/* [DEV-36] nor is it lost in a checkpoint */
	link_down(&h->link);
	link_backend.note(&h->link, PVBOOT_OP_FRAME_CLOSE, NULL, 0);
	len = link_save(&h->link, blob, LINK_STATE_MAX);
	link_backend.reset(&h->link);
	assert_true(link_load(&h->link, blob, len));
	free(blob);
	host_connect(h, 0);
	expect_close(h);
	host_free(h);
}

/* [LNK-14] The filter is one of the blobs; a reset of the guest forgets it, and a close that is due. */
static void test_filter_is_kept_until_reset(void **state)
{
	struct fake_host *h = host_new(false);
	uint8_t blob[4];

	host_connect(h, 0);
	host_send(h, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_FRAME, "four", 4, NULL, 0);
	link_down(&h->link);
	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, 0);
	assert_int_equal(host_expect(h, PVBOOT_LINK_KEPT, blob, 4), PVBOOT_LINK_KEY_FRAME);
	link_down(&h->link);
	h->out_len = 0;
	link_backend.note(&h->link, PVBOOT_OP_FRAME_CLOSE, NULL, 0);
	link_backend.reset(&h->link);
	host_connect(h, 0);
	assert_int_equal(h->out_len, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_of_a_length_that_cannot_be),
		cmocka_unit_test(test_frame_before_welcome),
		cmocka_unit_test(test_open_answered_with_a_result),
		cmocka_unit_test(test_frames_without_host_are_lost),
		cmocka_unit_test(test_frames_beyond_the_queue_are_lost_whole),
		cmocka_unit_test(test_frames_both_ways),
		cmocka_unit_test(test_close_outlives_absence),
		cmocka_unit_test(test_filter_is_kept_until_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
