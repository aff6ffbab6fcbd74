/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_tftp - the client against a hostile server and network.
 *
 * The first two bytes choose blksize and windowsize, and whether larger blocks are tried; then come events: a kind, and
 * for a datagram its port, two bytes of length and the bytes.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tftp/tftp_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct owner {
	unsigned opened, done;
	uint64_t size, bytes;
	unsigned sent;
};

static void on_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct owner *o = arg;

	if (o->opened++ || o->done)
		abort();
	o->size = size;
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	struct owner *o = arg;
	volatile uint8_t sum = 0;

	if (!o->opened || o->done || !len)
		abort();
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)buf)[i]);
	o->bytes += len;
	if (o->size != PVBOOT_SIZE_UNKNOWN && o->bytes > o->size)
		abort();
	return o->bytes < 1000000;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct owner *o = arg;

	if (o->done++ || status > PVBOOT_S_LAST || strlen(text) > PVBOOT_ERROR_MAX)
		abort();
	if (status == PVBOOT_S_OK && o->size != PVBOOT_SIZE_UNKNOWN && o->bytes != o->size)
		abort();
	if (status != PVBOOT_S_OK && !*text)
		abort();
}

static void on_send(void *arg, uint16_t port, const void *buf, size_t len)
{
	struct owner *o = arg;

	if (!len)
		abort();
	o->sent++;
}

static void on_rebind(void *arg)
{
}

static const struct tftp_ops ops = {.opened = on_opened, .data = on_data, .done = on_done};
static const struct tftp_client_out out = {.send = on_send, .rebind = on_rebind};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tftp_request req = {.vm = "fuzz", .server = {192, 0, 2, 1}, .filename = "f"};
	const uint8_t *end = data + size;
	struct owner owner = {0};
	struct tftp_client c;
	uint64_t now = 1000;

	if (size < 2)
		return 0;
	tftp_client_init(&c, &req, (uint16_t)(8 + data[0] * 8), (uint16_t)(1 + data[1] % 64), &ops, &owner, &out,
			 &owner);
	c.large_blksize = data[1] & 0x80 ? 4096 : 0;
	tftp_client_start(&c, now);
	data += 2;
	while (data < end && c.state != TFTP_DONE) {
		unsigned before = owner.sent;
		uint8_t kind = *data++;

		now += 50;
		if (kind == 0xff) {
			now = c.deadline > now ? c.deadline : now;
			tftp_client_timeout(&c, now);
		} else if (kind == 0xfe) {
			tftp_client_error(&c, now, c.tid ? c.tid : 69, ECONNREFUSED);
		} else {
			size_t len;

			if (end - data < 2)
				break;
			len = (size_t)(data[0] << 8 | data[1]);
			data += 2;
			if (len > (size_t)(end - data))
				len = (size_t)(end - data);
			tftp_client_input(&c, now, (uint16_t)(69 + kind % 4), data, len);
			data += len;
		}
		/* Nothing makes it send more than it gets. */
		if (owner.sent - before > 2)
			abort();
	}
	tftp_client_end(&c);
	return 0;
}
