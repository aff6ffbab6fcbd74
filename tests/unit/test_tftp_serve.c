/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_serve.c - a guest's TFTP client against the responder, over files of the tests' own. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "fake_file.h"
#include "log.h"
#include "tftp_keep.h"
#include "tftp_msg.h"
#include "tftp_serve.h"

#define AHEAD TFTP_SERVE_AHEAD
#define QUEUE 64
#define PORT 49152
#define RESEND_US 60000

struct packet {
	struct pvboot_pkt pkt;
	uint8_t data[PVBOOT_DGRAM_MAX];
};

/* The host around the responder, and the guest in front of it. */
struct world {
	struct event_base *base;
	struct tftp_serve *serve;
	struct packet queue[QUEUE];
	unsigned head, tail;
	struct file *next_file; /* what open() gives; NULL: it refuses */
	struct file *file;	/* our reference */
	unsigned opens;
	char name[PVBOOT_NAME_MAX + 1];
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
	size_t blob_len;
	unsigned keeps, forgets;
	uint16_t tid; /* of the last packet taken */
	bool hostile; /* a blob may name any server and guest */
};

static const uint8_t server_ip[4] = {172, 21, 0, 2}, guest_ip[4] = {172, 21, 0, 50};

static struct file *host_open(void *arg, const uint8_t server[4], uint16_t port, const char *filename)
{
	struct world *w = arg;

	if (!w->hostile)
		assert_memory_equal(server, server_ip, 4);
	assert_int_equal(port, 69);
	w->opens++;
	snprintf(w->name, sizeof(w->name), "%s", filename);
	return w->next_file ? file_ref(w->next_file) : NULL;
}

static void host_send(void *arg, const struct pvboot_pkt *pkt, const void *payload)
{
	struct world *w = arg;
	struct packet *p = &w->queue[w->tail++ % QUEUE];

	assert_true(w->tail - w->head <= QUEUE);
	assert_int_equal(pkt->type, PVBOOT_PKT_DGRAM);
	assert_int_equal(pkt->flags, 0);
	assert_true(pkt->length <= PVBOOT_DGRAM_MAX);
	if (!w->hostile) {
		assert_memory_equal(pkt->src, server_ip, 4);
		assert_memory_equal(pkt->dst, guest_ip, 4);
	}
	p->pkt = *pkt;
	memcpy(p->data, payload, pkt->length);
}

static void host_keep(void *arg, uint16_t key, const void *blob, size_t len)
{
	struct world *w = arg;

	assert_true(len <= sizeof(w->blob));
	if (len) {
		memcpy(w->blob, blob, len);
		w->keeps++;
	} else {
		w->forgets++;
	}
	w->blob_len = len;
}

static const struct tftp_serve_ops host_ops = {.open = host_open, .send = host_send, .keep = host_keep};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->base = event_base_new();
	w->serve = tftp_serve_new(w->base, "vm", &host_ops, w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tftp_serve_free(w->serve);
	if (w->file)
		file_unref(w->file);
	event_base_free(w->base);
	free(w);
	return fake_files();
}

/* The file that will be opened next. */
static void give_file(struct world *w, uint64_t size)
{
	if (w->file)
		file_unref(w->file);
	w->file = w->next_file = fake_file_new(size);
}

/* One that is there as a whole. */
static void give_whole_file(struct world *w, uint64_t size)
{
	give_file(w, size);
	fake_file_open(w->file, true);
	fake_file_grow(w->file, size);
}

/* ---- the guest ------------------------------------------------------------------------------------------------- */

static bool guest_sends_to(struct world *w, const uint8_t dest[4], uint16_t from, uint16_t to, const void *buf,
			   size_t len)
{
	struct pvboot_dgram_args args = {.src_port_be = htons(from), .dst_port_be = htons(to)};

	memcpy(args.dest, dest, 4);
	return tftp_serve_input(w->serve, &args, guest_ip, buf, len);
}

static bool guest_sends(struct world *w, uint16_t from, uint16_t to, const void *buf, size_t len)
{
	return guest_sends_to(w, server_ip, from, to, buf, len);
}

/* A request as a literal: "\0\1name\0octet\0tsize\0000\0" */
#define guest_asks(w, from, literal) assert_true(guest_sends(w, from, 69, literal, sizeof(literal) - 1))
#define RRQ(name) "\0\1" name "\0octet\0"
#define TSIZE "tsize\0000\0"

static void guest_acks(struct world *w, uint16_t from, uint64_t block)
{
	uint8_t buf[4];

	tftp_build_ack(buf, sizeof(buf), (uint16_t)block);
	assert_true(guest_sends(w, from, w->tid, buf, sizeof(buf)));
}

static unsigned waiting(const struct world *w)
{
	return w->tail - w->head;
}

/* The next packet for the guest. */
static const struct packet *take(struct world *w, uint16_t to, struct tftp_msg *msg)
{
	const struct packet *p = &w->queue[w->head % QUEUE];

	assert_true(waiting(w) > 0);
	w->head++;
	assert_int_equal(ntohs(p->pkt.dst_port_be), to);
	w->tid = ntohs(p->pkt.src_port_be);
	assert_true(tftp_parse(p->data, p->pkt.length, msg));
	return p;
}

static void expect_error_(struct world *w, uint16_t to, uint16_t code, const char *words, const char *file, int line)
{
	struct tftp_msg msg;

	_assert_int_equal(waiting(w), 1, file, line);
	take(w, to, &msg);
	_assert_int_equal(msg.op, TFTP_OP_ERROR, file, line);
	_assert_int_equal(msg.number, code, file, line);
	if (!strstr(msg.text, words)) {
		print_error("ERROR says: %s\n", msg.text);
		_fail(file, line);
	}
}
#define expect_error(w, to, code, words) expect_error_(w, to, code, words, __FILE__, __LINE__)

static void expect_data_(struct world *w, uint16_t to, uint64_t block, size_t blksize, size_t len, const char *file,
			 int line)
{
	struct tftp_msg msg;

	take(w, to, &msg);
	_assert_int_equal(msg.op, TFTP_OP_DATA, file, line);
	_assert_int_equal(msg.number, (uint16_t)block, file, line);
	_assert_int_equal(msg.data_len, len, file, line);
	for (size_t i = 0; i < len; i++)
		if (msg.data[i] != fake_file_byte((block - 1) * blksize + i))
			_fail(file, line);
}
#define expect_data(w, to, block, blksize, len) expect_data_(w, to, block, blksize, len, __FILE__, __LINE__)

/* Fetch blocks from..to of a file of that size, one ACK each as pxelinux does; blocks may wait already. */
static void fetch(struct world *w, uint16_t port, uint64_t size, size_t blksize, uint64_t from, uint64_t to)
{
	for (uint64_t block = from; block <= to; block++) {
		uint64_t left = size - (block - 1) * blksize;

		guest_acks(w, port, block - 1);
		expect_data(w, port, block, blksize, left < blksize ? (size_t)left : blksize);
	}
}

/* A whole transfer from the RRQ on, blksize asked for. */
static void fetch_all(struct world *w, uint64_t size, uint16_t blksize)
{
	struct tftp_options opt = {.present = TFTP_O_TSIZE | TFTP_O_BLKSIZE, .blksize = blksize};
	uint8_t buf[TFTP_REQUEST_MAX];
	struct tftp_msg msg;

	give_whole_file(w, size);
	assert_true(guest_sends(w, PORT, 69, buf, tftp_build_rrq(buf, sizeof(buf), "f", &opt)));
	take(w, PORT, &msg);
	assert_int_equal(msg.op, TFTP_OP_OACK);
	assert_int_equal(msg.opt.present, TFTP_O_TSIZE | TFTP_O_BLKSIZE);
	assert_int_equal(msg.opt.tsize, size);
	assert_int_equal(msg.opt.blksize, blksize);
	fetch(w, PORT, size, blksize, 1, size / blksize + 1);
	assert_int_equal(waiting(w), 0);
	assert_int_equal(w->forgets, 0);
	guest_acks(w, PORT, size / blksize + 1);
	assert_int_equal(w->forgets, 1);
	assert_int_equal(waiting(w), 0);
}

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

/* ---- options --------------------------------------------------------------------------------------------------- */

/* The raw OACK: pxelinux refuses one with anything it did not ask for. */
static void expect_oack_(struct world *w, const void *wire, size_t len)
{
	const struct packet *p = &w->queue[w->head % QUEUE];
	struct tftp_msg msg;

	take(w, PORT, &msg);
	assert_int_equal(p->pkt.length, len);
	assert_memory_equal(p->data, wire, len);
}
#define expect_oack(w, literal) expect_oack_(w, literal, sizeof(literal) - 1)

static void test_options_only_those_asked(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 1000);
	guest_asks(w, PORT, RRQ("f") TSIZE "blksize\0001408\0");
	expect_oack(w, "\0\6tsize\0001000\0blksize\0001408\0");
	guest_asks(w, PORT + 1, RRQ("f") "TSize\0000\0");
	w->queue[w->head % QUEUE].pkt.dst_port_be = htons(PORT);
	expect_oack(w, "\0\6tsize\0001000\0");
	guest_asks(w, PORT + 2, RRQ("f") "windowsize\00016\0blksize\0001024\0timeout\0001\0x\0y\0");
	w->queue[w->head % QUEUE].pkt.dst_port_be = htons(PORT);
	expect_oack(w, "\0\6blksize\0001024\0");
	assert_int_equal(waiting(w), 0);
}

static void test_options_none_left(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 1000);
	guest_asks(w, PORT, RRQ("f") "timeout\0001\0");
	expect_data(w, PORT, 1, 512, 512);
	/* Lock step until the guest speaks. */
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 1);
	expect_data(w, PORT, 2, 512, 488);
}

static void test_blksize_out_of_range(void **state)
{
	struct world *w = *state;

	give_whole_file(w, 2000);
	guest_asks(w, PORT, RRQ("f") "blksize\00065464\0");
	expect_oack(w, "\0\6blksize\0001468\0");
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 1468, 1468);
	expect_data(w, PORT, 2, 1468, 532);
	guest_asks(w, PORT, RRQ("f") "blksize\0007\0");
	expect_data(w, PORT, 1, 512, 512);
	guest_asks(w, PORT, RRQ("g") "blksize\000+9\0");
	expect_data(w, PORT, 1, 512, 512);
}

static void test_size_unknown(void **state)
{
	struct world *w = *state;

	give_file(w, 1024);
	guest_asks(w, PORT, RRQ("f") TSIZE "blksize\000512\0");
	fake_file_open(w->file, false);
	expect_oack(w, "\0\6blksize\000512\0");
	fake_file_grow(w->file, 700);
	guest_acks(w, PORT, 0);
	expect_data(w, PORT, 1, 512, 512);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 1024);
	expect_data(w, PORT, 2, 512, 512);
	expect_data(w, PORT, 3, 512, 0);
	guest_acks(w, PORT, 3);
	assert_int_equal(w->forgets, 1);
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

static void test_transfer_of_any_size(void **state)
{
	static const uint64_t sizes[] = {0, 1, 511, 512, 513, 1408, 1408 * 3, 1408 * 40 - 1, 1408 * 40 + 1};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		w->forgets = 0;
		fetch_all(w, sizes[i], 1408);
		w->forgets = 0;
		fetch_all(w, sizes[i], 512);
	}
}

static void test_transfer_wraps_block_numbers(void **state)
{
	fetch_all(*state, 8 * 65536, 8);
	((struct world *)*state)->forgets = 0;
	fetch_all(*state, 8 * 140000 + 3, 8);
}

static void test_upstream_slow(void **state)
{
	struct world *w = *state;

	give_file(w, 600);
	for (int i = 0; i < 3; i++)
		guest_asks(w, PORT, RRQ("f") TSIZE);
	assert_int_equal(w->opens, 1);
	assert_int_equal(waiting(w), 0);
	fake_file_open(w->file, true);
	/* A repeated RRQ that crossed the OACK is not answered either. */
	guest_asks(w, PORT, RRQ("f") TSIZE);
	expect_oack(w, "\0\6tsize\000600\0");
	assert_int_equal(waiting(w), 0);
	/* But one whose OACK was lost is. */
	usleep(RESEND_US);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	expect_oack(w, "\0\6tsize\000600\0");
	assert_int_equal(w->opens, 1);
}

static void test_ahead_is_bounded(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 0);
	assert_int_equal(waiting(w), AHEAD);
	for (uint64_t block = 1; block <= AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), 1);
	guest_acks(w, PORT, 4);
	assert_int_equal(waiting(w), 4);
	for (uint64_t block = AHEAD + 1; block <= AHEAD + 4; block++)
		expect_data(w, PORT, block, 512, 512);
}

/* The Sorcerer's Apprentice, towards the guest (RFC 1123 4.2.3.1). */
static void test_ack_repeated(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	guest_acks(w, PORT, 0);
	for (uint64_t block = 1; block <= AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 2);
	w->head = w->tail;
	for (int i = 0; i < 5; i++)
		guest_acks(w, PORT, 2);
	guest_acks(w, PORT, 1);	    /* older */
	guest_acks(w, PORT, 40000); /* never sent */
	assert_int_equal(waiting(w), 0);
	usleep(RESEND_US);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 2);
	assert_int_equal(waiting(w), AHEAD);
	for (uint64_t block = 3; block <= 2 + AHEAD; block++)
		expect_data(w, PORT, block, 512, 512);
	guest_acks(w, PORT, 2);
	assert_int_equal(waiting(w), 0);
}

static void test_file_grows(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_file(w, 2000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	fake_file_open(w->file, true);
	take(w, PORT, &msg);
	guest_acks(w, PORT, 0);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 511);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 512);
	expect_data(w, PORT, 1, 512, 512);
	fake_file_grow(w->file, 1999);
	expect_data(w, PORT, 2, 512, 512);
	expect_data(w, PORT, 3, 512, 512);
	/* The guest's impatience changes nothing. */
	usleep(RESEND_US);
	guest_acks(w, PORT, 3);
	guest_acks(w, PORT, 3);
	assert_int_equal(waiting(w), 0);
	fake_file_grow(w->file, 2000);
	expect_data(w, PORT, 4, 512, 464);
	guest_acks(w, PORT, 4);
	assert_int_equal(w->forgets, 1);
}

static void test_guest_ends_early(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	assert_true(guest_sends(w, PORT, w->tid, "\0\5\0\0", 4));
	assert_int_equal(w->forgets, 1);
	assert_int_equal(waiting(w), 0);
	guest_acks(w, PORT, 0);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

static void test_port_used_again(void **state)
{
	struct world *w = *state;
	uint16_t old;

	give_whole_file(w, 100000);
	guest_asks(w, PORT, RRQ("one"));
	expect_data(w, PORT, 1, 512, 512);
	old = w->tid;
	guest_asks(w, PORT, RRQ("two"));
	assert_string_equal(w->name, "two");
	expect_data(w, PORT, 1, 512, 512);
	assert_int_not_equal(w->tid, old);
	guest_acks(w, PORT, 1);
	assert_int_equal(waiting(w), AHEAD);
	w->head = w->tail;
	/* The same file again after it had begun is a new transfer, not a repeated request. */
	guest_asks(w, PORT, RRQ("two"));
	assert_int_equal(w->opens, 3);
	expect_data(w, PORT, 1, 512, 512);
	/* The old one's ACK is not taken for the new one's. */
	w->tid = old;
	guest_acks(w, PORT, 1);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

static void test_several_at_once(void **state)
{
	struct world *w = *state;
	uint16_t tids[4];

	give_whole_file(w, 5000);
	for (uint16_t i = 0; i < 4; i++) {
		guest_asks(w, (uint16_t)(PORT + i), RRQ("f"));
		expect_data(w, (uint16_t)(PORT + i), 1, 512, 512);
		tids[i] = w->tid;
	}
	for (uint64_t block = 1; block < 10; block++) {
		for (uint16_t i = 0; i < 4; i++) {
			w->tid = tids[i];
			guest_acks(w, (uint16_t)(PORT + i), block);
			for (unsigned n = waiting(w); n; n--) {
				struct tftp_msg msg;

				take(w, (uint16_t)(PORT + i), &msg);
				assert_int_equal(msg.op, TFTP_OP_DATA);
				assert_int_equal(w->tid, tids[i]);
			}
		}
	}
}

static void test_too_many_at_once(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 5000);
	for (uint16_t i = 0; i < 100; i++) {
		guest_asks(w, (uint16_t)(PORT + i), RRQ("f") TSIZE);
		for (; waiting(w) > 1;)
			w->head++;
		take(w, (uint16_t)(PORT + i), &msg);
		assert_int_equal(msg.op, TFTP_OP_OACK);
	}
	assert_in_range(w->keeps - w->forgets, 1, 16);
}

static void test_reset(void **state)
{
	struct world *w = *state;
	struct tftp_msg msg;

	give_whole_file(w, 5000);
	guest_asks(w, PORT, RRQ("f") TSIZE);
	take(w, PORT, &msg);
	tftp_serve_reset(w->serve);
	assert_int_equal(w->forgets, 1);
	guest_acks(w, PORT, 0);
	expect_error(w, PORT, TFTP_E_UNKNOWN_TID, "");
}

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
		TEST(test_options_only_those_asked),
		TEST(test_options_none_left),
		TEST(test_blksize_out_of_range),
		TEST(test_size_unknown),
		TEST(test_transfer_of_any_size),
		TEST(test_transfer_wraps_block_numbers),
		TEST(test_upstream_slow),
		TEST(test_ahead_is_bounded),
		TEST(test_ack_repeated),
		TEST(test_file_grows),
		TEST(test_guest_ends_early),
		TEST(test_port_used_again),
		TEST(test_several_at_once),
		TEST(test_too_many_at_once),
		TEST(test_reset),
		TEST(test_restore_anywhere),
		TEST(test_restore_before_the_oack_was_seen),
		TEST(test_restore_of_a_changed_file),
		TEST(test_restore_of_a_missing_file),
		TEST(test_restore_of_a_refused_file),
		TEST(test_restore_with_ack_beyond_the_end),
		TEST(test_restore_with_size_unknown),
		TEST(test_restore_hostile_blob),
		TEST(test_restore_blob_fields),
	};

	log_open(false, LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
