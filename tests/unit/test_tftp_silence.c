/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_silence.c - the TFTP client where nobody answers, and where the server dies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tftp_world.h"

/* ---- no answer ------------------------------------------------------------------------------------------------- */

static void test_silence(void **state)
{
	struct world *w = *state;
	uint64_t begin = w->now;
	unsigned bare = 0, count = 0;

	start(w, 1468, 16);
	while (!w->done) {
		struct tftp_msg msg;

		next_message_(w, 69, &msg, __FILE__, __LINE__);
		count++;
		bare += !msg.opt.present;
		/* Some servers drop what they do not understand, but the first tries are with options. */
		assert_true(count > 4 || msg.opt.present);
		wait_deadline(w);
	}
	expect_end(w, PVBOOT_S_TIMEOUT, "did not answer the request for dir/f within 30 s");
	assert_int_equal(w->now - begin, 30 * SECOND);
	assert_in_range(count, 8, 15);
	assert_in_range(bare, 2, count / 2);
}

static void test_silence_with_a_timeout_asked_for(void **state)
{
	struct world *w = *state;
	uint64_t begin = w->now;

	w->req.timeout_ms = 1200;
	start(w, 1468, 16);
	while (!w->done)
		wait_deadline(w);
	assert_int_equal(w->now - begin, 1200000);
}

static void test_no_server_there(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	tftp_client_error(&w->c, w->now, 69, ECONNREFUSED);
	assert_int_equal(w->done, 0);
	wait_deadline(w);
	tftp_client_error(&w->c, w->now, 69, ECONNREFUSED);
	wait_deadline(w);
	tftp_client_error(&w->c, w->now, 69, ECONNREFUSED);
	expect_end(w, PVBOOT_S_UNREACHABLE, "no TFTP server listens at 172.21.0.2 port 69");
}

static void test_no_route(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	tftp_client_error(&w->c, w->now, 69, ENETUNREACH);
	expect_end(w, PVBOOT_S_UNREACHABLE, "a route to it");
}

static void test_forbidden_by_firewall(void **state)
{
	struct world *w = *state;

	start(w, 1468, 16);
	tftp_client_error(&w->c, w->now, 69, EPERM);
	expect_end(w, PVBOOT_S_UNREACHABLE, "firewall");
}

static void test_server_dies_for_good(void **state)
{
	struct world *w = *state;
	uint64_t begin;

	open_file(w, 100000, 512, 1);
	server_sends(w, 1, 512, 512);
	begin = w->now;
	for (int i = 0; i < 1000 && !w->done; i++) {
		wait_deadline(w);
		w->head = w->tail;
	}
	expect_end(w, PVBOOT_S_TIMEOUT, "stopped in the middle of dir/f: 512 bytes came");
	assert_in_range(w->now - begin, 30 * SECOND, 35 * SECOND);
}

/* ---- a server that dies and comes back ------------------------------------------------------------------------- */

static void die_and_come_back(struct world *w, bool icmp)
{
	if (icmp)
		tftp_client_error(&w->c, w->now, TID, ECONNREFUSED);
	for (int i = 0; i < 100 && w->rebinds == 0; i++)
		wait_deadline(w);
	assert_int_equal(w->rebinds, 1);
	assert_int_equal(w->done, 0);
	w->head = w->tail;
	wait_deadline(w);
	expect_rrq(w, ALL_OPTIONS & ~TFTP_O_WINDOWSIZE);
}

static void test_server_comes_back(void **state)
{
	for (int icmp = 0; icmp < 2; icmp++) {
		struct world *w = *state;

		open_file(w, 2000, 512, 1);
		for (uint64_t block = 1; block <= 3; block++) {
			server_sends(w, block, 512, 512);
			expect_ack(w, (uint16_t)block);
		}
		die_and_come_back(w, icmp);
		/* Still starting up: refusals do not count any more. */
		for (int i = 0; i < 5; i++) {
			tftp_client_error(&w->c, w->now, 69, ECONNREFUSED);
			wait_deadline(w);
			w->head = w->tail;
		}
		/* Another TID, other options: the bytes count. */
		server_grants(w, TFTP_O_TSIZE, 2000, 0, 0);
		expect_ack(w, 0);
		for (uint64_t block = 1; block <= 4; block++) {
			server_sends(w, block, 512, block < 4 ? 512 : 464);
			expect_ack(w, (uint16_t)block);
		}
		expect_end(w, PVBOOT_S_OK, "");
		assert_int_equal(w->bytes, 2000);
		assert_int_equal(w->opened, 1);
		tftp_client_end(&w->c);
		w->opened = w->done = w->rebinds = 0;
		w->bytes = 0;
	}
}

static void test_server_comes_back_with_another_file(void **state)
{
	struct world *w = *state;

	open_file(w, 2000, 512, 1);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	die_and_come_back(w, true);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 2001, 512, 0);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	expect_end(w, PVBOOT_S_CHANGED, "changed");
}

static void test_server_comes_back_with_other_bytes(void **state)
{
	struct world *w = *state;

	open_file(w, 2000, 512, 1);
	server_sends(w, 1, 512, 512);
	server_sends(w, 2, 512, 512);
	w->head = w->tail;
	die_and_come_back(w, true);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 2000, 512, 0);
	expect_ack(w, 0);
	server_sends(w, 1, 512, 512);
	expect_ack(w, 1);
	/* The second block is not what it was. */
	server_sends_as(w, TID, 7, 2, 512, 512);
	expect_error(w, TID, TFTP_E_UNDEFINED);
	expect_end(w, PVBOOT_S_CHANGED, "changed");
	assert_int_equal(w->bytes, 1024);
}

/* Past the head that is compared, and twice. */
static void test_server_comes_back_late(void **state)
{
	struct world *w = *state;
	const uint64_t size = 300 * 512 + 5;

	open_file(w, size, 512, 1);
	for (unsigned times = 0; times < 3; times++) {
		for (uint64_t block = 1; block <= 100 * (times + 1); block++) {
			server_sends(w, block, 512, 512);
			w->head = w->tail;
		}
		w->rebinds = 0;
		die_and_come_back(w, true);
		server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, size, 512, 0);
	}
	for (uint64_t block = 1; block <= 301; block++) {
		w->head = w->tail;
		server_sends(w, block, 512, block <= 300 ? 512 : 5);
	}
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, size);
}

static void test_server_without_size_dies(void **state)
{
	struct world *w = *state;

	start(w, 1468, 1);
	server_sends(w, 1, 512, 512);
	tftp_client_error(&w->c, w->now, TID, ECONNREFUSED);
	expect_end(w, PVBOOT_S_TIMEOUT, "told no size");
}

static void test_server_dies_again_and_again(void **state)
{
	struct world *w = *state;
	unsigned times = 0;

	open_file(w, 20000, 512, 1);
	server_sends(w, 1, 512, 512);
	while (!w->done) {
		tftp_client_error(&w->c, w->now, TID, ECONNREFUSED);
		if (w->done)
			break;
		wait_deadline(w);
		server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE, 20000, 512, 0);
		server_sends(w, 1, 512, 512);
		w->head = w->tail;
		assert_true(++times < 20);
	}
	expect_end(w, PVBOOT_S_TIMEOUT, "times: look at its log");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_silence),
		TEST(test_silence_with_a_timeout_asked_for),
		TEST(test_no_server_there),
		TEST(test_no_route),
		TEST(test_forbidden_by_firewall),
		TEST(test_server_dies_for_good),
		TEST(test_server_comes_back),
		TEST(test_server_comes_back_with_another_file),
		TEST(test_server_comes_back_with_other_bytes),
		TEST(test_server_comes_back_late),
		TEST(test_server_without_size_dies),
		TEST(test_server_dies_again_and_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
