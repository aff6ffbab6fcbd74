/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp.c - the TFTP client's state machine against scripted servers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "log_capture.h"
#include "tftp_world.h"

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_file_missing(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_says(w, TID, "\0\5\0\1File not found\0");
	expect_end(w, PVBOOT_S_NOT_FOUND, "172.21.0.2: dir/f: File not found");
	assert_int_equal(w->detail, TFTP_E_NOT_FOUND);
}

static void test_file_refused(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_says(w, TID, "\0\5\0\2");
	expect_end(w, PVBOOT_S_ACCESS, "no reason given");
}

static void test_other_error_midway(void **state)
{
	struct world *w = *state;

	open_file(w, 10000, 512, 1);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_says(w, TID, "\0\5\0\3disk on fire\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "disk on fire");
	expect_silence(w); /* an ERROR is not answered */
}

/* ERROR 0 says nothing: the file is asked for once more, and what is here is not given to the owner again. */
static void test_error_0_midway(void **state)
{
	struct world *w = *state;

	open_file(w, 1000, 512, 1);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_says(w, TID, "\0\5\0\0lost count\0");
	expect_silence(w);
	assert_int_equal(w->rebinds, 1);
	wait_deadline(w);
	expect_rrq(w, ALL_OPTIONS & ~TFTP_O_WINDOWSIZE);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 1000, 512, 0);
	expect_ack(w, 0);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_sends(w, 2, 512, 488);
	expect_ack(w, 2);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, 1000);
}

static void test_error_0_midway_again(void **state)
{
	struct world *w = *state;

	open_file(w, 10000, 512, 1);
	server_sends(w, 1, 512, 512);
	server_says(w, TID, "\0\5\0\0lost count\0");
	wait_deadline(w);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 10000, 512, 0);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 512);
	server_says(w, TID, "\0\5\0\0lost it again\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "lost it again (error 0)");
}

/* At the RRQ it is an answer; and where there is no size the rest cannot be told from another file's. */
static void test_error_0_elsewhere(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_says(w, TID, "\0\5\0\0go away\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "go away");
	w->done = w->opened = 0;
	start(w, 1468, 1);
	server_sends(w, 1, 512, 512);
	server_says(w, TID, "\0\5\0\0lost count\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "lost count");
}

static void test_options_refused(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_says(w, TID, "\0\5\0\10no options please\0");
	assert_int_equal(w->rebinds, 1);
	wait_deadline(w);
	expect_rrq(w, 0);
	server_sends_as(w, TID + 1, 1, 1, 512, 100);
	expect_ack_(w, TID + 1, 1, __FILE__, __LINE__);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->size, 100);
	assert_int_equal(w->bytes, 100);
}

static void test_options_refused_although_none_asked(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_says(w, TID, "\0\5\0\10no\0");
	wait_deadline(w);
	server_says(w, TID, "\0\5\0\10still no\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "still no");
}

static void test_oack_larger_than_asked(void **state)
{
	static const char *const oacks[] = {"blksize\0001469", "windowsize\00017", "blksize\0007", "windowsize\0000"};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(oacks) / sizeof(oacks[0]); i++) {
		uint8_t buf[64] = {0, 6};
		size_t len = 2 + strlen(oacks[i]) + 1;

		memcpy(buf + 2, oacks[i], len - 2);
		len += strlen(oacks[i] + len - 2) + 1;
		memcpy(buf + 2, oacks[i], len - 2);
		start(w, 1468, 16);
		w->head = w->tail;
		tftp_client_input(&w->c, w->now, TID, buf, len);
		expect_error(w, TID, TFTP_E_OPTIONS);
		wait_deadline(w);
		expect_rrq(w, 0);
		/* Insisting on it does not help: no endless loop. */
		tftp_client_input(&w->c, w->now, TID, buf, len);
		expect_error(w, TID, TFTP_E_OPTIONS);
		expect_end(w, PVBOOT_S_TFTP_ERROR, "not asked for");
		w->done = 0;
		tftp_client_end(&w->c);
	}
}

static void test_block_larger_than_agreed(void **state)
{
	struct world *w = *state;

	open_file(w, 10000, 512, 1);
	server_sends(w, 1, 512, 513);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	expect_end(w, PVBOOT_S_TFTP_ERROR, "larger than the 512");
	assert_int_equal(w->bytes, 0);
}

static void test_more_than_announced(void **state)
{
	struct world *w = *state;

	open_file(w, 1000, 512, 1);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 512);
	expect_end(w, PVBOOT_S_CHANGED, "did the file change");
	assert_int_equal(w->bytes, 512);
}

static void test_less_than_announced(void **state)
{
	struct world *w = *state;

	open_file(w, 1000, 512, 1);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 487);
	expect_end(w, PVBOOT_S_TRUNCATED, "999 of 1000");
}

static void test_no_room(void **state)
{
	struct world *w = *state;

	w->room = 600;
	open_file(w, 10000, 512, 1);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_sends(w, 2, 512, 512);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	expect_end(w, PVBOOT_S_NO_RESOURCES, "dir/f");
}

static void test_stray_tid(void **state)
{
	struct world *w = *state;

	open_file(w, 1000, 512, 1);
	/* The answer to a repeated RRQ, and worse. */
	server_says(w, TID + 1, "\0\6tsize\0009\0");
	expect_error(w, TID + 1, TFTP_E_UNKNOWN_TID);
	server_sends_as(w, TID + 2, 1, 1, 512, 3);
	expect_error(w, TID + 2, TFTP_E_UNKNOWN_TID);
	server_says(w, TID + 3, "\0\5\0\1nothing\0");
	server_says(w, TID + 4, "rubbish");
	expect_silence(w);
	/* What becomes of those ports is not our transfer's end. */
	tftp_client_error(&w->c, w->now, TID + 1, ECONNREFUSED);
	assert_int_equal(w->rebinds, 0);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_sends(w, 2, 512, 488);
	expect_ack(w, 2);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, 1000);
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

static void test_server_ignores_options(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_sends(w, 1, 512, 512);
	assert_int_equal(w->size, PVBOOT_SIZE_UNKNOWN);
	assert_int_equal(w->blksize, 512);
	expect_ack(w, 1);
	server_sends(w, 2, 512, 0);
	expect_ack(w, 2);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, 512);
}

static void test_server_answers_from_port_69(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_sends_as(w, 69, 1, 1, 512, 512);
	w->head = w->tail - 1;
	expect_ack_(w, 69, 1, __FILE__, __LINE__);
	server_sends_as(w, 69, 2, 2, 512, 1);
	expect_ack_(w, 69, 2, __FILE__, __LINE__);
	expect_end(w, PVBOOT_S_OK, "");
}

static void test_empty_file(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 0, 1468, 0);
	expect_ack(w, 0);
	server_sends(w, 1, 1468, 0);
	expect_ack(w, 1);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->opened, 1);
	assert_int_equal(w->size, 0);
	assert_int_equal(w->bytes, 0);
}

static void test_server_echoes_tsize_0(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 0, 1468, 0);
	assert_int_equal(w->opened, 0);
	server_sends(w, 1, 1468, 1468);
	assert_int_equal(w->size, PVBOOT_SIZE_UNKNOWN);
	server_sends(w, 2, 1468, 5);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, 1473);
}

static void test_exact_multiple(void **state)
{
	struct world *w = *state;

	open_file(w, 1024, 512, 1);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 512);
	assert_int_equal(w->done, 0);
	server_sends(w, 3, 512, 0);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, 1024);
}

static void test_only_the_size(void **state)
{
	struct world *w = *state;

	w->req.stat_only = true;
	start(w, 1468, 16);
	expect_rrq(w, TFTP_O_TSIZE);
	server_grants(w, TFTP_O_TSIZE, 123456, 0, 0);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	expect_silence(w);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->size, 123456);
}

/* The Sorcerer's Apprentice (RFC 1123 4.2.3.1): a duplicate is never acknowledged, but by our own timeout. */
static void test_duplicates_are_not_acknowledged(void **state)
{
	struct world *w = *state;

	open_file(w, 100000, 512, 1);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	server_sends(w, 2, 512, 512);
	expect_ack(w, 2);
	for (int i = 0; i < 5; i++) {
		server_sends(w, 2, 512, 512);
		server_sends(w, 1, 512, 512);
		server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 100000, 512, 0);
	}
	expect_silence(w);
	assert_int_equal(w->bytes, 1024);
	wait_deadline(w);
	expect_ack(w, 2);
	expect_silence(w);
}

static void test_duplicates_in_a_window_are_not_acknowledged(void **state)
{
	struct world *w = *state;

	open_file(w, 100000, 512, 4);
	for (uint64_t block = 1; block <= 4; block++)
		server_sends(w, block, 512, 512);
	expect_ack(w, 4);
	for (int i = 0; i < 3; i++)
		for (uint64_t block = 1; block <= 4; block++)
			server_sends(w, block, 512, 512);
	expect_silence(w);
	assert_int_equal(w->bytes, 4 * 512);
}

static void test_retransmission_backs_off(void **state)
{
	struct world *w = *state;
	uint64_t waited[5], before;

	open_file(w, 100000, 512, 1);
	for (int i = 0; i < 5; i++) {
		before = w->now;
		wait_deadline(w);
		expect_ack(w, 0);
		waited[i] = w->now - before;
	}
	assert_int_equal(waited[1], waited[0]);
	assert_int_equal(waited[2], waited[0]);
	assert_int_equal(waited[3], 2 * waited[0]);
	assert_int_equal(waited[4], 4 * waited[0]);
	/* A quick server may pause all the same: it is not asked again before 200 ms. */
	for (uint64_t block = 1; block < 20; block++) {
		w->now += 100;
		server_sends(w, block, 512, 512);
		expect_ack(w, (uint16_t)block);
	}
	assert_int_equal(w->c.deadline - w->now, 200000);
}

/* One that granted utimeout ignores repeated ACKs (tftpd-hpa). */
static void test_retransmission_with_utimeout(void **state)
{
	struct world *w = *state;

	start(w, 512, 1);
	expect_rrq(w, ALL_OPTIONS & ~TFTP_O_WINDOWSIZE);
	w->now += 100;
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE | TFTP_O_UTIMEOUT, 100000, 512, 0);
	expect_ack(w, 0);
	for (uint64_t block = 1; block < 20; block++) {
		w->now += 100;
		server_sends(w, block, 512, 512);
		expect_ack(w, (uint16_t)block);
	}
	assert_int_equal(w->c.deadline - w->now, 30000);
}

static void test_window_is_acknowledged_once(void **state)
{
	struct world *w = *state;

	open_file(w, 10 * 512, 512, 4);
	for (uint64_t block = 1; block <= 8; block++) {
		server_sends(w, block, 512, 512);
		if (block % 4 == 0)
			expect_ack(w, (uint16_t)block);
		expect_silence(w);
	}
	server_sends(w, 9, 512, 512);
	server_sends(w, 10, 512, 512);
	expect_silence(w);
	server_sends(w, 11, 512, 0);
	expect_ack(w, 11);
	expect_end(w, PVBOOT_S_OK, "");
}

static void test_window_reordered(void **state)
{
	struct world *w = *state;

	open_file(w, 100000, 512, 8);
	server_sends(w, 2, 512, 512);
	server_sends(w, 1, 512, 512);
	server_sends(w, 4, 512, 512);
	server_sends(w, 5, 512, 512);
	server_sends(w, 3, 512, 512);
	/* Two blocks early is no loss yet. */
	expect_silence(w);
	assert_int_equal(w->bytes, 5 * 512);
	server_sends(w, 6, 512, 512);
	server_sends(w, 7, 512, 512);
	server_sends(w, 8, 512, 512);
	expect_ack(w, 8);
}

static void test_window_with_loss(void **state)
{
	struct world *w = *state;

	open_file(w, 100000, 512, 8);
	server_sends(w, 1, 512, 512);
	for (uint64_t block = 3; block <= 8; block++)
		server_sends(w, block, 512, 512);
	/* Told once, however many blocks come beyond the gap (RFC 7440 4). */
	expect_ack(w, 1);
	expect_silence(w);
	/* The one that was lost is enough; the server's new window ends with 9. */
	server_sends(w, 2, 512, 512);
	assert_int_equal(w->bytes, 8 * 512);
	for (uint64_t block = 3; block <= 8; block++)
		server_sends(w, block, 512, 512);
	expect_silence(w);
	server_sends(w, 9, 512, 512);
	expect_ack(w, 9);
}

/* That is acknowledged soon, for nothing is repeated by it; the next time it would be. */
static void test_window_last_block_lost(void **state)
{
	struct world *w = *state;
	uint64_t before;

	open_file(w, 100000, 512, 4);
	for (uint64_t block = 1; block <= 3; block++) {
		w->now += 100;
		server_sends(w, block, 512, 512);
	}
	expect_silence(w);
	before = w->now;
	wait_deadline(w);
	assert_int_equal(w->now - before, 30000);
	expect_ack(w, 3);
	before = w->now;
	wait_deadline(w);
	assert_int_equal(w->now - before, 200000);
	expect_ack(w, 3);
}

static void test_states_say_their_names(void **state)
{
	struct world *w = *state;
	char text[1024];

	log_capture_begin();
	open_file(w, 1000, 512, 1);
	server_sends(w, 1, 512, 512);
	server_says(w, TID, "\0\5\0\0lost count\0");
	wait_deadline(w);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 1000, 512, 0);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 488);
	expect_end(w, PVBOOT_S_OK, "");
	log_capture_end(text, sizeof(text), " -> ", LOG_INFO);
	assert_string_equal(text, "vm: tftp: dir/f: NEW -> ASKING\n"
				  "vm: tftp: dir/f: ASKING -> RECEIVING\n"
				  "vm: tftp: dir/f: RECEIVING -> ASKING\n"
				  "vm: tftp: dir/f: ASKING -> RECEIVING\n"
				  "vm: tftp: dir/f: RECEIVING -> DONE\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_file_missing),
		TEST(test_file_refused),
		TEST(test_other_error_midway),
		TEST(test_error_0_midway),
		TEST(test_error_0_midway_again),
		TEST(test_error_0_elsewhere),
		TEST(test_options_refused),
		TEST(test_options_refused_although_none_asked),
		TEST(test_oack_larger_than_asked),
		TEST(test_block_larger_than_agreed),
		TEST(test_more_than_announced),
		TEST(test_less_than_announced),
		TEST(test_no_room),
		TEST(test_stray_tid),
		TEST(test_server_ignores_options),
		TEST(test_server_answers_from_port_69),
		TEST(test_empty_file),
		TEST(test_server_echoes_tsize_0),
		TEST(test_exact_multiple),
		TEST(test_only_the_size),
		TEST(test_duplicates_are_not_acknowledged),
		TEST(test_duplicates_in_a_window_are_not_acknowledged),
		TEST(test_retransmission_backs_off),
		TEST(test_retransmission_with_utimeout),
		TEST(test_window_is_acknowledged_once),
		TEST(test_window_reordered),
		TEST(test_window_with_loss),
		TEST(test_window_last_block_lost),
		TEST(test_states_say_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
