/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp.c - the TFTP client's state machine against scripted servers, in a time of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tftp_client.h"

#define SENT_MAX 256
#define TID 3456
#define SECOND UINT64_C(1000000)

struct sent {
	uint16_t port;
	size_t len;
	uint8_t buf[TFTP_REQUEST_MAX];
};

struct world {
	struct tftp_client c;
	struct tftp_request req;
	uint64_t now;
	struct sent sent[SENT_MAX];
	unsigned head, tail; /* what the client sent and the test did not look at yet */
	unsigned rebinds;
	/* What the owner heard. */
	unsigned opened, done;
	uint64_t size, bytes;
	uint16_t blksize;
	uint32_t status, detail;
	char text[PVBOOT_ERROR_MAX + 1];
	uint64_t room; /* data() takes no more */
};

static uint8_t file_byte(uint64_t offset)
{
	return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

static void on_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct world *w = arg;

	w->opened++;
	w->size = size;
	w->blksize = blksize;
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	struct world *w = arg;
	const uint8_t *bytes = buf;

	assert_int_equal(w->opened, 1);
	assert_int_equal(w->done, 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], file_byte(w->bytes + i));
	w->bytes += len;
	return w->bytes <= w->room;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct world *w = arg;

	w->done++;
	w->status = status;
	w->detail = detail;
	snprintf(w->text, sizeof(w->text), "%s", text);
}

static const struct tftp_ops ops = {.opened = on_opened, .data = on_data, .done = on_done};

static void on_send(void *arg, uint16_t port, const void *buf, size_t len)
{
	struct world *w = arg;
	struct sent *s = &w->sent[w->tail++ % SENT_MAX];

	assert_true(w->tail - w->head <= SENT_MAX);
	assert_in_range(len, 1, sizeof(s->buf));
	s->port = port;
	s->len = len;
	memcpy(s->buf, buf, len);
}

static void on_rebind(void *arg)
{
	struct world *w = arg;

	w->rebinds++;
}

static const struct tftp_client_out out = {.send = on_send, .rebind = on_rebind};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000 * SECOND;
	w->room = UINT64_MAX;
	w->req = (struct tftp_request){.vm = "vm", .server = {172, 21, 0, 2}, .filename = "dir/f"};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tftp_client_end(&w->c);
	free(w);
	return 0;
}

static void start(struct world *w, uint16_t blksize, uint16_t windowsize)
{
	tftp_client_init(&w->c, &w->req, blksize, windowsize, &ops, w, &out, w);
	tftp_client_start(&w->c, w->now);
}

/* ---- the server's side of a script ----------------------------------------------------------------------------- */

static unsigned unseen(const struct world *w)
{
	return w->tail - w->head;
}

/* The next message of the client's, which must go to that port. */
static void next_message_(struct world *w, uint16_t port, struct tftp_msg *msg, const char *file, int line)
{
	const struct sent *s = &w->sent[w->head % SENT_MAX];

	if (!unseen(w)) {
		print_error("the client is silent\n");
		_fail(file, line);
	}
	w->head++;
	_assert_int_equal(s->port, port, file, line);
	_assert_true(tftp_parse(s->buf, s->len, msg), "parses", file, line);
}

static void expect_rrq_(struct world *w, uint32_t options, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, 69, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_RRQ, file, line);
	_assert_string_equal(msg.filename, "dir/f", file, line);
	_assert_true(msg.octet, "octet", file, line);
	_assert_int_equal(msg.opt.present, options, file, line);
}
#define expect_rrq(w, options) expect_rrq_(w, options, __FILE__, __LINE__)
#define ALL_OPTIONS (TFTP_O_TSIZE | TFTP_O_BLKSIZE | TFTP_O_WINDOWSIZE | TFTP_O_UTIMEOUT)

static void expect_ack_(struct world *w, uint16_t port, uint16_t block, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, port, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_ACK, file, line);
	_assert_int_equal(msg.number, block, file, line);
}
#define expect_ack(w, block) expect_ack_(w, TID, block, __FILE__, __LINE__)

static void expect_error_(struct world *w, uint16_t port, uint16_t code, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, port, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_ERROR, file, line);
	_assert_int_equal(msg.number, code, file, line);
}
#define expect_error(w, port, code) expect_error_(w, port, code, __FILE__, __LINE__)

static void expect_silence_(struct world *w, const char *file, int line)
{
	_assert_int_equal(unseen(w), 0, file, line);
}
#define expect_silence(w) expect_silence_(w, __FILE__, __LINE__)

static void expect_end_(struct world *w, uint32_t status, const char *words, const char *file, int line)
{
	_assert_int_equal(w->done, 1, file, line);
	_assert_int_equal(w->status, status, file, line);
	_assert_int_equal(w->c.state, TFTP_DONE, file, line);
	if (!strstr(w->text, words)) {
		print_error("it says: %s\n", w->text);
		_fail(file, line);
	}
}
#define expect_end(w, status, words) expect_end_(w, status, words, __FILE__, __LINE__)

#define server_says(w, port, literal) tftp_client_input(&(w)->c, (w)->now, port, literal, sizeof(literal) - 1)

static void server_grants(struct world *w, uint32_t options, uint64_t tsize, uint16_t blksize, uint16_t windowsize)
{
	struct tftp_options opt = {.present = options, .tsize = tsize, .blksize = blksize, .windowsize = windowsize};
	uint8_t buf[256];

	tftp_client_input(&w->c, w->now, TID, buf, tftp_build_oack(buf, sizeof(buf), &opt));
}

static void server_sends_as(struct world *w, uint16_t port, uint64_t block, uint16_t wire, size_t blksize, size_t len)
{
	uint8_t buf[4 + 2048];

	tftp_build_data(buf, sizeof(buf), wire);
	for (size_t i = 0; i < len; i++)
		buf[4 + i] = file_byte((block - 1) * blksize + i);
	tftp_client_input(&w->c, w->now, port, buf, 4 + len);
}

static void server_sends(struct world *w, uint64_t block, size_t blksize, size_t len)
{
	server_sends_as(w, TID, block, (uint16_t)block, blksize, len);
}

/* Let time pass to the client's next deadline. */
static void wait_deadline(struct world *w)
{
	assert_true(w->c.deadline != UINT64_MAX);
	if (w->c.deadline > w->now)
		w->now = w->c.deadline;
	tftp_client_timeout(&w->c, w->now);
}

/* Up to the first ACK, with tsize and blksize granted. */
static void open_file(struct world *w, uint64_t size, uint16_t blksize, uint16_t windowsize)
{
	start(w, blksize, windowsize);
	expect_rrq(w, windowsize > 1 ? ALL_OPTIONS : ALL_OPTIONS & ~TFTP_O_WINDOWSIZE);
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE | (windowsize > 1 ? TFTP_O_WINDOWSIZE : 0), size, blksize,
		      windowsize);
	expect_ack(w, 0);
	assert_int_equal(w->opened, 1);
	assert_int_equal(w->size, size);
	assert_int_equal(w->blksize, blksize);
}

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
	server_says(w, TID, "\0\5\0\0disk on fire\0");
	expect_end(w, PVBOOT_S_TFTP_ERROR, "disk on fire");
	expect_silence(w); /* an ERROR is not answered */
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
	uint64_t before, first, second;

	open_file(w, 100000, 512, 1);
	before = w->now;
	wait_deadline(w);
	expect_ack(w, 0);
	first = w->now - before;
	before = w->now;
	wait_deadline(w);
	expect_ack(w, 0);
	second = w->now - before;
	assert_int_equal(second, 2 * first);
	/* A quick server is soon found out to be quick. */
	for (uint64_t block = 1; block < 20; block++) {
		w->now += 100;
		server_sends(w, block, 512, 512);
		expect_ack(w, (uint16_t)block);
	}
	assert_in_range(w->c.deadline - w->now, 1, 50000);
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

static void test_window_last_block_lost(void **state)
{
	struct world *w = *state;

	open_file(w, 100000, 512, 4);
	for (uint64_t block = 1; block <= 3; block++)
		server_sends(w, block, 512, 512);
	expect_silence(w);
	wait_deadline(w);
	expect_ack(w, 3);
}

/* ---- long files ------------------------------------------------------------------------------------------------ */

static void lock_step_beyond_the_wrap(struct world *w, unsigned rollover)
{
	const uint64_t blocks = 140000;
	uint16_t wire = 0;

	open_file(w, blocks * 8 - 3, 8, 1);
	for (uint64_t block = 1; block <= blocks; block++) {
		wire = wire == 65535 ? (uint16_t)rollover : (uint16_t)(wire + 1);
		server_sends_as(w, TID, block, wire, 8, block < blocks ? 8 : 5);
		expect_ack(w, wire);
	}
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, blocks * 8 - 3);
}

static void test_rollover_to_0(void **state)
{
	lock_step_beyond_the_wrap(*state, 0);
}

static void test_rollover_to_1(void **state)
{
	lock_step_beyond_the_wrap(*state, 1);
}

/* With windows a 1 after 65535 may only mean that 0 was lost. */
static void test_rollover_with_block_0_lost(void **state)
{
	struct world *w = *state;

	open_file(w, 8 * 70000, 8, 16);
	for (uint64_t block = 1; block <= 65535; block++) {
		server_sends(w, block, 8, 8);
		w->head = w->tail;
	}
	for (uint64_t block = 65537; block <= 65540; block++)
		server_sends(w, block, 8, 8);
	assert_int_equal(w->bytes, 8 * 65535);
	expect_ack(w, 65535);
	server_sends(w, 65536, 8, 8);
	assert_int_equal(w->bytes, 8 * 65540);
}

/* A server and a network in virtual time. */
struct in_flight {
	uint64_t at;
	bool to_client;
	uint16_t wire; /* DATA's or ACK's number */
	uint64_t block;
};

struct sim {
	struct world *w;
	uint64_t rng, size, total; /* total: blocks */
	uint16_t blksize, window;
	unsigned rollover;
	bool rewinds;		  /* a repeated ACK makes it send again */
	unsigned loss, dup, late; /* per mille */
	struct in_flight net[512];
	unsigned flying;
	uint64_t acked, timeout;
	uint64_t acks, datas;
};

static unsigned draw(struct sim *sim)
{
	sim->rng = sim->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(sim->rng >> 33) % 1000;
}

static void launch(struct sim *sim, bool to_client, uint16_t wire, uint64_t block)
{
	unsigned copies = draw(sim) < sim->loss ? 0 : draw(sim) < sim->dup ? 2 : 1;

	for (; copies; copies--) {
		assert_true(sim->flying < 512);
		sim->net[sim->flying++] = (struct in_flight){
			.at = sim->w->now + 50 + sim->flying + (draw(sim) < sim->late ? draw(sim) * 5 : 0),
			.to_client = to_client,
			.wire = wire,
			.block = block,
		};
	}
}

static uint16_t sim_wire(const struct sim *sim, uint64_t block)
{
	return sim->rollover && block ? (uint16_t)((block - 1) % 65535 + 1) : (uint16_t)block;
}

static void sim_send_window(struct sim *sim)
{
	for (uint64_t block = sim->acked + 1; block <= sim->acked + sim->window && block <= sim->total; block++) {
		launch(sim, true, sim_wire(sim, block), block);
		sim->datas++;
	}
	sim->timeout = sim->w->now + SECOND / 10;
}

static void sim_ack(struct sim *sim, uint16_t wire)
{
	sim->acks++;
	for (uint64_t block = sim->acked + sim->window; block + 1 > sim->acked; block--) {
		if (block > sim->total || sim_wire(sim, block) != wire)
			continue;
		if (block == sim->acked && !sim->rewinds && sim->datas)
			return;
		sim->acked = block;
		sim_send_window(sim);
		return;
	}
}

static void sim_arrive(struct sim *sim, struct in_flight p)
{
	uint64_t left = sim->size - (p.block - 1) * sim->blksize;

	if (!p.to_client)
		sim_ack(sim, p.wire);
	else
		server_sends_as(sim->w, TID, p.block, p.wire, sim->blksize,
				left < sim->blksize ? (size_t)left : sim->blksize);
}

/* The next thing that happens. */
static void sim_step(struct sim *sim)
{
	struct world *w = sim->w;
	uint64_t at = w->c.deadline < sim->timeout ? w->c.deadline : sim->timeout;
	unsigned first = sim->flying;

	for (unsigned i = 0; i < sim->flying; i++)
		if (sim->net[i].at <= at) {
			at = sim->net[i].at;
			first = i;
		}
	w->now = at > w->now ? at : w->now;
	if (first < sim->flying) {
		struct in_flight p = sim->net[first];

		sim->net[first] = sim->net[--sim->flying];
		sim_arrive(sim, p);
	} else if (w->c.deadline <= at) {
		tftp_client_timeout(&w->c, w->now);
	} else {
		sim_send_window(sim);
	}
	for (; unseen(w); w->head++) {
		const struct sent *s = &w->sent[w->head % SENT_MAX];

		if (s->buf[1] == TFTP_OP_ACK)
			launch(sim, false, (uint16_t)(s->buf[2] << 8 | s->buf[3]), 0);
	}
}

static void simulate(struct world *w, struct sim sim)
{
	uint64_t begin = w->now;

	w->opened = w->done = 0;
	w->bytes = 0;
	sim.w = w;
	sim.total = sim.size / sim.blksize + 1;
	sim.timeout = UINT64_MAX;
	start(w, sim.blksize, sim.window);
	w->head = w->tail;
	server_grants(w, TFTP_O_TSIZE | TFTP_O_BLKSIZE | (sim.window > 1 ? TFTP_O_WINDOWSIZE : 0), sim.size,
		      sim.blksize, sim.window);
	while (!w->done && w->now < begin + 10000 * SECOND)
		sim_step(&sim);
	if (w->status || w->bytes != sim.size)
		print_error("seed %llx window %u rollover %u loss %u: %s\n", (unsigned long long)sim.rng, sim.window,
			    sim.rollover, sim.loss, w->text);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, sim.size);
	assert_int_equal(w->rebinds, 0);
	/* Neither side may multiply the other's traffic. */
	if (!sim.loss && !sim.late)
		assert_true(sim.datas <= sim.total);
	assert_true(sim.datas <= sim.total * 2 + 100);
	tftp_client_end(&w->c);
}

static void test_network_doubles_everything(void **state)
{
	for (uint16_t window = 1; window <= 16; window *= 4)
		simulate(*state,
			 (struct sim){.rng = window, .size = 100000, .blksize = 512, .window = window, .dup = 1000});
}

static void test_network_loses_doubles_and_reorders(void **state)
{
	for (unsigned seed = 1; seed <= 60; seed++)
		simulate(*state, (struct sim){.rng = seed,
					      .size = 200000 + seed % 3,
					      .blksize = 512,
					      .window = (uint16_t)(seed % 4 == 0 ? 1 : seed % 33 + 1),
					      .rewinds = seed % 2,
					      .loss = 50,
					      .dup = 50,
					      .late = 50});
}

static void test_network_harms_the_rollover(void **state)
{
	for (unsigned seed = 1; seed <= 12; seed++)
		simulate(*state, (struct sim){.rng = seed * 77,
					      .size = 8 * 66000 + seed,
					      .blksize = 8,
					      .window = (uint16_t)(seed % 3 == 0 ? 1 : 16),
					      .rollover = seed % 2,
					      .rewinds = true,
					      .loss = seed > 8 ? 50 : 5,
					      .dup = 20,
					      .late = 20});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_file_missing),
		TEST(test_file_refused),
		TEST(test_other_error_midway),
		TEST(test_options_refused),
		TEST(test_options_refused_although_none_asked),
		TEST(test_oack_larger_than_asked),
		TEST(test_block_larger_than_agreed),
		TEST(test_more_than_announced),
		TEST(test_less_than_announced),
		TEST(test_no_room),
		TEST(test_stray_tid),
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
		TEST(test_server_ignores_options),
		TEST(test_server_answers_from_port_69),
		TEST(test_empty_file),
		TEST(test_server_echoes_tsize_0),
		TEST(test_exact_multiple),
		TEST(test_only_the_size),
		TEST(test_duplicates_are_not_acknowledged),
		TEST(test_duplicates_in_a_window_are_not_acknowledged),
		TEST(test_retransmission_backs_off),
		TEST(test_window_is_acknowledged_once),
		TEST(test_window_reordered),
		TEST(test_window_with_loss),
		TEST(test_window_last_block_lost),
		TEST(test_rollover_to_0),
		TEST(test_rollover_to_1),
		TEST(test_rollover_with_block_0_lost),
		TEST(test_network_doubles_everything),
		TEST(test_network_loses_doubles_and_reorders),
		TEST(test_network_harms_the_rollover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
