/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_serve_restore.c - TFTP transfers to the guest that another hostd began. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/kept_head.h"
#include "fake_file.h"
#include "log.h"
#include "tftp/tftp_keep.h"
#include "serve_world.h"

/* ---- another hostd --------------------------------------------------------------------------------------------- */

/* The responder dies; the blob and the guest remain. */
static void restart(struct world *w)
{
	tftp_serve_free(w->serve);
	w->serve = tftp_serve_new(w->base, "vm", &host_ops, w);
	w->head = w->tail;
	w->opens = 0;
}

static void begin_transfer(struct world *w, uint64_t size, uint16_t blksize, uint64_t blocks)
{
	struct tftp_options opt = {.present = TFTP_O_BLKSIZE, .blksize = blksize};
	uint8_t buf[TFTP_REQUEST_MAX];
	struct tftp_msg msg;

	give_whole_file(w, size);
	w->head = w->tail;
	assert_true(guest_sends(w, PORT, 69, buf, tftp_build_rrq(buf, sizeof(buf), "dir/f", &opt)));
	take(w, PORT, &msg);
	if (blocks)
		fetch(w, PORT, size, blksize, 1, blocks);
}

static void test_restore_anywhere(void **state)
{
	static const uint64_t at[] = {0,     1,	    7,	   32767, 32768, 32769,	 40000,
				      65535, 65536, 65537, 98303, 98304, 131072, 150000};
	const uint64_t size = 8 * 150001 + 5;
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		uint16_t tid;

		begin_transfer(w, size, 8, at[i]);
		tid = w->tid;
		restart(w);
		/* The next hostd has to fetch it again. */
		give_file(w, size);
		assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
		assert_int_equal(w->opens, 1);
		assert_string_equal(w->name, "dir/f");
		w->tid = tid;
		guest_acks(w, PORT, at[i]);
		assert_int_equal(waiting(w), 0);
		fake_file_open(w->file, true);
		fake_file_grow(w->file, size);
		fetch(w, PORT, size, 8, at[i] + 1, at[i] + 1);
		assert_int_equal(w->tid, tid);
		if (at[i] == 40000)
			fetch(w, PORT, size, 8, at[i] + 2, size / 8 + 1);
	}
}

static void test_restore_before_the_oack_was_seen(void **state)
{
	struct world *w = *state;

	begin_transfer(w, 5000, 512, 0);
	restart(w);
	assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	/* The guest repeats its request. */
	guest_asks(w, PORT, RRQ("dir/f") "blksize\000512\0");
	expect_oack(w, "\0\6blksize\000512\0");
}

static void test_restore_of_a_changed_file(void **state)
{
	struct world *w = *state;

	begin_transfer(w, 5000, 512, 3);
	restart(w);
	give_whole_file(w, 5001);
	assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	guest_acks(w, PORT, 3);
	expect_error(w, PORT, TFTP_E_UNDEFINED, "changed");
}

static void test_restore_of_a_missing_file(void **state)
{
	struct world *w = *state;

	begin_transfer(w, 5000, 512, 3);
	restart(w);
	give_file(w, 5000);
	assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	fake_file_fail(w->file, PVBOOT_S_NOT_FOUND, "no such file");
	expect_error(w, PORT, TFTP_E_NOT_FOUND, "no such file");
	assert_int_equal(w->blob_len, 0);
}

static void test_restore_of_a_refused_file(void **state)
{
	struct world *w = *state;

	begin_transfer(w, 5000, 512, 3);
	restart(w);
	w->next_file = NULL;
	assert_false(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	expect_error(w, PORT, TFTP_E_ACCESS, "does not give out");
}

static void test_restore_with_ack_beyond_the_end(void **state)
{
	struct world *w = *state;

	begin_transfer(w, 5000, 512, 3);
	restart(w);
	assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	guest_acks(w, PORT, 11);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "lost");
}

static void test_restore_with_size_unknown(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_file(w, 5000);
	guest_asks(w, PORT, RRQ("f") "blksize\000512\0");
	fake_file_open(w->file, false);
	take(w, PORT, &msg);
	restart(w);
	assert_true(tftp_serve_restore(w->serve, PORT, w->blob, w->blob_len));
	guest_acks(w, PORT, 11);
	/* A file shorter than what the guest has. */
	fake_file_grow(w->file, 5000);
	expect_error(w, PORT, TFTP_E_UNDEFINED, "shorter");
}

/* [LNK-15] */
static void test_restore_hostile_blob(void **state)
{
	struct world *w = *state;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX + 64] = {0};
	size_t len;

	begin_transfer(w, 5000, 512, 3);
	len = w->blob_len;
	memcpy(blob, w->blob, len);
	restart(w);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(tftp_serve_restore(w->serve, PORT, blob, cut));
	assert_false(tftp_serve_restore(w->serve, PORT, blob, len + 1));
	assert_false(tftp_serve_restore(w->serve, PORT, blob, PVBOOT_LINK_KEEP_MAX));
	assert_false(tftp_serve_restore(w->serve, PORT + 1, blob, len));
	assert_false(tftp_serve_restore(w->serve, 0, blob, len));
	assert_int_equal(w->opens, 0);
	/* Any single flipped byte is refused or makes another harmless session. */
	w->hostile = true;
	for (size_t i = 0; i < len; i++) {
		blob[i] ^= 0xff;
		if (tftp_serve_restore(w->serve, PORT, blob, len))
			tftp_serve_reset(w->serve);
		w->head = w->tail;
		blob[i] ^= 0xff;
	}
	assert_true(tftp_serve_restore(w->serve, PORT, blob, len));
	/* Twice is once too often. */
	assert_false(tftp_serve_restore(w->serve, PORT, blob, len));
}

/* [LNK-15] What every blob begins with: magic, version, and the length of the name. */
static void test_restore_blob_of_another_version(void **state)
{
	struct tftp_keep keep = {
		.guest_port = PORT, .tid = TFTP_SERVE_TID_FIRST, .blksize = 512, .size = 5000, .filename = "f"};
	uint8_t buf[PVBOOT_LINK_KEEP_MAX];
	size_t len = tftp_keep_build(buf, &keep);

	for (size_t i = 0; i < sizeof(struct kept_head); i++) {
		buf[i]++;
		assert_false(tftp_keep_parse(&keep, PORT, buf, len));
		buf[i]--;
	}
	assert_true(tftp_keep_parse(&keep, PORT, buf, len));
}

static void test_restore_blob_fields(void **state)
{
	struct tftp_keep good = {
		.guest_port = PORT, .tid = TFTP_SERVE_TID_FIRST, .blksize = 512, .size = 5000, .filename = "f"};
	uint8_t buf[PVBOOT_LINK_KEEP_MAX];
	struct tftp_keep bad, out;

	assert_true(tftp_keep_parse(&out, PORT, buf, tftp_keep_build(buf, &good)));
#define REFUSED(change)                                                                                                \
	bad = good;                                                                                                    \
	bad.change;                                                                                                    \
	assert_false(tftp_keep_parse(&out, PORT, buf, tftp_keep_build(buf, &bad)))
	REFUSED(blksize = 7);
	REFUSED(blksize = 0);
	REFUSED(blksize = TFTP_SERVE_BLKSIZE_MAX + 1);
	REFUSED(tid = TFTP_SERVE_TID_FIRST - 1);
	REFUSED(tid = TFTP_SERVE_TID_FIRST + TFTP_SERVE_TIDS);
	REFUSED(guest_port = PORT + 1);
	REFUSED(base = 11);
	REFUSED(base = UINT64_MAX);
	REFUSED(size = UINT64_MAX - 1);
	REFUSED(filename[0] = 0);
	good.size = PVBOOT_SIZE_UNKNOWN;
	REFUSED(base = (UINT64_C(1) << 47) + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_restore_anywhere),
		TEST(test_restore_before_the_oack_was_seen),
		TEST(test_restore_of_a_changed_file),
		TEST(test_restore_of_a_missing_file),
		TEST(test_restore_of_a_refused_file),
		TEST(test_restore_with_ack_beyond_the_end),
		TEST(test_restore_with_size_unknown),
		TEST(test_restore_hostile_blob),
		TEST(test_restore_blob_of_another_version),
		TEST(test_restore_blob_fields),
	};

	log_open(false, LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
