/* SPDX-License-Identifier: BSD-2-Clause */
/* test_link_conn.c - the link to hostd, its connection and its requests, against a hostd that is played by the test. */
#include "fake_host.h"

static const uint8_t some_mac[6] = {0x52, 0x54, 0, 1, 2, 3};

/* ---- the connection --------------------------------------------------------------------------------------------- */

static void test_hello_after_garbage(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_link_hdr almost = {PVBOOT_LINK_MAGIC, 17, PVBOOT_LINK_HELLO, 0, 0};
	struct pvboot_link_identity id;

	link_up(&h->link);
	link_input(&h->link, "PVLKPVL garbage from an old stream", 34);
	link_input(&h->link, &almost, sizeof(almost));
	link_input(&h->link, "PV", 2);
	host_hello(h, 0, 9, 0xffffffff);
	host_expect(h, PVBOOT_LINK_IDENTITY, &id, sizeof(id));
	assert_int_equal(id.nonce, HOST_NONCE);
	assert_int_equal(id.version, 1);
	assert_int_equal(id.features, 0);
	assert_int_equal(id.flags, PVBOOT_LINK_ID_MAC);
	assert_memory_equal(id.mac, some_mac, 6);
	assert_string_equal(id.name, "vm");
	host_free(h);
}

/* [LNK-5] [DEV-16] */
static void test_welcome_lays_down_identity(void **state)
{
	struct fake_host *h = host_new(true);
	struct pvboot_link_welcome w = {.version = 1,
					.flags = PVBOOT_LINK_ID_MAC | PVBOOT_LINK_ID_UUID,
					.features = PVBOOT_LINK_F_FD,
					.uuid = "0123456789abcde",
					.mac = {2, 3, 4, 5, 6, 7},
					.host_wait_ms = 9};

	link_up(&h->link);
	host_hello(h, 1, 1, 1);
	host_send(h, PVBOOT_LINK_WELCOME, 0, &w, sizeof(w), NULL, 0);
	assert_memory_equal(h->dev.mac, w.mac, 6);
	assert_memory_equal(h->dev.uuid, w.uuid, 16);
	assert_int_equal(h->dev.host_wait_ms, 9);
	assert_int_equal(h->dev.status, PVBOOT_STATUS_HOST_UP);
	assert_string_equal(h->dev.log, "hostd is there");
	host_free(h);
}

static void test_bytes_one_by_one(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint32_t id;

	h->one_by_one = true;
	host_connect(h, 0);
	io = host_read(h, 1, 0, 5000, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	host_data(h, id, 0, host_bytes, 3000);
	host_data(h, id, 3000, host_bytes + 3000, 2000);
	host_reply_read(h, id, PVBOOT_S_OK, 1, 5000);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->detail, 1);
	assert_int_equal(io->length, 5000);
	assert_memory_equal(io->result, host_bytes, 5000);
	host_free(h);
}

static void test_output_in_pieces(void **state)
{
	struct fake_host *h = host_new(false);

	h->out_piece = 1;
	host_connect(h, 0);
	host_discovering(h);
	for (unsigned int i = 0; i < 200; i++)
		link_pump(&h->link);
	host_expect_request(h, PVBOOT_OP_DISCOVER);
	host_free(h);
}

/* [DEV-20] */
static void test_request_waits_for_host(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *first = host_discovering(h), *second = host_open(h);
	uint32_t id;

	host_connect(h, 0);
	id = host_expect_request(h, PVBOOT_OP_DISCOVER);
	host_expect_request(h, PVBOOT_OP_OPEN);
	host_reply(h, id, PVBOOT_S_NO_OFFER, NULL, 0);
	assert_int_equal(first->answers, 1);
	assert_int_equal(first->status, PVBOOT_S_NO_OFFER);
	assert_int_equal(second->answers, 0);
	host_free(h);
}

/* [DEV-20] [LNK-5] [LNK-6] */
static void test_host_dies_and_comes_back(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint8_t blob[8];
	uint32_t id;

	host_connect(h, 0);
	host_send(h, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_LEASE, "a lease", 8, NULL, 0);
	host_send(h, PVBOOT_LINK_KEEP, 77, "gone", 5, NULL, 0);
	host_send(h, PVBOOT_LINK_FORGET, 77, NULL, 0, NULL, 0);
	io = host_discovering(h);
	id = host_expect_request(h, PVBOOT_OP_DISCOVER);
	link_down(&h->link);
	assert_int_equal(h->dev.status, 0);
	assert_string_equal(h->dev.log, "hostd is gone; the guest waits");

	/* [LNK-14] what was kept, then RESUME, then what is not answered, under its id */
	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, 0);
	host_expect(h, PVBOOT_LINK_KEPT, blob, 8);
	assert_memory_equal(blob, "a lease", 8);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	assert_int_equal(host_expect_request(h, PVBOOT_OP_DISCOVER), id);
	assert_string_equal(h->dev.log, "hostd is back");
	assert_int_equal(h->dev.status, PVBOOT_STATUS_HOST_UP);
	host_reply(h, id, PVBOOT_S_NO_BOOTFILE, NULL, 0);
	assert_int_equal(io->status, PVBOOT_S_NO_BOOTFILE);
	host_free(h);
}

static void test_data_into_no_memory(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint32_t id;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	io->no_memory = true;
	id = host_expect_request(h, PVBOOT_OP_READ);
	host_data(h, id, 0, "0123456789", 10);
	host_reply_read(h, id, PVBOOT_S_OK, 1, 10);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_BAD_REQUEST);
	assert_int_equal(io->length, 0);
	host_free(h);
}

/* The frame of a DATA, for an owner that copies the bytes itself. */
static size_t data_frame(uint8_t *to, uint32_t id, const char *bytes, uint32_t len)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, (uint32_t)sizeof(struct pvboot_link_data) + len,
				      PVBOOT_LINK_DATA, 0, id};
	struct pvboot_link_data d = {.length = len};

	memcpy(to, &hdr, sizeof(hdr));
	memcpy(to + sizeof(hdr), &d, sizeof(d));
	memcpy(to + sizeof(hdr) + sizeof(d), bytes, len);
	return sizeof(hdr) + sizeof(d) + len;
}

/* [DEV-6] */
static void test_copy_left_to_the_owner(void **state)
{
	const size_t head = sizeof(struct pvboot_link_hdr) + sizeof(struct pvboot_link_data);
	struct fake_host *h = host_new(false);
	struct link_copy copy;
	struct fake_io *io;
	uint8_t frame[64];
	uint32_t id;
	size_t len;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	len = data_frame(frame, id, "0123456789", 10);
	assert_int_equal(link_input_some(&h->link, frame, len - 3, &copy), head);
	assert_ptr_equal(copy.to, io->result);
	assert_int_equal(copy.len, 7);
	memcpy(copy.to, frame + head, copy.len);
	link_copied(&h->link, copy.len);
	assert_int_equal(link_input_some(&h->link, frame + len - 3, 3, &copy), 0);
	assert_ptr_equal(copy.to, io->result + 7);
	memcpy(copy.to, frame + len - 3, copy.len);
	link_copied(&h->link, copy.len);
	host_reply_read(h, id, PVBOOT_S_OK, 0, 10);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_memory_equal(io->result, "0123456789", 10);
	host_free(h);
}

static void test_reset_during_copy(void **state)
{
	struct fake_host *h = host_new(false);
	struct link_copy copy;
	struct fake_io *io, *next;
	uint8_t frame[64];
	uint32_t id;
	size_t len;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	len = data_frame(frame, id, "0123456789", 10);
	link_input_some(&h->link, frame, len - 3, &copy);
	assert_non_null(copy.to);
	link_backend.reset(&h->link);
	next = host_read(h, 1, 0, 10, 0, 0);
	link_copied(&h->link, copy.len);
	assert_int_equal(next->io.be_offset, 0);
	/* the rest of the frame is nobody's */
	assert_int_equal(link_input_some(&h->link, frame + len - 3, 3, &copy), 3);
	assert_null(copy.to);
	assert_int_equal(io->answers, 0);
	assert_int_equal(h->link.state, LINK_UP);
	host_free(h);
}

/* A connection that ends by itself during the copy: what comes next is looked at as a new one's. */
static void test_link_down_during_copy(void **state)
{
	struct fake_host *h = host_new(false);
	struct link_copy copy;
	struct fake_io *io;
	uint8_t frame[64];
	uint32_t id;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	link_input_some(&h->link, frame, data_frame(frame, id, "0123456789", 10), &copy);
	assert_int_equal(copy.len, 10);
	link_down(&h->link);
	link_up(&h->link);
	link_copied(&h->link, copy.len);
	assert_int_equal(io->io.be_offset, 0);
	host_hello(h, 1, 1, 0);
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, 0);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	assert_int_equal(host_expect_request(h, PVBOOT_OP_READ), id);
	host_data(h, id, 0, "9876543210", 10);
	host_reply_read(h, id, PVBOOT_S_OK, 0, 10);
	assert_memory_equal(io->result, "9876543210", 10);
	host_free(h);
}

/* [LNK-17] */
static void test_host_says_goodbye(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;

	host_connect(h, 0);
	io = host_discovering(h);
	host_expect_request(h, PVBOOT_OP_DISCOVER);
	host_send(h, PVBOOT_LINK_BYE, 0, NULL, 0, NULL, 0);
	assert_string_equal(h->dev.log, "hostd is gone; the guest waits");
	host_expect_given_up(h, io);
	host_free(h);
}

static void test_state_hostile(void **state)
{
	static uint8_t buf[LINK_STATE_MAX];
	struct fake_host *h = host_new(false);
	uint32_t bad;
	size_t len;

	host_connect(h, 0);
	host_send(h, PVBOOT_LINK_KEEP, 5, "five", 5, NULL, 0);
	assert_int_equal(link_save(&h->link, buf, sizeof(buf) - 1), 0);
	len = link_save(&h->link, buf, sizeof(buf));
	assert_true(len > 5);
	for (size_t cut = 1; cut < 13; cut++)
		assert_false(link_load(&h->link, buf, len - cut));
	bad = PVBOOT_LINK_KEEP_MAX + 1;
	memcpy(buf + len - 9, &bad, sizeof(bad));
	assert_false(link_load(&h->link, buf, len));
	bad = 2;
	memcpy(buf, &bad, sizeof(bad));
	assert_false(link_load(&h->link, buf, len));
	host_free(h);
}

static void test_state_of_another_link(void **state)
{
	static uint8_t buf[LINK_STATE_MAX];
	struct fake_host *h = host_new(false), *other = host_new(false);
	uint8_t blob[8];
	size_t len;

	host_connect(h, 0);
	host_send(h, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_LEASE, "a lease", 8, NULL, 0);
	len = link_save(&h->link, buf, sizeof(buf));
	assert_true(link_load(&other->link, buf, len));
	link_up(&other->link);
	host_hello(other, 1, 1, 0);
	host_expect(other, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(other, 0);
	host_expect(other, PVBOOT_LINK_KEPT, blob, 8);
	assert_memory_equal(blob, "a lease", 8);
	host_free(h);
	host_free(other);
}

static void test_host_starts_over_in_stream(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint32_t id;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	host_data(h, id, 0, "abc", 3);
	host_hello(h, 1, 1, 0); /* no word of the old one's end */
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, 0);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	assert_int_equal(host_expect_request(h, PVBOOT_OP_READ), id);
	host_data(h, id, 0, "0123456789", 10);
	host_reply_read(h, id, PVBOOT_S_OK, 0, 10);
	assert_int_equal(io->length, 10);
	assert_memory_equal(io->result, "0123456789", 10);
	host_free(h);
}

/* ---- cancel, reset, notes, datagrams ---------------------------------------------------------------------------- */

/* [LNK-8] */
static void test_cancel_crosses_reply(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint32_t id;

	host_connect(h, 0);
	io = host_discovering(h);
	id = host_expect_request(h, PVBOOT_OP_DISCOVER);
	link_backend.cancel(&h->link, &io->io);
	assert_int_equal(host_expect(h, PVBOOT_LINK_CANCEL, NULL, 0), id);
	host_reply(h, id, PVBOOT_S_NO_OFFER, NULL, 0);
	assert_int_equal(io->answers, 0);
	assert_int_equal(h->link.state, LINK_UP);
	host_free(h);
}

/* [LNK-7] also after 2^32 of them */
static void test_request_ids_wrap(void **state)
{
	struct fake_host *h = host_new(false);

	host_connect(h, 0);
	h->link.last_id = UINT32_MAX - 1;
	host_discovering(h);
	assert_int_equal(host_expect_request(h, PVBOOT_OP_DISCOVER), UINT32_MAX);
	host_discovering(h);
	assert_int_equal(host_expect_request(h, PVBOOT_OP_DISCOVER), 1);
	h->link.last_id = UINT32_MAX - 1;
	host_discovering(h); /* one is unanswered still */
	assert_int_equal(host_expect_request(h, PVBOOT_OP_DISCOVER), 2);
	host_free(h);
}

static void test_cancel_unsent_is_silent(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io = host_discovering(h);

	link_backend.cancel(&h->link, &io->io);
	host_connect(h, 0);
	assert_int_equal(h->out_len, 0);
	host_free(h);
}

static void test_cancel_in_mid_data(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, 16 + 8, PVBOOT_LINK_DATA, 0, 0};
	struct pvboot_link_data d = {0, 8, 0};
	struct fake_io *io;

	host_connect(h, 0);
	io = host_read(h, 1, 0, 10, 0, 0);
	hdr.id = host_expect_request(h, PVBOOT_OP_READ);
	link_input(&h->link, &hdr, sizeof(hdr));
	link_input(&h->link, &d, sizeof(d));
	link_input(&h->link, "abcd", 4);
	link_backend.cancel(&h->link, &io->io);
	link_input(&h->link, "efgh", 4);
	assert_int_equal(h->link.state, LINK_UP);
	assert_memory_equal(io->result, "abcd\0\0", 6);
	host_send(h, PVBOOT_LINK_KEEP, 1, "x", 1, NULL, 0); /* in step with the stream */
	assert_int_equal(h->link.state, LINK_UP);
	host_free(h);
}

static void test_reset_forgets(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;
	uint8_t blob[8];

	host_connect(h, 0);
	host_send(h, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_LEASE, "a lease", 8, NULL, 0);
	host_send(h, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_DGRAM, "dgrams", 7, NULL, 0);
	io = host_discovering(h);
	host_expect_request(h, PVBOOT_OP_DISCOVER);
	link_backend.reset(&h->link);
	host_expect(h, PVBOOT_LINK_RESET, NULL, 0);
	link_down(&h->link);
	assert_string_equal(h->dev.log, "hostd is gone");
	/* [LNK-16] only the lease outlives it */
	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, 0);
	host_expect(h, PVBOOT_LINK_KEPT, blob, 8);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	assert_int_equal(h->out_len, 0);
	assert_int_equal(io->answers, 0);
	host_free(h);
}

static void test_dgram_open_outlives_absence(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_dgram_open_args a = {{10, 0, 0, 1}, 0};
	struct pvboot_link_request q;
	uint8_t body[sizeof(q) + sizeof(a)];

	link_backend.note(&h->link, PVBOOT_OP_DGRAM_CLOSE, NULL, 0);
	link_backend.note(&h->link, PVBOOT_OP_DGRAM_OPEN, (const uint8_t *)&a, sizeof(a));
	host_connect(h, 0);
	host_expect(h, PVBOOT_LINK_NOTE, body, sizeof(body));
	memcpy(&q, body, sizeof(q));
	assert_int_equal(q.op, PVBOOT_OP_DGRAM_OPEN);
	assert_memory_equal(body + sizeof(q), &a, sizeof(a));
	assert_int_equal(h->out_len, 0);
	host_free(h);
}

static void test_dgram_both_ways(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_dgram_args a = {.dest = {10, 0, 0, 2}, .src_port_be = 0x1111, .dst_port_be = 0x4500};
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = 2, .src = {10, 0, 0, 2}};
	uint8_t body[sizeof(pkt) + 3];

	link_backend.dgram(&h->link, &a, "lost", 4); /* no host */
	host_connect(h, 0);
	link_backend.dgram(&h->link, &a, "abc", 3);
	host_expect(h, PVBOOT_LINK_DGRAM, body, sizeof(body));
	memcpy(&pkt, body, sizeof(pkt));
	assert_int_equal(pkt.length, 3);
	assert_memory_equal(pkt.dst, a.dest, 4);
	assert_int_equal(pkt.src_port_be, 0x1111);
	assert_memory_equal(body + sizeof(pkt), "abc", 3);
	pkt.length = 2;
	host_send(h, PVBOOT_LINK_DGRAM, 0, &pkt, sizeof(pkt), "hi", 2);
	assert_int_equal(h->dev.delivered, 1);
	assert_memory_equal(h->dev.payload, "hi", 2);
	host_free(h);
}

static void test_partial_read_without_host_answers_again(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io = host_read(h, 1, 0, 10, PVBOOT_READ_F_PARTIAL, 70000);

	assert_int_equal(link_deadline(&h->link), PVBOOT_READ_WAIT_MAX);
	h->dev.now_ms = PVBOOT_READ_WAIT_MAX - 1;
	link_turn(&h->link);
	assert_int_equal(io->answers, 0);
	h->dev.now_ms++;
	link_turn(&h->link);
	assert_int_equal(io->status, PVBOOT_S_AGAIN);
	assert_true(link_deadline(&h->link) == UINT64_MAX);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello_after_garbage),
		cmocka_unit_test(test_welcome_lays_down_identity),
		cmocka_unit_test(test_bytes_one_by_one),
		cmocka_unit_test(test_output_in_pieces),
		cmocka_unit_test(test_request_waits_for_host),
		cmocka_unit_test(test_host_dies_and_comes_back),
		cmocka_unit_test(test_data_into_no_memory),
		cmocka_unit_test(test_copy_left_to_the_owner),
		cmocka_unit_test(test_reset_during_copy),
		cmocka_unit_test(test_link_down_during_copy),
		cmocka_unit_test(test_host_says_goodbye),
		cmocka_unit_test(test_state_hostile),
		cmocka_unit_test(test_state_of_another_link),
		cmocka_unit_test(test_host_starts_over_in_stream),
		cmocka_unit_test(test_cancel_crosses_reply),
		cmocka_unit_test(test_request_ids_wrap),
		cmocka_unit_test(test_cancel_unsent_is_silent),
		cmocka_unit_test(test_cancel_in_mid_data),
		cmocka_unit_test(test_reset_forgets),
		cmocka_unit_test(test_dgram_open_outlives_absence),
		cmocka_unit_test(test_dgram_both_ways),
		cmocka_unit_test(test_partial_read_without_host_answers_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
