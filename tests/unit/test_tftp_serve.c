/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_serve.c - a guest's TFTP client against the responder, over files of the tests' own. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_clock.h"
#include "fake_file.h"
#include "log.h"
#include "serve_world.h"

/* ---- options --------------------------------------------------------------------------------------------------- */

static void test_options_only_those_asked(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 1000);
	guest_asks(w, PORT, RRQ("f") TSIZE "blksize\0001408\0");
	expect_oack(w, "\0\6tsize\0001000\0blksize\0001408\0");
	guest_asks(w, PORT + 1, RRQ("f") "TSize\0000\0");
	w->queue[w->head % QUEUE].pkt.dst_port_be = htons(PORT);
	expect_oack(w, "\0\6tsize\0001000\0");
	guest_asks(w, PORT + 2, RRQ("f") "windowsize\00016\0blksize\0001024\0timeout\0001\0x\0y\0");
	w->queue[w->head % QUEUE].pkt.dst_port_be = htons(PORT);
	expect_oack(w, "\0\6blksize\0001024\0");
	assert_int_equal(waiting(w), 0);
}

static void test_options_none_left(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 1000);
	guest_asks(w, PORT, RRQ("f") "timeout\0001\0");
	expect_data(w, PORT, 1, 512, 512);
	/* Lock step until the guest speaks. */
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 1);
	expect_data(w, PORT, 2, 512, 488);
}

static void test_blksize_out_of_range(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 2000);
	guest_asks(w, PORT, RRQ("f") "blksize\00065464\0");
	expect_oack(w, "\0\6blksize\0001468\0");
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 1468, 1468);
	expect_data(w, PORT, 2, 1468, 532);
	guest_asks(w, PORT, RRQ("f") "blksize\0007\0");
	expect_data(w, PORT, 1, 512, 512);
	guest_asks(w, PORT, RRQ("g") "blksize\000+9\0");
	expect_data(w, PORT, 1, 512, 512);
}

static void test_size_unknown(void **state)
{
	struct world *w = *state;

	give_file(w, 1024);
	guest_asks(w, PORT, RRQ("f") TSIZE "blksize\000512\0");
	fake_file_open(w->file, false);
	expect_oack(w, "\0\6blksize\000512\0");
	fake_file_grow(w->file, 700);
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 512, 512);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 1024);
	expect_data(w, PORT, 2, 512, 512);
	expect_data(w, PORT, 3, 512, 0);
	guest_acks(w, PORT, 3);
	assert_int_equal(w->forgets, 1);
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

static void test_transfer_of_any_size(void **state)
{
	static const uint64_t sizes[] = {0, 1, 511, 512, 513, 1408, 1408 * 3, 1408 * 40 - 1, 1408 * 40 + 1};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		w->forgets = 0;
		fetch_all(w, sizes[i], 1408);
		w->forgets = 0;
		fetch_all(w, sizes[i], 512);
	}
}

static void test_transfer_wraps_block_numbers(void **state)
{
	fetch_all(*state, 8 * 65536, 8);
	((struct world *)*state)->forgets = 0;
	fetch_all(*state, 8 * 140000 + 3, 8);
}

static void test_upstream_slow(void **state)
{
	struct world *w = *state;

	give_file(w, 600);
	for (int i = 0; i < 3; i++)
		guest_asks(w, PORT, RRQ("f") TSIZE);
	assert_int_equal(w->opens, 1);
	assert_int_equal(waiting(w), 0);
	fake_file_open(w->file, true);
	/* A repeated RRQ that crossed the OACK is not answered either. */
	guest_asks(w, PORT, RRQ("f") TSIZE);
	expect_oack(w, "\0\6tsize\000600\0");
	assert_int_equal(waiting(w), 0);
	/* But one whose OACK was lost is. */
	fake_clock_pass(RESEND_MS);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	expect_oack(w, "\0\6tsize\000600\0");
	assert_int_equal(w->opens, 1);
}

static void test_ahead_is_bounded(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 0);
	assert_int_equal(waiting(w), AHEAD);
	for (uint64_t block = 1; block <= AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), 1);
	guest_acks(w, PORT, 4);
	assert_int_equal(waiting(w), 4);
	for (uint64_t block = AHEAD + 1; block <= AHEAD + 4; block++)
		expect_data(w, PORT, block, 512, 512);
}

/* The Sorcerer's Apprentice, towards the guest (RFC 1123 4.2.3.1). */
static void test_ack_repeated(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	guest_acks(w, PORT, 0);
	for (uint64_t block = 1; block <= AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 2);
	w->head = w->tail;
	for (int i = 0; i < 5; i++)
		guest_acks(w, PORT, 2);
	guest_acks(w, PORT, 1);	    /* older */
	guest_acks(w, PORT, 40000); /* never sent */
	assert_int_equal(waiting(w), 0);
	fake_clock_pass(RESEND_MS);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 2);
	assert_int_equal(waiting(w), AHEAD);
	for (uint64_t block = 3; block <= 2 + AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 2);
	assert_int_equal(waiting(w), 0);
}

static void test_file_grows(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_file(w, 2000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	fake_file_open(w->file, true);
	take(w, PORT, &msg);
	guest_acks(w, PORT, 0);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 511);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 512);
	expect_data(w, PORT, 1, 512, 512);
	fake_file_grow(w->file, 1999);
	expect_data(w, PORT, 2, 512, 512);
	expect_data(w, PORT, 3, 512, 512);
	/* The guest's impatience changes nothing. */
	fake_clock_pass(RESEND_MS);
	guest_acks(w, PORT, 3);
	guest_acks(w, PORT, 3);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 2000);
	expect_data(w, PORT, 4, 512, 464);
	guest_acks(w, PORT, 4);
	assert_int_equal(w->forgets, 1);
}

static void test_guest_ends_early(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	assert_true(guest_sends(w, PORT, w->tid, "\0\5\0\0", 4));
	assert_int_equal(w->forgets, 1);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 0);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

static void test_port_used_again(void **state)
{
	struct world *w = *state;
	uint16_t old;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("one"));
	expect_data(w, PORT, 1, 512, 512);
	old = w->tid;
	guest_asks(w, PORT, RRQ("two"));
	assert_string_equal(w->name, "two");
	expect_data(w, PORT, 1, 512, 512);
	assert_int_not_equal(w->tid, old);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), AHEAD);
	w->head = w->tail;
	/* The same file again after it had begun is a new transfer, not a repeated request. */
	guest_asks(w, PORT, RRQ("two"));
	assert_int_equal(w->opens, 3);
	expect_data(w, PORT, 1, 512, 512);
	/* The old one's ACK is not taken for the new one's. */
	w->tid = old;
	guest_acks(w, PORT, 1);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

static void test_several_at_once(void **state)
{
	struct world *w = *state;
	uint16_t tids[4];

	give_whole_file(w, 5000);
	for (uint16_t i = 0; i < 4; i++) {
		guest_asks(w, (uint16_t)(PORT + i), RRQ("f"));
		expect_data(w, (uint16_t)(PORT + i), 1, 512, 512);
		tids[i] = w->tid;
	}
	for (uint64_t block = 1; block < 10; block++) {
		for (uint16_t i = 0; i < 4; i++) {
			w->tid = tids[i];
			guest_acks(w, (uint16_t)(PORT + i), block);
			for (unsigned n = waiting(w); n; n--) {
				struct tftp_msg msg;

				take(w, (uint16_t)(PORT + i), &msg);
				assert_int_equal(msg.op, TFTP_OP_DATA);
				assert_int_equal(w->tid, tids[i]);
			}
		}
	}
}

static void test_too_many_at_once(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 5000);
	for (uint16_t i = 0; i < 100; i++) {
		guest_asks(w, (uint16_t)(PORT + i), RRQ("f") TSIZE);
		for (; waiting(w) > 1;)
			w->head++;
		take(w, (uint16_t)(PORT + i), &msg);
		assert_int_equal(msg.op, TFTP_OP_OACK);
	}
	assert_in_range(w->keeps - w->forgets, 1, 16);
}

static void test_reset(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 5000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	tftp_serve_reset(w->serve);
	assert_int_equal(w->forgets, 1);
	guest_acks(w, PORT, 0);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_options_only_those_asked),
		TEST(test_options_none_left),
		TEST(test_blksize_out_of_range),
		TEST(test_size_unknown),
		TEST(test_transfer_of_any_size),
		TEST(test_transfer_wraps_block_numbers),
		TEST(test_upstream_slow),
		TEST(test_ahead_is_bounded),
		TEST(test_ack_repeated),
		TEST(test_file_grows),
		TEST(test_guest_ends_early),
		TEST(test_port_used_again),
		TEST(test_several_at_once),
		TEST(test_too_many_at_once),
		TEST(test_reset),
	};

	log_open(false, LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
