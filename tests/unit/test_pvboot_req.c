/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests on queue 1: vmm/pvboot_req.c, vmm/pvboot_io.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_guest.h"

static int setup(void **state)
{
	*state = guest_new(NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	guest_free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define ROOM sizeof(struct pvboot_discover_res)

/* What a request is answered at once; the backend must not have seen it. */
#define assert_refused(g, op, args, len, room, want)                                                                   \
	do {                                                                                                           \
		unsigned int before = (g)->submits + (g)->notes + (g)->dgrams;                                         \
		struct pvboot_rsp answer = guest_ask(g, op, args, len, room);                                          \
                                                                                                                       \
		assert_int_equal(answer.status, want);                                                                 \
		assert_int_equal(answer.length, 0);                                                                    \
		assert_int_equal((g)->submits + (g)->notes + (g)->dgrams, before);                                     \
		assert_int_equal(guest_status(g), 0x0f);                                                               \
	} while (0)

/* ---- refusals: header ------------------------------------------------------------------------------------------ */

/* Send a header as it is, arg_len bytes of zeros behind it. */
static uint32_t ask_with(struct guest *g, const struct pvboot_req *req, uint32_t arg_len)
{
	const uint8_t zeros[PVBOOT_ARGS_MAX + 64] = {0};
	const struct pvboot_rsp rsp = {.status = PVBOOT_S_UNWRITTEN};
	uint32_t id, len;

	guest_put(g, GUEST_OUT(0), zeros, sizeof(zeros));
	guest_put(g, GUEST_OUT(0), req, sizeof(*req));
	guest_put(g, GUEST_IN(0), &rsp, sizeof(rsp));
	guest_desc(g, 1, 0, GUEST_OUT(0), (uint32_t)sizeof(*req) + arg_len, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_IN(0), sizeof(rsp) + ROOM, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, 0);
	guest_kick(g, 1);
	if (!guest_used(g, 1, &id, &len))
		return PVBOOT_S_UNWRITTEN;
	assert_int_equal(len, sizeof(rsp));
	return guest_rsp(g, 0).status;
}

/* [DEV-21] */
static void test_header_malformed_is_refused(void **state)
{
	const struct pvboot_req good = {.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_DISCOVER, .arg_len = 8};
	struct guest *g = *state;
	struct pvboot_req bad;

	guest_start(g);
	bad = good, bad.magic ^= 1;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_BAD_REQUEST);
	bad = good, bad.flags = 0x8000;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_BAD_REQUEST);
	bad = good, bad.reserved = 1;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_BAD_REQUEST);
	bad = good, bad.op = 0;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_UNSUPPORTED);
	bad = good, bad.op = PVBOOT_OP_LAST + 1;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_UNSUPPORTED);
	assert_int_equal(g->submits, 0);
	assert_int_equal(ask_with(g, &good, 8), PVBOOT_S_UNWRITTEN);
	assert_int_equal(g->submits, 1);
}

/* [DEV-21] */
static void test_header_lengths_that_disagree_are_refused(void **state)
{
	const struct pvboot_req good = {.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_DISCOVER, .arg_len = 8};
	struct guest *g = *state;
	struct pvboot_req bad;

	guest_start(g);
	assert_int_equal(ask_with(g, &good, 7), PVBOOT_S_BAD_REQUEST);
	assert_int_equal(ask_with(g, &good, 9), PVBOOT_S_BAD_REQUEST);
	bad = good, bad.arg_len = 0xffffffff;
	assert_int_equal(ask_with(g, &bad, 8), PVBOOT_S_BAD_REQUEST);
	bad = good, bad.arg_len = PVBOOT_ARGS_MAX + 1;
	assert_int_equal(ask_with(g, &bad, PVBOOT_ARGS_MAX + 1), PVBOOT_S_BAD_REQUEST);
	assert_int_equal(g->submits, 0);
}

static void test_header_cut_short_is_refused(void **state)
{
	struct guest *g = *state;
	uint32_t id, len;

	guest_start(g);
	guest_desc(g, 1, 0, GUEST_OUT(0), 15, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_IN(0), 16, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, 0);
	guest_kick(g, 1);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_BAD_REQUEST);
	/* nothing readable at all */
	guest_avail(g, 1, 1);
	guest_kick(g, 1);
	assert_true(guest_used(g, 1, &id, &len) && guest_used(g, 1, &id, &len));
	assert_int_equal(id, 1);
	assert_int_equal(len, 16);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_BAD_REQUEST);
}

/* [DEV-13] */
static void test_request_not_in_memory_is_refused(void **state)
{
	struct guest *g = *state;
	const uint64_t bad[] = {GUEST_HOLE, GUEST_HOLE - 20, UINT64_MAX - 3, UINT64_MAX - 19};
	size_t i;

	guest_start(g);
	for (i = 0; i < 4; i++) {
		guest_desc(g, 1, 0, bad[i], 24, VRING_DESC_F_NEXT, 1);
		guest_desc(g, 1, 1, GUEST_IN(0), 16 + ROOM, VRING_DESC_F_WRITE, 0);
		guest_put(g, GUEST_IN(0), &(struct pvboot_rsp){.status = PVBOOT_S_UNWRITTEN}, 16);
		guest_avail(g, 1, 0);
		guest_kick(g, 1);
		assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_BAD_REQUEST);
	}
	assert_int_equal(g->submits, 0);
}

static void test_request_with_arguments_not_in_memory_is_refused(void **state)
{
	const struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_DISCOVER, .arg_len = 8};
	struct guest *g = *state;

	guest_start(g);
	guest_put(g, GUEST_HOLE - sizeof(req), &req, sizeof(req));
	guest_desc(g, 1, 0, GUEST_HOLE - sizeof(req), 24, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_IN(0), 16 + ROOM, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, 0);
	guest_kick(g, 1);
	assert_int_equal(g->submits, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_BAD_REQUEST);
}

/* [DEV-13] */
static void test_chain_without_room_for_an_answer_returns_empty(void **state)
{
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;
	uint32_t id, len;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), (uint32_t)-1); /* 15 bytes in all */
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(len, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_UNWRITTEN);
	/* room, but none of it is memory */
	guest_desc(g, 1, 1, GUEST_HOLE, 16 + ROOM, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, 0);
	guest_kick(g, 1);
	assert_int_equal(g->nheld, 1);
	pvboot_io_complete(g->held[0], PVBOOT_S_OK, 0, 0);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(len, 0);
	assert_int_equal(guest_status(g), 0x0f);
}

/* ---- refusals: each operation ---------------------------------------------------------------------------------- */

/* [DEV-21] */
static void test_discover_malformed_is_refused(void **state)
{
	struct guest *g = *state;
	struct pvboot_discover_args args = {0};
	const uint8_t with_card[sizeof(args) + PVBOOT_CARD_LEN + 1] = {0};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_DISCOVER, &args, 7, ROOM, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_DISCOVER, with_card, sizeof(with_card), ROOM, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_DISCOVER, &args, 8, ROOM - 1, PVBOOT_S_BAD_REQUEST);
	args.flags = PVBOOT_DISCOVER_F_FRESH << 1;
	assert_refused(g, PVBOOT_OP_DISCOVER, &args, 8, ROOM, PVBOOT_S_UNSUPPORTED);
	args.flags = 0, args.reserved = 1;
	assert_refused(g, PVBOOT_OP_DISCOVER, &args, 8, ROOM, PVBOOT_S_BAD_REQUEST);
}

/* [DEV-21] */
static void test_open_malformed_is_refused(void **state)
{
	struct guest *g = *state;
	struct {
		struct pvboot_open_args args;
		char name[PVBOOT_NAME_MAX + 1];
	} open = {0};

	guest_start(g);
	memset(open.name, 'x', sizeof(open.name));
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16, 16, PVBOOT_S_BAD_REQUEST); /* no name */
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16 + PVBOOT_NAME_MAX + 1, 16, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16 + 5, 15, PVBOOT_S_BAD_REQUEST);
	open.name[4] = '\0';
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16 + 5, 16, PVBOOT_S_BAD_REQUEST);
	open.name[4] = 'x', open.args.flags = 2;
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16 + 5, 16, PVBOOT_S_UNSUPPORTED);
	open.args.flags = 0, open.args.reserved = 0x01000000;
	assert_refused(g, PVBOOT_OP_OPEN, &open, 16 + 5, 16, PVBOOT_S_BAD_REQUEST);
	open.args.reserved = 0;
	guest_submit(g, 0, PVBOOT_OP_OPEN, &open, 16 + PVBOOT_NAME_MAX, 16);
	assert_int_equal(g->nheld, 1);
	assert_int_equal(g->held[0]->arg_len, 16 + PVBOOT_NAME_MAX);
	assert_memory_equal(g->held[0]->args, &open, 16 + PVBOOT_NAME_MAX);
}

/* [DEV-21] */
static void test_read_malformed_is_refused(void **state)
{
	struct guest *g = *state;
	struct pvboot_read_args args = {.handle = 1};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_READ, &args, 23, 100, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_READ, &args, 24, 0, PVBOOT_S_BAD_REQUEST);
	args.flags = 2;
	assert_refused(g, PVBOOT_OP_READ, &args, 24, 100, PVBOOT_S_UNSUPPORTED);
	args.flags = 0, args.reserved = 1;
	assert_refused(g, PVBOOT_OP_READ, &args, 24, 100, PVBOOT_S_BAD_REQUEST);
}

static void test_file_operations_malformed_are_refused(void **state)
{
	struct guest *g = *state;
	struct pvboot_file_args args = {.handle = 1};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_CLOSE, &args, 4, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PROGRESS, &args, 8, 15, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PLAN, (uint8_t[8]){0}, 7, sizeof(struct pvboot_plan), PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PLAN, (uint8_t[8]){0}, 8, sizeof(struct pvboot_plan) - 1, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PLAN, (uint8_t[12]){0}, 9, sizeof(struct pvboot_plan), PVBOOT_S_BAD_REQUEST);
	args.reserved = 1;
	assert_refused(g, PVBOOT_OP_CLOSE, &args, 8, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PROGRESS, &args, 8, 16, PVBOOT_S_BAD_REQUEST);
}

static void test_dgram_operations_malformed_are_refused(void **state)
{
	struct guest *g = *state;
	struct {
		struct pvboot_dgram_args args;
		uint8_t payload[PVBOOT_DGRAM_MAX + 1];
	} send = {0};
	struct pvboot_dgram_open_args open = {.reserved = 1};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_DGRAM_OPEN, &open, 8, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_DGRAM_CLOSE, &open, 8, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_DGRAM_SEND, &send, 20, 0, PVBOOT_S_FAILED); /* not open */
	open.reserved = 0;
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_OPEN, &open, 8, 0).status, PVBOOT_S_OK);
	assert_refused(g, PVBOOT_OP_DGRAM_SEND, &send, 15, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_DGRAM_SEND, &send, sizeof(send.args) + PVBOOT_DGRAM_MAX + 1, 0,
		       PVBOOT_S_BAD_REQUEST);
	send.args.reserved = 1;
	assert_refused(g, PVBOOT_OP_DGRAM_SEND, &send, 20, 0, PVBOOT_S_BAD_REQUEST);
}

/* [DEV-10] */
static void test_dgram_operations_refused_without_the_feature(void **state)
{
	struct pvboot_dgram_open_args open = {0};
	uint8_t send[20] = {0};
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, UINT64_C(1) << VIRTIO_F_VERSION_1);
	guest_queue(g, 0);
	guest_queue(g, 1);
	guest_driver_ok(g);
	assert_refused(g, PVBOOT_OP_DGRAM_OPEN, &open, 8, 0, PVBOOT_S_UNSUPPORTED);
	assert_refused(g, PVBOOT_OP_DGRAM_CLOSE, &open, 0, 0, PVBOOT_S_UNSUPPORTED);
	assert_refused(g, PVBOOT_OP_DGRAM_SEND, send, 20, 0, PVBOOT_S_UNSUPPORTED);
}

static void test_log_and_phase_malformed_are_refused(void **state)
{
	struct guest *g = *state;
	struct {
		struct pvboot_log_args args;
		char text[PVBOOT_LOG_MAX + 1];
	} log = {0};
	struct pvboot_phase_args phase = {0};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_LOG, &log, 7, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_LOG, &log, 8 + PVBOOT_LOG_MAX + 1, 0, PVBOOT_S_BAD_REQUEST);
	log.args.level = 4;
	assert_refused(g, PVBOOT_OP_LOG, &log, 8, 0, PVBOOT_S_BAD_REQUEST);
	log.args.level = 0, log.args.reserved = 1;
	assert_refused(g, PVBOOT_OP_LOG, &log, 8, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_PHASE, &phase, 8, 0, PVBOOT_S_UNSUPPORTED);
	phase.phase = PVBOOT_PHASE_LAST + 1;
	assert_refused(g, PVBOOT_OP_PHASE, &phase, 8, 0, PVBOOT_S_UNSUPPORTED);
	assert_refused(g, PVBOOT_OP_PHASE, &phase, 4, 0, PVBOOT_S_BAD_REQUEST);
}

static void test_cancel_malformed_is_refused(void **state)
{
	struct guest *g = *state;
	struct pvboot_cancel_args args = {.head = GUEST_QUEUE};

	guest_start(g);
	assert_refused(g, PVBOOT_OP_CANCEL, &args, 8, 0, PVBOOT_S_BAD_REQUEST);
	args.head = 0; /* itself */
	assert_refused(g, PVBOOT_OP_CANCEL, &args, 8, 0, PVBOOT_S_BAD_REQUEST);
	args.head = 9, args.reserved[2] = 1;
	assert_refused(g, PVBOOT_OP_CANCEL, &args, 8, 0, PVBOOT_S_BAD_REQUEST);
	assert_refused(g, PVBOOT_OP_CANCEL, &args, 7, 0, PVBOOT_S_BAD_REQUEST);
	assert_int_equal(g->cancels, 0);
}

/* ---- refusals: the backend's answers --------------------------------------------------------------------------- */

static void test_answer_that_cannot_be_becomes_failed(void **state)
{
	static const struct {
		uint32_t status, length;
	} bad[] = {{PVBOOT_S_UNWRITTEN, 0}, {PVBOOT_S_LAST + 1, 0}, {PVBOOT_S_OK, ROOM + 1}, {PVBOOT_S_OK, 0xffffffff}};
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;
	uint32_t id, len;
	size_t i;

	guest_start(g);
	for (i = 0; i < 4; i++) {
		guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, 8, ROOM);
		pvboot_io_complete(g->held[--g->nheld], bad[i].status, 0, bad[i].length);
		assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_FAILED);
		assert_int_equal(guest_rsp(g, 0).length, 0);
		assert_true(guest_used(g, 1, &id, &len));
		assert_int_equal(len, 16);
	}
}

static void test_answer_given_twice_counts_once(void **state)
{
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, 8, ROOM);
	pvboot_io_complete(g->held[0], PVBOOT_S_NO_OFFER, 0, 0);
	pvboot_io_complete(g->held[0], PVBOOT_S_OK, 0, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_NO_OFFER);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 1);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

/* [DEV-22] */
static void test_requests_answered_in_any_order(void **state)
{
	struct pvboot_file_args args = {.handle = 7};
	struct pvboot_progress_res res = {.size = 10, .available = 5};
	struct guest *g = *state;
	uint32_t id, len;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_CLOSE, &args, 8, 0);
	guest_submit(g, 2, PVBOOT_OP_PROGRESS, &args, 8, 16);
	assert_int_equal(g->nheld, 2);
	assert_int_equal(g->held[1]->op, PVBOOT_OP_PROGRESS);
	assert_int_equal(g->held[1]->room, 16);
	assert_true(pvboot_io_write(g->held[1], 0, &res, sizeof(res)));
	pvboot_io_complete(g->held[1], PVBOOT_S_OK, 0, sizeof(res));
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 2);
	assert_int_equal(len, 32);
	assert_false(guest_used(g, 1, &id, &len));
	pvboot_io_complete(g->held[0], PVBOOT_S_BAD_HANDLE, 3, 0);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(guest_rsp(g, 0).detail, 3);
	assert_int_equal(g->irq, 1);
}

/* When, counted in maps, the device wrote at offset of an answer. */
static unsigned int written_at(struct guest *g, uint32_t offset)
{
	unsigned int before = g->maps;

	g->watch = GUEST_IN(0) + offset;
	g->last = 0;
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 16).status, PVBOOT_S_OK);
	assert_int_not_equal(g->last, 0);
	return g->last - before;
}

/* [DEV-22] */
static void test_status_is_written_last(void **state)
{
	struct guest *g = *state;
	unsigned int status, used;

	guest_start(g);
	pvboot_dev_set_error(g->dev, "words", 5);
	status = written_at(g, offsetof(struct pvboot_rsp, status));
	assert_true(written_at(g, offsetof(struct pvboot_rsp, detail)) < status);
	assert_true(written_at(g, offsetof(struct pvboot_rsp, length)) < status);
	assert_true(written_at(g, sizeof(struct pvboot_rsp)) < status);
	g->watch = GUEST_USED(1) + 2;
	used = g->maps;
	guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 16);
	assert_true(g->last - used > status);
}

static void test_read_wait_is_capped(void **state)
{
	struct pvboot_read_args args = {.handle = 1, .flags = PVBOOT_READ_F_PARTIAL, .wait_ms = 0xffffffff};
	struct guest *g = *state;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_READ, &args, 24, 1);
	assert_int_equal(g->nheld, 1);
	memcpy(&args, g->held[0]->args, sizeof(args));
	assert_int_equal(args.wait_ms, PVBOOT_READ_WAIT_MAX);
	assert_int_equal(args.flags, PVBOOT_READ_F_PARTIAL);
}

/* [DEV-33] */
static void test_cancel_answers_both(void **state)
{
	struct pvboot_discover_args args = {0};
	struct pvboot_cancel_args cancel = {.head = 4};
	struct guest *g = *state;
	uint32_t id, len;

	guest_start(g);
	guest_submit(g, 4, PVBOOT_OP_DISCOVER, &args, 8, ROOM);
	guest_submit(g, 0, PVBOOT_OP_CANCEL, &cancel, 8, 0);
	assert_int_equal(g->cancels, 1);
	assert_int_equal(g->nheld, 0);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 4);
	assert_int_equal(guest_rsp(g, 4).status, PVBOOT_S_CANCELLED);
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_OK);
	/* Once more: it is answered already, which is no error. */
	assert_int_equal(guest_ask(g, PVBOOT_OP_CANCEL, &cancel, 8, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->cancels, 1);
}

/* [DEV-32] */
static void test_last_error_is_printable_and_cut_to_the_room(void **state)
{
	static const char words[] = "no\x1b[31m such\nfile \xc3\xa9";
	char got[256], longer[400];
	struct pvboot_rsp rsp;
	struct guest *g = *state;

	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 255).length, 0);
	pvboot_dev_set_error(g->dev, words, sizeof(words) - 1);
	rsp = guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 255);
	assert_int_equal(rsp.length, sizeof(words) - 1);
	guest_get(g, GUEST_IN(0) + 16, got, rsp.length);
	assert_memory_equal(got, "no.[31m such.file ..", rsp.length);
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 4).length, 4);
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 0).length, 0);
	memset(longer, 'e', sizeof(longer));
	pvboot_dev_set_error(g->dev, longer, sizeof(longer));
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 1000).length, PVBOOT_ERROR_MAX);
}

/* [DEV-34] */
static void test_log_text_reaches_the_backend_printable(void **state)
{
	struct {
		struct pvboot_log_args args;
		char text[6];
	} log = {{2, 0}, {'a', 0x1b, '\n', '\0', (char)0x9b, '~'}};
	struct guest *g = *state;

	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_LOG, &log, 14, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->notes, 1);
	assert_int_equal(g->note_op, PVBOOT_OP_LOG);
	assert_int_equal(g->note_len, 14);
	assert_memory_equal(g->note_args + 8, "a....~", 6);
}

/* [DEV-24] [DEV-29] */
static void test_notes_and_datagrams_are_answered_at_once(void **state)
{
	struct pvboot_phase_args phase = {.phase = PVBOOT_PHASE_NBP, .guest_ms = 5};
	struct pvboot_dgram_open_args open = {.address = {1, 2, 3, 4}};
	struct {
		struct pvboot_dgram_args args;
		char payload[PVBOOT_DGRAM_MAX];
	} send = {{.dest = {5, 6, 7, 8}, .dst_port_be = 0x4500}, "hello"};
	struct guest *g = *state;

	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_PHASE, &phase, 8, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->note_op, PVBOOT_OP_PHASE);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_OPEN, &open, 8, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->note_op, PVBOOT_OP_DGRAM_OPEN);
	assert_memory_equal(g->note_args, "\1\2\3\4", 4);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_SEND, &send, sizeof(send), 0).status, PVBOOT_S_OK);
	assert_int_equal(g->dgrams, 1);
	assert_int_equal(g->dgram_len, PVBOOT_DGRAM_MAX);
	assert_memory_equal(&g->dgram_args, &send.args, sizeof(send.args));
	assert_memory_equal(g->dgram, send.payload, PVBOOT_DGRAM_MAX);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_SEND, &send, 16, 0).status, PVBOOT_S_OK); /* an empty one */
	assert_int_equal(g->dgram_len, 0);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_CLOSE, NULL, 0, 0).status, PVBOOT_S_OK);
	assert_int_equal(g->note_op, PVBOOT_OP_DGRAM_CLOSE);
	assert_int_equal(g->note_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header_malformed_is_refused),
		TEST(test_header_lengths_that_disagree_are_refused),
		TEST(test_header_cut_short_is_refused),
		TEST(test_request_not_in_memory_is_refused),
		TEST(test_request_with_arguments_not_in_memory_is_refused),
		TEST(test_chain_without_room_for_an_answer_returns_empty),
		TEST(test_discover_malformed_is_refused),
		TEST(test_open_malformed_is_refused),
		TEST(test_read_malformed_is_refused),
		TEST(test_file_operations_malformed_are_refused),
		TEST(test_dgram_operations_malformed_are_refused),
		TEST(test_dgram_operations_refused_without_the_feature),
		TEST(test_log_and_phase_malformed_are_refused),
		TEST(test_cancel_malformed_is_refused),
		TEST(test_answer_that_cannot_be_becomes_failed),
		TEST(test_answer_given_twice_counts_once),
		TEST(test_requests_answered_in_any_order),
		TEST(test_status_is_written_last),
		TEST(test_read_wait_is_capped),
		TEST(test_cancel_answers_both),
		TEST(test_last_error_is_printable_and_cut_to_the_room),
		TEST(test_log_text_reaches_the_backend_printable),
		TEST(test_notes_and_datagrams_are_answered_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
