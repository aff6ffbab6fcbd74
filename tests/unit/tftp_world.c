/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_world.c - the owner and the server of a TFTP client, both played by a test, in a time of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tftp_world.h"

uint8_t file_byte(uint64_t offset)
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

int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000 * SECOND;
	w->room = UINT64_MAX;
	w->req = (struct tftp_request){.vm = "vm", .server = {172, 21, 0, 2}, .filename = "dir/f"};
	*state = w;
	return 0;
}

int teardown(void **state)
{
	struct world *w = *state;

	tftp_client_end(&w->c);
	free(w);
	return 0;
}

void start(struct world *w, uint16_t blksize, uint16_t windowsize)
{
	tftp_client_init(&w->c, &w->req, blksize, windowsize, &ops, w, &out, w);
	w->c.large_blksize = w->large;
	w->c.path = &w->path;
	tftp_client_start(&w->c, w->now);
}

/* ---- the server's side of a script ----------------------------------------------------------------------------- */

unsigned unseen(const struct world *w)
{
	return w->tail - w->head;
}

void next_message_(struct world *w, uint16_t port, struct tftp_msg *msg, const char *file, int line)
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

void expect_rrq_(struct world *w, uint32_t options, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, 69, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_RRQ, file, line);
	_assert_string_equal(msg.filename, "dir/f", file, line);
	_assert_true(msg.octet, "octet", file, line);
	_assert_int_equal(msg.opt.present, options, file, line);
}

void expect_ack_(struct world *w, uint16_t port, uint16_t block, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, port, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_ACK, file, line);
	_assert_int_equal(msg.number, block, file, line);
}

void expect_error_(struct world *w, uint16_t port, uint16_t code, const char *file, int line)
{
	struct tftp_msg msg;

	next_message_(w, port, &msg, file, line);
	_assert_int_equal(msg.op, TFTP_OP_ERROR, file, line);
	_assert_int_equal(msg.number, code, file, line);
}

void expect_silence_(struct world *w, const char *file, int line)
{
	_assert_int_equal(unseen(w), 0, file, line);
}

void expect_end_(struct world *w, uint32_t status, const char *words, const char *file, int line)
{
	_assert_int_equal(w->done, 1, file, line);
	_assert_int_equal(w->status, status, file, line);
	_assert_int_equal(w->c.state, TFTP_DONE, file, line);
	if (!strstr(w->text, words)) {
		print_error("it says: %s\n", w->text);
		_fail(file, line);
	}
}

void server_grants(struct world *w, uint32_t options, uint64_t tsize, uint16_t blksize, uint16_t windowsize)
{
	struct tftp_options opt = {
		.present = options, .tsize = tsize, .blksize = blksize, .windowsize = windowsize, .utimeout = 100000};
	uint8_t buf[256];

	tftp_client_input(&w->c, w->now, TID, buf, tftp_build_oack(buf, sizeof(buf), &opt));
}

void server_sends_as(struct world *w, uint16_t port, uint64_t block, uint16_t wire, size_t blksize, size_t len)
{
	uint8_t buf[4 + 2048];

	tftp_build_data(buf, sizeof(buf), wire);
	for (size_t i = 0; i < len; i++)
		buf[4 + i] = file_byte((block - 1) * blksize + i);
	tftp_client_input(&w->c, w->now, port, buf, 4 + len);
}

void server_sends(struct world *w, uint64_t block, size_t blksize, size_t len)
{
	server_sends_as(w, TID, block, (uint16_t)block, blksize, len);
}

void wait_deadline(struct world *w)
{
	assert_true(w->c.deadline != UINT64_MAX);
	if (w->c.deadline > w->now)
		w->now = w->c.deadline;
	tftp_client_timeout(&w->c, w->now);
}

void open_file(struct world *w, uint64_t size, uint16_t blksize, uint16_t windowsize)
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
