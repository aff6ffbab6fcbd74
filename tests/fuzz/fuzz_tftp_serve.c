/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_tftp_serve - the responder against a hostile guest, and blobs of a hostile device.
 *
 * Events: a kind; for a datagram the low bits of the guest's port, two bytes of length and the bytes, sent to port 69
 * or to the port that spoke last; for a blob two bytes of length and the bytes; for the file how far it grows.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <event2/event.h>

#include "fake_file.h"
#include "log.h"
#include "tftp/tftp_keep.h"
#include "tftp/tftp_serve.h"

#define FILE_SIZE 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
	struct file *file;
	uint16_t tid;
	unsigned sent;
};

static struct file *on_open(void *arg, const uint8_t server[4], uint16_t port, const char *filename)
{
	struct host *h = arg;

	if (!*filename || strlen(filename) > PVBOOT_NAME_MAX)
		abort();
	return *filename == '!' ? NULL : file_ref(h->file);
}

static void on_send(void *arg, const struct pvboot_pkt *pkt, const void *payload)
{
	struct host *h = arg;
	volatile uint8_t sum = 0;

	if (pkt->length > PVBOOT_DGRAM_MAX || pkt->length < 2)
		abort();
	for (size_t i = 0; i < pkt->length; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)payload)[i]);
	h->tid = ntohs(pkt->src_port_be);
	h->sent++;
}

static void on_keep(void *arg, uint16_t key, const void *blob, size_t len)
{
	struct tftp_keep keep;

	if (len && !tftp_keep_parse(&keep, key, blob, len))
		abort();
}

static const struct tftp_serve_ops ops = {.open = on_open, .send = on_send, .keep = on_keep};

/* Two bytes of length, and as many bytes as are left of that many. */
static const uint8_t *take(const uint8_t **data, const uint8_t *end, size_t *len)
{
	const uint8_t *at;

	*len = 0;
	if (end - *data < 2)
		return *data = end;
	*len = (size_t)((*data)[0] << 8 | (*data)[1]);
	at = *data + 2;
	if (*len > (size_t)(end - at))
		*len = (size_t)(end - at);
	*data = at + *len;
	return at;
}

static void new_file(struct host *h)
{
	if (h->file)
		file_unref(h->file);
	h->file = fake_file_new(FILE_SIZE);
}

static void change_file(struct host *h, uint8_t how)
{
	uint64_t available = file_available(h->file) + how * 64u;

	if (file_done(h->file))
		new_file(h);
	else if (how == 0xff)
		fake_file_fail(h->file, PVBOOT_S_TIMEOUT, "gone");
	else if (!file_opened(h->file))
		fake_file_open(h->file, how & 1);
	else
		fake_file_grow(h->file, available < FILE_SIZE ? available : FILE_SIZE);
}

static void step(struct tftp_serve *serve, struct host *h, const uint8_t **data, const uint8_t *end)
{
	static const uint8_t guest[4] = {10, 0, 0, 1};
	struct pvboot_dgram_args to = {.dest = {10, 0, 0, 2}};
	uint8_t kind = *(*data)++;
	const uint8_t *at;
	size_t len;

	switch (kind >> 6) {
	case 0:
	case 1:
		to.src_port_be = htons((uint16_t)(2000 + kind % 32));
		to.dst_port_be = htons(kind & 0x40 ? h->tid : 69);
		at = take(data, end, &len);
		tftp_serve_input(serve, &to, guest, at, len);
		break;
	case 2:
		if (*data < end)
			change_file(h, *(*data)++);
		break;
	case 3:
		at = take(data, end, &len);
		if (kind & 1)
			tftp_serve_restore(serve, (uint16_t)(2000 + kind / 2 % 16), at, len);
		else
			tftp_serve_reset(serve);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_base *base;
	const uint8_t *end = data + size;
	struct tftp_serve *serve;
	struct host host = {0};

	if (!base) {
		log_open(false, LOG_EMERG);
		base = event_base_new();
	}
	new_file(&host);
	serve = tftp_serve_new(base, "fuzz", &ops, &host);
	while (data < end) {
		unsigned before = host.sent;

		step(serve, &host, &data, end);
		/* A datagram of the guest's brings at most a few back, for each session when the file changes. */
		if (host.sent - before > 100)
			abort();
	}
	tftp_serve_free(serve);
	file_unref(host.file);
	if (fake_files())
		abort();
	return 0;
}
