/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_msg.c - TFTP messages by (buf, len). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tftp/tftp_msg.h"

/* Parse a literal from a buffer of exactly its size, so that a sanitizer sees any read beyond. */
static bool parse_(const char *literal, size_t len, struct tftp_msg *msg, char **copy)
{
	*copy = calloc(1, len ? len : 1);
	memcpy(*copy, literal, len);
	return tftp_parse(*copy, len, msg);
}

#define refused(literal)                                                                                               \
	do {                                                                                                           \
		struct tftp_msg msg_;                                                                                  \
		char *copy_;                                                                                           \
		assert_false(parse_(literal, sizeof(literal) - 1, &msg_, &copy_));                                     \
		free(copy_);                                                                                           \
	} while (0)
#define taken(literal, msg, copy) assert_true(parse_(literal, sizeof(literal) - 1, msg, copy))

static void test_parse_too_short(void **state)
{
	refused("");
	refused("\0");
	refused("\0\1");
	refused("\0\3");
	refused("\0\3\0");
	refused("\0\4\0");
	refused("\0\5\0");
}

static void test_parse_unknown_opcode(void **state)
{
	refused("\0\0\0\0");
	refused("\0\7\0\0");
	refused("\1\1f\0octet\0");
}

static void test_parse_request_unterminated(void **state)
{
	refused("\0\1file");
	refused("\0\1file\0");
	refused("\0\1file\0octet");
	refused("\0\1\0octet\0");
}

static void test_parse_request(void **state)
{
	struct tftp_msg msg;
	char *copy;

	taken("\0\1dir/file\0OCTet\0blksize\0001408\0tsize\0000\0", &msg, &copy);
	assert_int_equal(msg.op, TFTP_OP_RRQ);
	assert_string_equal(msg.filename, "dir/file");
	assert_true(msg.octet);
	assert_int_equal(msg.opt.present, TFTP_O_BLKSIZE | TFTP_O_TSIZE);
	assert_int_equal(msg.opt.blksize, 1408);
	assert_int_equal(msg.opt.tsize, 0);
	free(copy);
	taken("\0\2f\0netascii\0", &msg, &copy);
	assert_int_equal(msg.op, TFTP_OP_WRQ);
	assert_false(msg.octet);
	assert_int_equal(msg.opt.present | msg.opt.bad | msg.opt.unknown, 0);
	free(copy);
}

static void test_parse_option_values_out_of_range(void **state)
{
	static const char *const values[] = {"",
					     "7",
					     "65536",
					     "-8",
					     "+8",
					     " 8",
					     "8 ",
					     "0x10",
					     "1e3",
					     "99999999999999999999",
					     "18446744073709551624"};
	struct tftp_msg msg;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char buf[64] = "\0\6blksize";
		size_t len = 10 + strlen(values[i]) + 1;

		strcpy(buf + 10, values[i]);
		assert_true(tftp_parse(buf, len, &msg));
		assert_int_equal(msg.opt.present, 0);
		assert_int_equal(msg.opt.bad, TFTP_O_BLKSIZE);
	}
}

static void test_parse_option_limits(void **state)
{
	struct tftp_msg msg;
	char *copy;

	taken("\0\6tsize\0009223372036854775807\0windowsize\00065535\0blksize\0008\0", &msg, &copy);
	assert_int_equal(msg.opt.tsize, INT64_MAX);
	assert_int_equal(msg.opt.windowsize, 65535);
	assert_int_equal(msg.opt.blksize, 8);
	free(copy);
	taken("\0\6tsize\0009223372036854775808\0windowsize\0000\0", &msg, &copy);
	assert_int_equal(msg.opt.bad, TFTP_O_TSIZE | TFTP_O_WINDOWSIZE);
	free(copy);
}

static void test_parse_oack_any_order_and_case_and_garbage(void **state)
{
	struct tftp_msg msg;
	char *copy;

	taken("\0\6x\0y\0TSIZE\00012\0BlkSize\0001024\0blksize\00099\0trailing", &msg, &copy);
	assert_int_equal(msg.opt.unknown, 1);
	assert_int_equal(msg.opt.tsize, 12);
	/* The first counts. */
	assert_int_equal(msg.opt.blksize, 1024);
	assert_int_equal(msg.opt.bad, 0);
	free(copy);
	taken("\0\6", &msg, &copy);
	assert_int_equal(msg.opt.present, 0);
	free(copy);
}

static void test_parse_data(void **state)
{
	struct tftp_msg msg;
	char *copy;

	taken("\0\3\xff\xfe", &msg, &copy);
	assert_int_equal(msg.number, 0xfffe);
	assert_int_equal(msg.data_len, 0);
	free(copy);
	taken("\0\3\0\1abc", &msg, &copy);
	assert_int_equal(msg.data_len, 3);
	assert_memory_equal(msg.data, "abc", 3);
	free(copy);
}

static void test_parse_error_text(void **state)
{
	char buf[4 + 300] = {0, 5, 0, 1};
	struct tftp_msg msg;
	char *copy;

	/* Servers leave out the NUL, or all words; terminals must not see what they sent. */
	taken("\0\5\0\1no\n\x1b[2J", &msg, &copy);
	assert_string_equal(msg.text, "no??[2J");
	free(copy);
	taken("\0\5\0\2", &msg, &copy);
	assert_string_equal(msg.text, "");
	free(copy);
	memset(buf + 4, 'a', 300);
	assert_true(tftp_parse(buf, sizeof(buf), &msg));
	assert_int_equal(strlen(msg.text), TFTP_ERROR_TEXT - 1);
}

static void test_build_without_room(void **state)
{
	struct tftp_options opt = {.present = TFTP_O_BLKSIZE | TFTP_O_TSIZE, .blksize = 1468};
	uint8_t buf[64];
	size_t need = tftp_build_rrq(buf, sizeof(buf), "f", &opt);

	assert_int_equal(need, sizeof("..f.octet.tsize.0.blksize.1468"));
	for (size_t room = 0; room < need; room++) {
		uint8_t *exact = calloc(1, room ? room : 1);

		assert_int_equal(tftp_build_rrq(exact, room, "f", &opt), 0);
		free(exact);
	}
	assert_int_equal(tftp_build_ack(buf, 3, 1), 0);
	assert_int_equal(tftp_build_data(buf, 3, 1), 0);
	assert_int_equal(tftp_build_error(buf, 8, 1, "long words"), 0);
}

static void test_build_and_parse(void **state)
{
	struct tftp_options opt = {.present = TFTP_O_BLKSIZE | TFTP_O_TSIZE | TFTP_O_WINDOWSIZE | TFTP_O_UTIMEOUT,
				   .blksize = 1468,
				   .windowsize = 16,
				   .utimeout = 100000,
				   .tsize = 77};
	uint8_t buf[256];
	struct tftp_msg msg;

	assert_true(tftp_parse(buf, tftp_build_rrq(buf, sizeof(buf), "dir/f", &opt), &msg));
	assert_string_equal(msg.filename, "dir/f");
	assert_true(msg.octet);
	assert_int_equal(msg.opt.present, opt.present);
	assert_int_equal(msg.opt.utimeout, 100000);
	assert_int_equal(msg.opt.tsize, 0); /* a question */
	assert_true(tftp_parse(buf, tftp_build_oack(buf, sizeof(buf), &opt), &msg));
	assert_int_equal(msg.opt.tsize, 77);
	assert_true(tftp_parse(buf, tftp_build_error(buf, sizeof(buf), 8, "no\tway"), &msg));
	assert_int_equal(msg.number, 8);
	assert_string_equal(msg.text, "no?way");
	assert_true(tftp_parse(buf, tftp_build_ack(buf, sizeof(buf), 0x1234), &msg));
	assert_int_equal(msg.number, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_too_short),
		cmocka_unit_test(test_parse_unknown_opcode),
		cmocka_unit_test(test_parse_request_unterminated),
		cmocka_unit_test(test_parse_request),
		cmocka_unit_test(test_parse_option_values_out_of_range),
		cmocka_unit_test(test_parse_option_limits),
		cmocka_unit_test(test_parse_oack_any_order_and_case_and_garbage),
		cmocka_unit_test(test_parse_data),
		cmocka_unit_test(test_parse_error_text),
		cmocka_unit_test(test_build_without_room),
		cmocka_unit_test(test_build_and_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
