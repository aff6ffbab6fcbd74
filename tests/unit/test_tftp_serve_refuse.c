/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_serve_refuse.c - what the TFTP responder refuses, and what fails on the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_file.h"
#include "log.h"
#include "serve_world.h"

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_rrq_in_netascii(void **state)
{
	struct world *w = *state;

	guest_asks(w, PORT, "\0\1file\0netascii\0");
	expect_error(w, PORT, TFTP_E_ILLEGAL, "octet");
	assert_int_equal(w->opens, 0);
}

static void test_wrq(void **state)
{
	struct world *w = *state;

	guest_asks(w, PORT, "\0\2file\0octet\0");
	expect_error(w, PORT, TFTP_E_ACCESS, "no files");
}

static void test_rrq_with_name_too_long(void **state)
{
	struct world *w = *state;
	char buf[2 + PVBOOT_NAME_MAX + 1 + 7];

	memset(buf, 'a', sizeof(buf));
	memcpy(buf, "\0\1", 2);
	memcpy(buf + sizeof(buf) - 7, "\0octet", 7);
	assert_true(guest_sends(w, PORT, 69, buf, sizeof(buf)));
	expect_error(w, PORT, TFTP_E_ACCESS, "too long");
	assert_int_equal(w->opens, 0);
}

static void test_garbage(void **state)
{
	struct world *w = *state;

	/* To port 69: ours, and an ERROR or rubbish is never answered. */
	guest_asks(w, PORT, "");
	guest_asks(w, PORT, "\0");
	guest_asks(w, PORT, "\0\7xxxx");
	guest_asks(w, PORT, "\0\1file");
	guest_asks(w, PORT, "\0\1\0octet\0");
	guest_asks(w, PORT, "\0\5\0\0stop\0");
	assert_int_equal(waiting(w), 0);
	guest_asks(w, PORT, "\0\4\0\1");
	expect_error(w, PORT, TFTP_E_ILLEGAL, "not a request");
	/* Elsewhere: somebody else's. */
	assert_false(guest_sends(w, PORT, 53, "\0\4\0\1", 4));
	assert_false(guest_sends(w, PORT, TFTP_SERVE_TID_FIRST, "hello", 5));
	assert_false(guest_sends(w, PORT, TFTP_SERVE_TID_FIRST, "\0\3\0\1", 4));
	assert_false(guest_sends(w, 0, 69, RRQ("f"), sizeof(RRQ("f")) - 1));
	assert_false(
		guest_sends_to(w, (const uint8_t[]){255, 255, 255, 255}, PORT, 69, RRQ("f"), sizeof(RRQ("f")) - 1));
	assert_int_equal(w->opens, 0);
}

static void test_ack_of_nothing(void **state)
{
	struct world *w = *state;

	w->tid = TFTP_SERVE_TID_FIRST + 5;
	guest_acks(w, PORT, 7);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "unknown");
}

static void test_file_refused_by_host(void **state)
{
	struct world *w = *state;

	guest_asks(w, PORT, RRQ("secret"));
	expect_error(w, PORT, TFTP_E_ACCESS, "does not give out");
	assert_int_equal(w->keeps + w->forgets, 0);
}

static void test_file_missing(void **state)
{
	struct world *w = *state;

	give_file(w, 100);
	guest_asks(w, PORT, RRQ("pxelinux.cfg/01-52") TSIZE);
	assert_int_equal(waiting(w), 0);
	fake_file_fail(w->file, PVBOOT_S_NOT_FOUND, "no such file");
	expect_error(w, PORT, TFTP_E_NOT_FOUND, "no such file");
	/* Known to be missing at once: a --root file. */
	guest_asks(w, PORT, RRQ("pxelinux.cfg/01-52") TSIZE);
	expect_error(w, PORT, TFTP_E_NOT_FOUND, "no such file");
}

/* What is logged when a file of that name is missing. */
static void expect_log(struct world *w, const char *rrq, size_t len, const char *line)
{
	char text[512] = "";
	int ends[2], saved = dup(STDERR_FILENO);

	give_file(w, 100);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_open(false, LOG_INFO);
	assert_true(guest_sends(w, PORT, 69, rrq, len));
	fake_file_fail(w->file, PVBOOT_S_NOT_FOUND, "no such file: put it there");
	log_open(false, LOG_ERR);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) >= 0);
	close(ends[0]);
	assert_string_equal(text, line);
	expect_error(w, PORT, TFTP_E_NOT_FOUND, "no such file");
	file_unref(w->file);
	w->file = w->next_file = NULL;
}

/* Where a boot program only searches there is no advice to give. */
static void test_file_missing_in_the_log(void **state)
{
	static const char search[] = RRQ("sub/pxelinux.cfg/AC15"), last[] = RRQ("pxelinux.cfg/default"),
			  other[] = RRQ("my-pxelinux.cfg/AC15");

	expect_log(*state, search, sizeof(search) - 1,
		   "vm: tftp: no sub/pxelinux.cfg/AC15: the boot program tries its next name\n");
	expect_log(*state, last, sizeof(last) - 1,
		   "vm: tftp: pxelinux.cfg/default for the boot program: no such file: put it there\n");
	expect_log(*state, other, sizeof(other) - 1,
		   "vm: tftp: my-pxelinux.cfg/AC15 for the boot program: no such file: put it there\n");
}

static void test_file_fails_midway(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	fake_file_open(w->file, true);
	take(w, PORT, &msg);
	fake_file_grow(w->file, 1024);
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 512, 512);
	expect_data(w, PORT, 2, 512, 512);
	fake_file_fail(w->file, PVBOOT_S_TRUNCATED, "the server ended it");
	expect_error(w, PORT, TFTP_E_UNDEFINED, "ended it");
	assert_int_equal(w->forgets, 1);
	guest_acks(w, PORT, 2);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

static void test_server_dies_midway(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_file(w, 5000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	fake_file_open(w->file, true);
	take(w, PORT, &msg);
	fake_file_grow(w->file, 1024);
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 512, 512);
	expect_data(w, PORT, 2, 512, 512);
	fake_file_fail(w->file, PVBOOT_S_TIMEOUT, "the server fell silent");
	expect_error(w, PORT, TFTP_E_UNDEFINED, "fell silent");
	assert_int_equal(w->forgets, 0);
	/* pxelinux does not heed the ERROR and goes on asking: so does the host. */
	give_file(w, 5000);
	guest_acks(w, PORT, 2);
	guest_acks(w, PORT, 2);
	assert_int_equal(w->opens, 2);
	assert_int_equal(waiting(w), 0);
	fake_file_open(w->file, true);
	fake_file_grow(w->file, 1024);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 5000);
	for (uint64_t block = 3; block <= 2 + AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	/* And again, but then with another file. */
	guest_acks(w, PORT, 3);
	w->head = w->tail;
	fake_file_fail(w->file, PVBOOT_S_UNREACHABLE, "no route");
	expect_error(w, PORT, TFTP_E_UNDEFINED, "no route");
	give_whole_file(w, 4999);
	guest_acks(w, PORT, 4);
	expect_error(w, PORT, TFTP_E_UNDEFINED, "changed");
	assert_int_equal(w->forgets, 1);
	give_file(w, 5000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	fake_file_open(w->file, true);
	take(w, PORT, &msg);
	guest_acks(w, PORT, 0);
	fake_file_fail(w->file, PVBOOT_S_TIMEOUT, "silent again");
	expect_error(w, PORT, TFTP_E_UNDEFINED, "silent again");
	w->next_file = NULL;
	guest_acks(w, PORT, 0);
	expect_error(w, PORT, TFTP_E_ACCESS, "does not give out");
}

static void test_file_changed_while_read(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 1000);
	guest_asks(w, PORT, RRQ("f"));
	expect_data(w, PORT, 1, 512, 512);
	fake_file_change(w->file);
	guest_acks(w, PORT, 1);
	expect_error(w, PORT, TFTP_E_UNDEFINED, "it changed");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rrq_in_netascii),
		TEST(test_wrq),
		TEST(test_rrq_with_name_too_long),
		TEST(test_garbage),
		TEST(test_ack_of_nothing),
		TEST(test_file_refused_by_host),
		TEST(test_file_missing),
		TEST(test_file_missing_in_the_log),
		TEST(test_file_fails_midway),
		TEST(test_server_dies_midway),
		TEST(test_file_changed_while_read),
	};

	log_open(false, LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
