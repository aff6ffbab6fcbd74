/* SPDX-License-Identifier: BSD-2-Clause */
/* serve_world.c - the host around the TFTP responder, and the guest in front of it, both played by a test. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "fake_file.h"
#include "serve_world.h"

const uint8_t server_ip[4] = {172, 21, 0, 2}, guest_ip[4] = {172, 21, 0, 50};

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

const struct tftp_serve_ops host_ops = {.open = host_open, .send = host_send, .keep = host_keep};

int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->base = event_base_new();
	w->serve = tftp_serve_new(w->base, "vm", &host_ops, w);
	*state = w;
	return 0;
}

int teardown(void **state)
{
	struct world *w = *state;

	tftp_serve_free(w->serve);
	if (w->file)
		file_unref(w->file);
	event_base_free(w->base);
	free(w);
	return fake_files();
}

void give_file(struct world *w, uint64_t size)
{
	if (w->file)
		file_unref(w->file);
	w->file = w->next_file = fake_file_new(size);
}

void give_whole_file(struct world *w, uint64_t size)
{
	give_file(w, size);
	fake_file_open(w->file, true);
	fake_file_grow(w->file, size);
}

/* ---- the guest ------------------------------------------------------------------------------------------------- */

bool guest_sends_to(struct world *w, const uint8_t dest[4], uint16_t from, uint16_t to, const void *buf, size_t len)
{
	struct pvboot_dgram_args args = {.src_port_be = htons(from), .dst_port_be = htons(to)};

	memcpy(args.dest, dest, 4);
	return tftp_serve_input(w->serve, &args, guest_ip, buf, len);
}

bool guest_sends(struct world *w, uint16_t from, uint16_t to, const void *buf, size_t len)
{
	return guest_sends_to(w, server_ip, from, to, buf, len);
}

void guest_acks(struct world *w, uint16_t from, uint64_t block)
{
	uint8_t buf[4];

	tftp_build_ack(buf, sizeof(buf), (uint16_t)block);
	assert_true(guest_sends(w, from, w->tid, buf, sizeof(buf)));
}

unsigned waiting(const struct world *w)
{
	return w->tail - w->head;
}

const struct packet *take(struct world *w, uint16_t to, struct tftp_msg *msg)
{
	const struct packet *p = &w->queue[w->head % QUEUE];

	assert_true(waiting(w) > 0);
	w->head++;
	assert_int_equal(ntohs(p->pkt.dst_port_be), to);
	w->tid = ntohs(p->pkt.src_port_be);
	assert_true(tftp_parse(p->data, p->pkt.length, msg));
	return p;
}

void expect_error_(struct world *w, uint16_t to, uint16_t code, const char *words, const char *file, int line)
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

void expect_data_(struct world *w, uint16_t to, uint64_t block, size_t blksize, size_t len, const char *file, int line)
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

void fetch(struct world *w, uint16_t port, uint64_t size, size_t blksize, uint64_t from, uint64_t to)
{
	for (uint64_t block = from; block <= to; block++) {
		uint64_t left = size - (block - 1) * blksize;

		guest_acks(w, port, block - 1);
		expect_data(w, port, block, blksize, left < blksize ? (size_t)left : blksize);
	}
}

void fetch_all(struct world *w, uint64_t size, uint16_t blksize)
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

void expect_oack_(struct world *w, const void *wire, size_t len)
{
	const struct packet *p = &w->queue[w->head % QUEUE];
	struct tftp_msg msg;

	take(w, PORT, &msg);
	assert_int_equal(p->pkt.length, len);
	assert_memory_equal(p->data, wire, len);
}
