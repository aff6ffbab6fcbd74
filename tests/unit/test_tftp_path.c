/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_path.c - the TFTP client on the way to full speed: blocks above the MTU, windows, and what is remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tftp_world.h"

#define MS UINT64_C(1000)
#define SIZE UINT64_C(1000000)
#define MTU 512
#define LARGE 2000
#define NO_WINDOWS (ALL_OPTIONS & ~TFTP_O_WINDOWSIZE)

/* Ask for a file, as far as the server's first answer: it knows no windows. */
static void ask(struct world *w, uint64_t size)
{
	w->large = LARGE;
	start(w, MTU, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, size, MTU, 0);
}

/* The client ends the first transfer and asks for large blocks, which are granted. */
static void ask_large(struct world *w, uint16_t granted)
{
	ask(w, SIZE);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	assert_int_equal(w->rebinds, 1);
	wait_deadline(w);
	expect_rrq(w, NO_WINDOWS);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, SIZE, granted, 0);
	expect_ack(w, 0);
	assert_int_equal(w->c.blksize, granted);
}

/* Lock step from block from to block to, each 1 ms after the ACK before. */
static void lock_step(struct world *w, uint64_t from, uint64_t to, size_t blksize)
{
	for (uint64_t block = from; block <= to; block++) {
		w->now += MS;
		server_sends(w, block, blksize,
			     (size_t)(SIZE - (block - 1) * blksize < blksize ? SIZE % blksize : blksize));
		expect_ack(w, (uint16_t)block);
	}
}

/* From here on small blocks are asked for, and all of the file comes. */
static void falls_back(struct world *w)
{
	uint64_t had = w->bytes;

	wait_deadline(w);
	expect_rrq(w, ALL_OPTIONS);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, SIZE, MTU, 0);
	expect_ack(w, 0);
	lock_step(w, 1, SIZE / MTU + 1, MTU);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, SIZE);
	assert_true(had < SIZE);
	assert_false(tftp_path_allows_large(&w->path, w->now));
}

static void again(struct world *w)
{
	tftp_client_end(&w->c);
	w->opened = w->done = w->rebinds = 0;
	w->bytes = 0;
	w->head = w->tail;
}

/* ---- blocks above the MTU -------------------------------------------------------------------------------------- */

static void test_large_never_arrives(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	ask_large(w, LARGE);
	begin = w->now;
	while (w->rebinds == 1) {
		wait_deadline(w);
		if (w->rebinds == 1)
			expect_ack(w, 0);
	}
	expect_error(w, TID, TFTP_E_UNDEFINED);
	assert_in_range(w->now - begin, 100 * MS, 500 * MS);
	falls_back(w);
}

static void late(struct world *w, uint64_t block)
{
	w->now += 110 * MS; /* the server sent it again */
	server_sends(w, block, LARGE, LARGE);
}

static void test_large_lost_now_and_then(void **state)
{
	struct world *w = *state;

	ask_large(w, LARGE);
	lock_step(w, 1, 20, LARGE);
	late(w, 21); /* or a busy host slept: too little to go by */
	expect_ack(w, 21);
	lock_step(w, 22, 40, LARGE);
	late(w, 41);
	expect_ack(w, 41);
	late(w, 42);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	assert_int_equal(w->bytes, 41 * LARGE);
	falls_back(w);
}

static void test_large_lost_rarely(void **state)
{
	struct world *w = *state;
	uint64_t block = 0;

	ask_large(w, LARGE);
	for (int i = 0; i < 6; i++) {
		lock_step(w, block + 1, block + 70, LARGE);
		block += 71;
		late(w, block);
		expect_ack(w, (uint16_t)block);
	}
	assert_int_equal(w->rebinds, 1);
}

static void test_large_falls_silent(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	ask_large(w, LARGE);
	lock_step(w, 1, 100, LARGE);
	begin = w->now;
	while (w->rebinds == 1) {
		w->head = w->tail;
		wait_deadline(w);
	}
	assert_in_range(w->now - begin, 400 * MS, 1000 * MS);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	falls_back(w);
}

static void test_large_not_granted(void **state)
{
	struct world *w = *state;

	ask_large(w, MTU);
	lock_step(w, 1, SIZE / MTU + 1, MTU);
	expect_end(w, PVBOOT_S_OK, "");
	/* And the next transfer does not ask in vain. */
	again(w);
	ask(w, SIZE);
	expect_ack(w, 0);
	assert_int_equal(w->rebinds, 0);
}

static void test_large_refused_by_error(void **state)
{
	struct world *w = *state;

	ask(w, SIZE);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	wait_deadline(w);
	expect_rrq(w, NO_WINDOWS);
	server_says(w, TID, "\0\5\0\10too large\0");
	falls_back(w);
}

static void test_large_refused_by_silence(void **state)
{
	struct world *w = *state;

	ask(w, SIZE);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	for (int i = 0; i < 2; i++) {
		wait_deadline(w);
		expect_rrq(w, NO_WINDOWS);
	}
	wait_deadline(w);
	falls_back(w);
}

static void test_large_not_for_a_small_file(void **state)
{
	struct world *w = *state;

	ask(w, 100000);
	expect_ack(w, 0);
	assert_int_equal(w->rebinds, 0);
}

static void test_large_not_where_the_size_is_unknown(void **state)
{
	struct world *w = *state;

	w->large = LARGE;
	start(w, MTU, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_grants(w, TFTP_O_BLKSIZE, 0, MTU, 0);
	expect_ack(w, 0); /* it could not be asked for again */
}

static void test_large_not_with_windows(void **state)
{
	struct world *w = *state;

	w->large = LARGE;
	start(w, MTU, 16);
	expect_rrq(w, ALL_OPTIONS);
	server_grants(w, ALL_OPTIONS & ~TFTP_O_UTIMEOUT, SIZE, MTU, 16);
	expect_ack(w, 0);
	assert_int_equal(w->rebinds, 0);
}

static void test_large_is_remembered(void **state)
{
	struct world *w = *state;

	ask_large(w, LARGE);
	lock_step(w, 1, SIZE / LARGE, LARGE);
	server_sends(w, SIZE / LARGE + 1, LARGE, 0);
	expect_end(w, PVBOOT_S_OK, "");
	again(w);
	start(w, MTU, 16);
	expect_rrq(w, NO_WINDOWS);
	assert_true(w->c.large);
	/* After a while the server is asked for windows again. */
	again(w);
	w->now += 11 * 60 * SECOND;
	start(w, MTU, 16);
	expect_rrq(w, ALL_OPTIONS);
}

static void test_large_is_tried_again_later(void **state)
{
	struct tftp_path path = {0};
	uint64_t now = SECOND, wait = 0;

	for (int i = 0; i < 12; i++) {
		tftp_path_large_lost(&path, now);
		tftp_path_large_lost(&path, now + 1); /* another transfer at the same time */
		assert_true(path.large_after - now >= wait);
		assert_in_range(path.large_after - now, 60 * SECOND, 3600 * SECOND);
		wait = path.large_after - now;
		assert_false(tftp_path_allows_large(&path, path.large_after - 1));
		assert_true(tftp_path_allows_large(&path, path.large_after));
		now = path.large_after;
	}
	assert_int_equal(wait, 3600 * SECOND);
}

/* ---- windows --------------------------------------------------------------------------------------------------- */

/* Windows of which only the first part arrives, as with a buffer on the way that is too small. */
static void overflow(struct world *w, unsigned window, unsigned fits, uint64_t until)
{
	uint64_t block = 0;
	unsigned rebinds = w->rebinds;

	while (block < until && w->rebinds == rebinds) {
		for (unsigned i = 0; i < fits && w->rebinds == rebinds; i++)
			server_sends(w, ++block, MTU, MTU);
		w->head = w->tail;
		if (w->rebinds == rebinds)
			wait_deadline(w);
	}
	assert_true(window > fits);
}

static void test_window_too_long(void **state)
{
	struct world *w = *state;

	open_file(w, SIZE, MTU, 16);
	overflow(w, 16, 10, 1000);
	assert_int_equal(w->rebinds, 1);
	assert_true(w->bytes < SIZE / 2);
	w->head = w->tail;
	wait_deadline(w);
	expect_rrq(w, ALL_OPTIONS);
	assert_int_equal(w->c.ask_windowsize, 8);
	assert_int_equal(tftp_path_window(&w->path, 16), 8);
}

static void test_window_too_long_near_the_end(void **state)
{
	struct world *w = *state;

	open_file(w, SIZE, MTU, 16);
	for (uint64_t block = 1; block <= 1024; block++)
		server_sends(w, block, MTU, MTU);
	w->c.windows = w->c.lossy = w->c.cut = 0;
	for (uint64_t block = 1025; block < 1025 + 10 * 40; block++) {
		if (block % 10 == 5)
			wait_deadline(w);
		w->head = w->tail;
		server_sends(w, block, MTU, MTU);
	}
	w->head = w->tail;
	assert_int_equal(w->rebinds, 0); /* but the next transfer begins with less */
	assert_int_equal(tftp_path_window(&w->path, 16), 8);
}

static void test_window_grows_again(void **state)
{
	struct world *w = *state;

	w->path.window = 4;
	open_file(w, MTU * 100, MTU, 4);
	for (uint64_t block = 1; block <= 100; block++)
		server_sends(w, block, MTU, MTU);
	server_sends(w, 101, MTU, 0);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(tftp_path_window(&w->path, 32), 8);
}

/* ---- the memory ------------------------------------------------------------------------------------------------ */

static void test_paths_are_bounded(void **state)
{
	struct tftp_path *held = tftp_path_get((uint8_t[]){10, 0, 0, 1}, 69, "br0"), *path;

	held->window = 5;
	for (unsigned i = 0; i < 2 * TFTP_PATHS_MAX; i++) {
		path = tftp_path_get((uint8_t[]){10, 0, 1, (uint8_t)i}, 69, "br0");
		assert_int_equal(path->window, 0);
		path->window = (uint16_t)(i + 1);
		tftp_path_release(path);
	}
	/* The last ones are known, the first ones forgotten, and what is in use stays. */
	for (unsigned i = 0; i < 2 * TFTP_PATHS_MAX; i += 2 * TFTP_PATHS_MAX - 1) {
		path = tftp_path_get((uint8_t[]){10, 0, 1, (uint8_t)i}, 69, "br0");
		assert_int_equal(path->window, i ? i + 1 : 0);
		tftp_path_release(path);
	}
	path = tftp_path_get((uint8_t[]){10, 0, 0, 1}, 69, "br0");
	assert_ptr_equal(path, held);
	tftp_path_release(path);
	tftp_path_release(held);
	tftp_path_forget();
}

static void test_paths_differ(void **state)
{
	struct tftp_path *a = tftp_path_get((uint8_t[]){10, 0, 0, 1}, 69, "br0");
	struct tftp_path *b = tftp_path_get((uint8_t[]){10, 0, 0, 1}, 70, "br0");
	struct tftp_path *c = tftp_path_get((uint8_t[]){10, 0, 0, 1}, 69, "br1");

	assert_true(a != b && b != c && a != c);
	tftp_path_release(a);
	tftp_path_release(b);
	tftp_path_release(c);
	tftp_path_forget();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_large_never_arrives),
		TEST(test_large_lost_now_and_then),
		TEST(test_large_lost_rarely),
		TEST(test_large_falls_silent),
		TEST(test_large_not_granted),
		TEST(test_large_refused_by_error),
		TEST(test_large_refused_by_silence),
		TEST(test_large_not_for_a_small_file),
		TEST(test_large_not_where_the_size_is_unknown),
		TEST(test_large_not_with_windows),
		TEST(test_large_is_remembered),
		TEST(test_large_is_tried_again_later),
		TEST(test_window_too_long),
		TEST(test_window_too_long_near_the_end),
		TEST(test_window_grows_again),
		TEST(test_paths_are_bounded),
		TEST(test_paths_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
