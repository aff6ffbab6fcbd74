/* SPDX-License-Identifier: BSD-2-Clause */
/* test_link.c - the link to hostd: frames that break a rule, against a hostd that is played by the test. */
#include "fake_host.h"

/* ---- refusals: each breaks one rule, ends the connection, and leaves the guest's request waiting ---------------- */

/* [LNK-1] */
static void test_header_bad(void **state)
{
	static const struct pvboot_link_hdr bad[] = {
		{PVBOOT_LINK_MAGIC + 1, 16, PVBOOT_LINK_REPLY, 0, 1},
		{PVBOOT_LINK_MAGIC, 16, 0, 0, 1},
		{PVBOOT_LINK_MAGIC, 16, 9, 0, 1},
		{PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_IDENTITY, 0, 1},
		{PVBOOT_LINK_MAGIC, 16, 0xffff, 0, 1},
		{PVBOOT_LINK_MAGIC, 15, PVBOOT_LINK_REPLY, 0, 1},
		{PVBOOT_LINK_MAGIC, LINK_REPLY_MAX + 1, PVBOOT_LINK_REPLY, 0, 1},
		{PVBOOT_LINK_MAGIC, 0xffffffff, PVBOOT_LINK_REPLY, 0, 1},
		{PVBOOT_LINK_MAGIC, 16 + PVBOOT_LINK_DATA_MAX + 1, PVBOOT_LINK_DATA, 0, 1},
		{PVBOOT_LINK_MAGIC, 1, PVBOOT_LINK_FORGET, 0, 1},
		{PVBOOT_LINK_MAGIC, PVBOOT_LINK_KEEP_MAX + 1, PVBOOT_LINK_KEEP, 0, 1},
		{PVBOOT_LINK_MAGIC, 36, PVBOOT_LINK_WELCOME, 0, 0}, /* a second one */
		{PVBOOT_LINK_MAGIC, 16, PVBOOT_LINK_REPLY, PVBOOT_LINK_F_FD, 1},
		{PVBOOT_LINK_MAGIC, 24, PVBOOT_LINK_GROW, 2, 1},
		{PVBOOT_LINK_MAGIC, 24, PVBOOT_LINK_GROW, PVBOOT_LINK_F_FD, 1}, /* not negotiated */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = host_new(false);
		struct fake_io *io;

		host_connect(h, 0);
		io = host_discovering(h);
		link_input(&h->link, &bad[i], sizeof(bad[i]));
		host_expect_given_up(h, io);
		host_free(h);
	}
}

/* [DEV-32] The words of a failure are not those of an earlier one. */
static void test_failure_without_words_has_none(void **state)
{
	struct pvboot_link_reply m = {.status = PVBOOT_S_NO_OFFER, .text_len = 5};
	struct fake_host *h = host_new(false);
	struct fake_io *io;

	host_connect(h, 0);
	io = host_discovering(h);
	host_send(h, PVBOOT_LINK_REPLY, io->io.be_id, &m, sizeof(m), "words", 5);
	assert_string_equal(h->dev.error, "words");
	io = host_discovering(h);
	m = (struct pvboot_link_reply){.status = PVBOOT_S_NO_RESOURCES};
	host_send(h, PVBOOT_LINK_REPLY, io->io.be_id, &m, sizeof(m), NULL, 0);
	assert_int_equal(io->status, PVBOOT_S_NO_RESOURCES);
	assert_string_equal(h->dev.error, "");
	host_free(h);
}

/* [LNK-1] */
static void test_frame_before_welcome(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_link_reply m = {0};

	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_send(h, PVBOOT_LINK_REPLY, 1, &m, sizeof(m), NULL, 0);
	host_expect_given_up(h, NULL);
	host_free(h);
}

static void test_hello_version_unknown(void **state)
{
	struct fake_host *h = host_new(false);

	link_up(&h->link);
	host_hello(h, 2, 7, 0);
	host_expect_given_up(h, NULL);
	host_free(h);
}

static void test_welcome_bad(void **state)
{
	static const struct pvboot_link_welcome bad[] = {
		{.version = 2},
		{.version = 1, .flags = 4},
		{.version = 1, .features = 2},
		{.version = 1, .features = PVBOOT_LINK_F_FD}, /* not offered */
		{.version = 1, .reserved = 1},
		{.version = 1, .flags = PVBOOT_LINK_ID_MAC},		    /* of zeros */
		{.version = 1, .flags = PVBOOT_LINK_ID_MAC, .mac = {1, 2}}, /* a group's */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = host_new(false);

		link_up(&h->link);
		host_hello(h, 1, 1, 0);
		host_send(h, PVBOOT_LINK_WELCOME, 0, &bad[i], sizeof(bad[i]), NULL, 0);
		host_expect_given_up(h, NULL);
		assert_false(h->dev.mac_set);
		host_free(h);
	}
}

/* [LNK-5] [LNK-6] */
static void test_refuse_says_why(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_link_refuse m = {PVBOOT_S_DENIED, 2500};
	struct fake_io *io;

	io = host_discovering(h);
	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_send(h, PVBOOT_LINK_REFUSE, 0, &m, sizeof(m), "no VM\n\"x\" here", 14);
	assert_int_equal(h->link.state, LINK_DOWN);
	assert_int_equal(h->retry_ms, 2500);
	assert_int_equal(h->dev.status, PVBOOT_STATUS_HOST_REFUSED);
	assert_string_equal(h->dev.log, "hostd refuses this VM: no VM?\"x\" here");
	assert_int_equal(io->answers, 0);
	/* once: it is asked again for as long as the VM runs */
	h->dev.log[0] = '\0';
	link_up(&h->link);
	host_hello(h, 1, 1, 0);
	host_send(h, PVBOOT_LINK_REFUSE, 0, &m, sizeof(m), "no", 2);
	assert_string_equal(h->dev.log, "");
	/* and it is over when hostd thinks better of it */
	h->out_len = 0;
	host_connect(h, 0);
	assert_int_equal(h->dev.status, PVBOOT_STATUS_HOST_UP);
	host_free(h);
}

/* [LNK-6] */
static void test_refuse_retry_bounded(void **state)
{
	static const uint32_t asked[] = {0, 0xffffffff}, kept[] = {500, 60000};

	for (size_t i = 0; i < 2; i++) {
		struct fake_host *h = host_new(false);
		struct pvboot_link_refuse m = {PVBOOT_S_DENIED, asked[i]};

		link_up(&h->link);
		host_hello(h, 1, 1, 0);
		host_send(h, PVBOOT_LINK_REFUSE, 0, &m, sizeof(m), NULL, 0);
		assert_int_equal(h->retry_ms, kept[i]);
		host_free(h);
	}
}

/* [LNK-9] */
static void test_reply_bad(void **state)
{
	static const struct {
		struct pvboot_link_reply m;
		uint32_t body;
	} bad[] = {
		{{PVBOOT_S_LAST + 1, 0, 0, 0}, 0},
		{{PVBOOT_S_UNWRITTEN, 0, 0, 0}, 0},
		{{PVBOOT_S_AGAIN, 0, 0, 0}, 0},
		{{PVBOOT_S_OK, 0, 0, 0}, 0},	     /* a lease is missing */
		{{PVBOOT_S_OK, 0, 0, 4099}, 4099},   /* a byte is missing */
		{{PVBOOT_S_OK, 0, 0, 4100}, 4099},   /* less than announced */
		{{PVBOOT_S_OK, 0, 1, 4100}, 4100},   /* the text is missing */
		{{PVBOOT_S_FAILED, 0, 5, 0}, 4},     /* some of the text is missing */
		{{PVBOOT_S_FAILED, 0, 256, 0}, 256}, /* too much text */
		{{PVBOOT_S_FAILED, 0, 0xfffffff0, 0x20}, 16},
		{{PVBOOT_S_FAILED, 0, 4, 0}, 5}, /* more than announced */
	};
	static uint8_t zeros[8192];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = host_new(false);
		struct fake_io *io;
		uint32_t id;

		host_connect(h, 0);
		io = host_discovering(h);
		id = host_expect_request(h, PVBOOT_OP_DISCOVER);
		host_send(h, PVBOOT_LINK_REPLY, id, &bad[i].m, sizeof(bad[i].m), zeros, bad[i].body);
		host_expect_given_up(h, io);
		host_free(h);
	}
}

static void test_reply_open_handle_zero(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_open_res res = {0};
	uint32_t id;

	host_connect(h, 0);
	host_open(h);
	id = host_expect_request(h, PVBOOT_OP_OPEN);
	host_reply(h, id, PVBOOT_S_OK, &res, sizeof(res));
	host_expect_given_up(h, NULL);
	host_free(h);
}

/* [LNK-8] */
static void test_reply_unknown_ignored(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io;

	host_connect(h, 0);
	io = host_discovering(h);
	host_reply(h, host_expect_request(h, PVBOOT_OP_DISCOVER) + 1, PVBOOT_S_OK, NULL, 0);
	assert_int_equal(h->link.state, LINK_UP);
	assert_int_equal(io->answers, 0);
	host_free(h);
}

/* [LNK-13] */
static void test_data_bad(void **state)
{
	static const struct {
		struct pvboot_link_data d;
		uint32_t body;
	} bad[] = {
		{{1, 10, 0}, 10},   /* a gap */
		{{0, 101, 0}, 101}, /* beyond the room */
		{{0, 10, 0}, 11},   {{0, 10, 0}, 9}, {{0, 10, 1}, 10}, {{UINT64_MAX, 10, 0}, 10},
	};
	static uint8_t zeros[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = host_new(false);
		uint32_t id;

		host_connect(h, 0);
		host_read(h, 1, 0, 100, 0, 0);
		id = host_expect_request(h, PVBOOT_OP_READ);
		host_send(h, PVBOOT_LINK_DATA, id, &bad[i].d, sizeof(bad[i].d), zeros, bad[i].body);
		assert_int_equal(h->link.state, LINK_DOWN);
		host_free(h);
	}
}

/* [LNK-13] */
static void test_reply_read_sum_wrong(void **state)
{
	struct fake_host *h = host_new(false);
	struct pvboot_link_reply m = {.status = PVBOOT_S_OK, .result_len = 11};
	uint32_t id;

	host_connect(h, 0);
	host_read(h, 1, 0, 100, 0, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	host_data(h, id, 0, "0123456789", 10);
	host_send(h, PVBOOT_LINK_REPLY, id, &m, sizeof(m), NULL, 0);
	host_expect_given_up(h, NULL);
	host_free(h);
}

static void test_packet_bad(void **state)
{
	static const struct pvboot_pkt bad[] = {
		{.type = 2, .length = 4},
		{.type = PVBOOT_PKT_DGRAM, .flags = 1, .length = 4},
		{.type = PVBOOT_PKT_DGRAM, .length = 4, .reserved = 1},
		{.type = PVBOOT_PKT_DGRAM, .length = 5},
		{.type = PVBOOT_PKT_DGRAM, .length = 0xfffffff0},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = host_new(false);

		host_connect(h, 0);
		host_send(h, PVBOOT_LINK_DGRAM, 0, &bad[i], sizeof(bad[i]), "abcd", 4);
		host_expect_given_up(h, NULL);
		assert_int_equal(h->dev.delivered, 0);
		host_free(h);
	}
}

static void test_keep_one_too_many(void **state)
{
	struct fake_host *h = host_new(false);

	host_connect(h, 0);
	for (uint32_t i = 0; i < PVBOOT_LINK_KEEPS; i++)
		host_send(h, PVBOOT_LINK_KEEP, i + 1, "x", 1, NULL, 0);
	host_send(h, PVBOOT_LINK_KEEP, 3, "other", 5, NULL, 0); /* not one more */
	assert_int_equal(h->link.state, LINK_UP);
	host_send(h, PVBOOT_LINK_KEEP, 99, "x", 1, NULL, 0);
	host_expect_given_up(h, NULL);
	host_free(h);
}

static void test_descriptor_unannounced(void **state)
{
	struct fake_host *h = host_new(true);

	host_connect(h, PVBOOT_LINK_F_FD);
	link_fd(&h->link, host_file(h, 10));
	host_send(h, PVBOOT_LINK_KEEP, 1, "x", 1, NULL, 0);
	assert_int_equal(h->link.state, LINK_UP);
	assert_int_equal(h->open_fds, 0); /* [LNK-3] */
	for (unsigned int i = 0; i <= LINK_FDS; i++)
		link_fd(&h->link, host_file(h, 10));
	host_expect_given_up(h, NULL);
	host_free(h);
}

/* [LNK-2] [DEV-6] */
static void test_host_never_reads(void **state)
{
	struct fake_host *h = host_new(false);
	struct fake_io *io[PVBOOT_QUEUE_MAX];
	struct pvboot_dgram_args a = {.dst_port_be = 1};

	host_connect(h, 0);
	io[0] = host_discovering(h);
	host_expect_request(h, PVBOOT_OP_DISCOVER);
	h->out_limit = 0;
	for (unsigned int i = 0; i < 1000; i++) /* lost, not queued without end */
		link_backend.dgram(&h->link, &a, "payload", 7);
	for (unsigned int i = 1; i < PVBOOT_QUEUE_MAX; i++)
		io[i] = host_open(h);
	assert_int_equal(h->link.state, LINK_UP);
	/* a CANCEL cannot be lost */
	link_backend.cancel(&h->link, &io[0]->io);
	host_expect_given_up(h, NULL);
	assert_int_equal(io[1]->answers, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_bad),
		cmocka_unit_test(test_failure_without_words_has_none),
		cmocka_unit_test(test_frame_before_welcome),
		cmocka_unit_test(test_hello_version_unknown),
		cmocka_unit_test(test_welcome_bad),
		cmocka_unit_test(test_refuse_says_why),
		cmocka_unit_test(test_refuse_retry_bounded),
		cmocka_unit_test(test_reply_bad),
		cmocka_unit_test(test_reply_open_handle_zero),
		cmocka_unit_test(test_reply_unknown_ignored),
		cmocka_unit_test(test_data_bad),
		cmocka_unit_test(test_reply_read_sum_wrong),
		cmocka_unit_test(test_packet_bad),
		cmocka_unit_test(test_keep_one_too_many),
		cmocka_unit_test(test_descriptor_unannounced),
		cmocka_unit_test(test_host_never_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
