/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of the Palacios plugin between a guest and a daemon on its stream: frames, memory, locks, what is lost. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drive.h"

#define STATUS_REG 0x14u /* virtio 1.2 4.1.4.3: device_status */
#define HURRY 50	 /* 5 s of silence in 100 ms */
#define REQUESTS 30u
#define MIB (1u << 20)

static int set_up(void **state)
{
	*state = drive_new(DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34:57</mac>"));
	return 0;
}

static int set_up_in_a_hurry(void **state)
{
	host_hurry = HURRY;
	return set_up(state);
}

static int tear_down(void **state)
{
	host_hurry = 1;
	host_during_copy = NULL;
	drive_free(*state);
	return 0;
}

static unsigned int host_up(struct drive *d)
{
	return drive_in(d, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, status), 2) & PVBOOT_STATUS_HOST_UP;
}

/* A driver, and a daemon that serves it. */
static struct drive *both(void **state)
{
	struct drive *d = *state;

	drive_start(d, 0);
	drive_connect(d);
	drive_hello(d);
	return d;
}

static void submit_read(struct drive *d, uint16_t head, uint64_t in, uint32_t room)
{
	const struct pvboot_read_args args = {.handle = 7, .offset = 0};

	drive_submit(d, head, PVBOOT_OP_READ, &args, sizeof(args), in, room);
}

static void reply(struct drive *d, uint32_t id, uint32_t length)
{
	const struct pvboot_link_reply r = {.status = PVBOOT_S_OK, .result_len = length};

	drive_send(d, PVBOOT_LINK_REPLY, id, &r, sizeof(r), NULL, 0);
}

static uint8_t *noise(size_t len)
{
	uint8_t *p = malloc(len);
	uint32_t x = 12345;

	assert_non_null(p);
	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		p[i] = (uint8_t)(x >> 16);
	}
	return p;
}

static void send_data(struct drive *d, uint32_t id, uint64_t offset, const uint8_t *bytes, uint32_t len)
{
	const struct pvboot_link_data data = {.offset = offset, .length = len};

	drive_send(d, PVBOOT_LINK_DATA, id, &data, sizeof(data), bytes, len);
}

static void check_memory(uint64_t gpa, const uint8_t *want, size_t len)
{
	uint8_t *got = malloc(len + 1);

	assert_non_null(got);
	drive_get(gpa, got, len + 1);
	assert_memory_equal(got, want, len);
	assert_int_equal(got[len], 0);
	free(got);
}

/* ---- who is there ----------------------------------------------------------------------------------------------- */

static void test_stream_identity(void **state)
{
	const struct pvboot_link_hello hello = {1, 1, 0, 0x1122334455667788};
	struct drive *d = *state;
	struct pvboot_link_identity id;
	size_t len;

	drive_connect(d);
	drive_send(d, PVBOOT_LINK_HELLO, 0, &hello, sizeof(hello), NULL, 0);
	drive_expect(d, PVBOOT_LINK_IDENTITY, &id, &len);
	assert_int_equal(len, sizeof(id));
	assert_true(id.nonce == hello.nonce);
	assert_int_equal(id.flags & PVBOOT_LINK_ID_MAC, PVBOOT_LINK_ID_MAC);
	assert_memory_equal(id.mac, "\x52\x54\x00\x12\x34\x57", 6);
	assert_int_equal(id.features, 0); /* no descriptors here */
	assert_string_equal(id.name, "pvboot");
}

static void test_stream_host_up(void **state)
{
	struct drive *d = *state;

	drive_start(d, 0);
	assert_int_equal(host_up(d), 0);
	drive_connect(d);
	drive_hello(d);
	assert_int_equal(host_up(d), PVBOOT_STATUS_HOST_UP);
}

/* What is no HELLO is skipped, the beginnings of one too. */
static void test_stream_skips_to_the_hello(void **state)
{
	struct drive *d = *state;
	uint8_t *junk = noise(5000);

	memcpy(junk + 100, "KLVP\x10\0\0\0\x01\0", 10);
	memcpy(junk + 4990, "KLVP\x10\0\0\0\x01\0", 10);
	drive_start(d, 0);
	drive_connect(d);
	assert_int_equal(stream_write(d->stream, junk, 5000), 5000);
	free(junk);
	/* the junk's last bytes took the first of the HELLO for the rest of one: a daemon says it again */
	drive_release(d);
	drive_connect(d);
	drive_hello(d);
	assert_int_equal(host_up(d), PVBOOT_STATUS_HOST_UP);
}

/* Nobody tells of the end of a daemon: silence does. */
static void test_stream_silence(void **state)
{
	struct drive *d = both(state);

	drive_release(d);
	assert_int_equal(host_up(d), PVBOOT_STATUS_HOST_UP);
	for (int i = 0; i < 2000 && host_up(d); i++) {
		usleep(1000);
		host_tick(d->vm);
	}
	assert_int_equal(host_up(d), 0);
	drive_connect(d);
	drive_hello(d);
	assert_int_equal(host_up(d), PVBOOT_STATUS_HOST_UP);
}

static void test_stream_nonsense_ends_the_connection(void **state)
{
	struct drive *d = both(state);
	uint8_t body[1024] = {0};

	drive_send(d, 99, 0, body, sizeof(body), NULL, 0);
	assert_int_equal(host_up(d), 0);
	drive_expect(d, PVBOOT_LINK_BYE, NULL, NULL);
	drive_hello(d);
	assert_int_equal(host_up(d), PVBOOT_STATUS_HOST_UP);
}

/* ---- output
 * ------------------------------------------------------------------------------------------------------------ */

static void submit_opens(struct drive *d)
{
	uint8_t args[sizeof(struct pvboot_open_args) + 1000] = {0};

	memset(args + sizeof(struct pvboot_open_args), 'n', 1000);
	for (uint16_t i = 0; i < REQUESTS; i++) {
		args[sizeof(struct pvboot_open_args)] = (uint8_t)('A' + i);
		drive_submit(d, (uint16_t)(2 * i), PVBOOT_OP_OPEN, args, sizeof(args), 0x200000 + i * 0x1000u,
			     sizeof(struct pvboot_open_res));
	}
}

static void expect_opens(struct drive *d, uint32_t id[REQUESTS])
{
	const size_t name = sizeof(struct pvboot_link_request) + sizeof(struct pvboot_open_args);
	static uint8_t body[PVBOOT_LINK_BODY_MAX];
	size_t len;

	for (unsigned int i = 0; i < REQUESTS; i++) {
		id[i] = drive_expect(d, PVBOOT_LINK_REQUEST, body, &len);
		assert_int_equal(len, name + 1000);
		assert_int_equal(body[name], 'A' + i);
	}
}

/* 30 KiB of requests through a ring of 4 KiB that nobody reads: no vcore waits, nothing is lost, none comes twice. */
static void test_stream_full_ring(void **state)
{
	struct drive *d = both(state);
	uint32_t id[REQUESTS];

	submit_opens(d);
	assert_true(stream_readable(d->stream) <= HOST_RING);
	expect_opens(d, id);
	assert_true(drive_silent(d));
	for (unsigned int i = 0; i < REQUESTS; i++) {
		const struct pvboot_link_reply r = {.status = PVBOOT_S_NOT_FOUND};

		drive_send(d, PVBOOT_LINK_REPLY, id[i], &r, sizeof(r), NULL, 0);
		assert_int_equal(drive_used(d), 2 * i);
		assert_int_equal(drive_rsp(d, (uint16_t)(2 * i)).status, PVBOOT_S_NOT_FOUND);
	}
}

static void test_stream_requests_wait_for_a_host(void **state)
{
	struct drive *d = *state;
	uint32_t id[REQUESTS];

	drive_start(d, 0);
	submit_opens(d);
	drive_connect(d);
	drive_hello(d);
	expect_opens(d, id);
}

/* A daemon dies having read half a frame; the next one finds the rest in the ring, and gets every request again. */
static void test_stream_daemon_dies_in_a_frame(void **state)
{
	struct drive *d = both(state);
	uint32_t id[REQUESTS];
	char part[700];

	submit_opens(d);
	assert_int_equal(stream_read(d->stream, part, sizeof(part)), sizeof(part));
	drive_release(d);
	drive_connect(d);
	drive_hello(d);
	expect_opens(d, id);
	assert_true(drive_silent(d));
}

static void test_stream_requests_go_out_before_a_bye(void **state)
{
	struct drive *d = both(state);
	uint8_t body[16] = {0};
	uint32_t id[REQUESTS];

	submit_opens(d);
	drive_send(d, 99, 0, body, sizeof(body), NULL, 0);
	drive_hello(d); /* skips what the ring and a frame that was begun still hold */
	expect_opens(d, id);
}

/* ---- memory
 * ------------------------------------------------------------------------------------------------------------ */

/* One DATA over the border of two blocks, which are not adjacent here. */
static void test_read_straddles_blocks(void **state)
{
	struct drive *d = both(state);
	const uint64_t in = HOST_BLOCK - 30000;
	uint8_t *bytes = noise(60000);
	uint32_t id;

	submit_read(d, 0, in, 60000);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 60000);
	assert_int_equal(drive_used(d), -1);
	reply(d, id, 60000);
	assert_int_equal(drive_used(d), 0);
	assert_int_equal(drive_rsp(d, 0).status, PVBOOT_S_OK);
	assert_int_equal(drive_rsp(d, 0).length, 60000);
	check_memory(in + sizeof(struct pvboot_rsp), bytes, 60000);
	free(bytes);
}

/* The answer's header itself lies across the border. */
static void test_read_header_straddles_blocks(void **state)
{
	struct drive *d = both(state);
	const uint64_t in = HOST_BLOCK - 5;
	uint8_t *bytes = noise(5000);
	uint32_t id;

	submit_read(d, 0, in, 5000);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 5000);
	reply(d, id, 5000);
	assert_int_equal(drive_used(d), 0);
	assert_int_equal(drive_rsp(d, 0).status, PVBOOT_S_OK);
	check_memory(in + sizeof(struct pvboot_rsp), bytes, 5000);
	free(bytes);
}

/* Eight MiB in the largest pieces, over three blocks, while they move. */
static void test_read_bulk(void **state)
{
	struct drive *d = both(state);
	const uint32_t len = 8 * MIB;
	uint8_t *bytes = noise(len);
	uint32_t id;

	submit_read(d, 0, 3 * MIB, len);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	for (uint32_t at = 0; at < len; at += PVBOOT_LINK_DATA_MAX) {
		send_data(d, id, at, bytes + at, PVBOOT_LINK_DATA_MAX);
		if (at % MIB == 0)
			mem_move();
	}
	reply(d, id, len);
	assert_int_equal(drive_used(d), 0);
	check_memory(3 * MIB + sizeof(struct pvboot_rsp), bytes, len);
	free(bytes);
}

/* However the daemon's bytes are cut: by one, and in pieces that end within every header. */
static void test_read_in_small_writes(void **state)
{
	struct drive *d = both(state);
	const uint32_t len = 3000;
	uint8_t *bytes = noise(len), frames[4096];
	size_t n = 0;

	for (size_t step = 1; step < 400; step = step * 3 + 1) {
		struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, sizeof(struct pvboot_link_data) + len,
					      PVBOOT_LINK_DATA, 0, 0};
		struct pvboot_link_data data = {.offset = 0, .length = len};
		const uint64_t in = HOST_BLOCK - 700;

		submit_read(d, 0, in, len);
		hdr.id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
		memcpy(frames, &hdr, sizeof(hdr));
		memcpy(frames + sizeof(hdr), &data, sizeof(data));
		memcpy(frames + sizeof(hdr) + sizeof(data), bytes, len);
		n = sizeof(hdr) + sizeof(data) + len;
		for (size_t at = 0; at < n; at += step) {
			size_t piece = step < n - at ? step : n - at;

			assert_int_equal(stream_write(d->stream, frames + at, piece), piece);
		}
		reply(d, hdr.id, len);
		assert_int_equal(drive_used(d), 0);
		check_memory(in + sizeof(struct pvboot_rsp), bytes, len);
	}
	free(bytes);
}

static void test_read_into_no_memory(void **state)
{
	struct drive *d = both(state);
	const uint64_t in = DRIVE_RAM - 8192;
	uint8_t *bytes = noise(20000);
	uint32_t id;

	submit_read(d, 0, in, 20000);
	if (drive_used(d) < 0) {
		id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
		send_data(d, id, 0, bytes, 20000);
		reply(d, id, 20000);
		assert_int_equal(drive_used(d), 0);
	}
	assert_int_equal(drive_rsp(d, 0).status, PVBOOT_S_BAD_REQUEST);
	free(bytes);
}

static void test_read_more_than_there_is_room_for(void **state)
{
	struct drive *d = both(state);
	uint8_t *bytes = noise(8192);
	uint32_t id;

	submit_read(d, 0, MIB, 4096);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 8192);
	assert_int_equal(host_up(d), 0);
	assert_int_equal(drive_used(d), -1); /* it waits for a better daemon */
	drive_hello(d);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 4096);
	reply(d, id, 4096);
	assert_int_equal(drive_used(d), 0);
	check_memory(MIB + sizeof(struct pvboot_rsp), bytes, 4096);
	free(bytes);
}

/* ---- while bytes are copied
 * -------------------------------------------------------------------------------------------- */

struct meanwhile {
	struct drive *d;
	unsigned int seen;
	long taken;
};

static void begin_copy(struct drive *d, void (*now)(void *), struct meanwhile *m)
{
	uint8_t *bytes = noise(60000);
	uint32_t id;

	m->d = d;
	host_during_copy = now;
	host_during_copy_arg = m;
	submit_read(d, 0, MIB, 60000);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 60000);
	assert_null(host_during_copy); /* it was called */
	free(bytes);
}

static void guest_resets(void *arg)
{
	struct meanwhile *m = arg;

	drive_out(m->d, STATUS_REG, 1, 0);
	m->seen = drive_in(m->d, STATUS_REG, 1);
}

/* [DEV-35] A vcore does not wait, and sees the end of the reset only when nothing is written any more. */
static void test_copy_and_a_reset(void **state)
{
	struct drive *d = both(state);
	struct meanwhile m = {0};

	begin_copy(d, guest_resets, &m);
	assert_int_not_equal(m.seen, 0);
	assert_int_equal(drive_in(d, STATUS_REG, 1), 0);
	assert_int_equal(drive_used(d), -1);
	drive_expect(d, PVBOOT_LINK_RESET, NULL, NULL);
	drive_start(d, 0);
}

static void another_daemon_writes(void *arg)
{
	struct meanwhile *m = arg;
	char byte = 0;

	m->taken = stream_write(m->d->stream, &byte, 1);
}

static void test_copy_and_another_write(void **state)
{
	struct drive *d = both(state);
	struct meanwhile m = {0};

	m.taken = -1;
	begin_copy(d, another_daemon_writes, &m);
	assert_int_equal(m.taken, 0); /* EWOULDBLOCK */
}

static void guest_cancels(void *arg)
{
	const struct pvboot_cancel_args args = {.head = 0};
	struct meanwhile *m = arg;

	drive_submit(m->d, 4, PVBOOT_OP_CANCEL, &args, sizeof(args), 2 * MIB, 0);
	m->seen = (unsigned int)(drive_used(m->d) + 1);
}

/* [DEV-33], [DEV-35] */
static void test_copy_and_a_cancel(void **state)
{
	struct drive *d = both(state);
	struct meanwhile m = {0};
	uint32_t mark = 0x5a5a5a5a, got;

	begin_copy(d, guest_cancels, &m);
	assert_true(m.seen == 0 || m.seen == 1); /* the READ may be used before; the CANCEL not */
	if (m.seen == 0)
		assert_int_equal(drive_used(d), 0);
	assert_int_equal(drive_rsp(d, 0).status, PVBOOT_S_CANCELLED);
	assert_int_equal(drive_used(d), 4);
	assert_int_equal(drive_rsp(d, 4).status, PVBOOT_S_OK);
	/* the memory is the guest's again: what comes late is thrown away */
	drive_put(MIB + 60000, &mark, sizeof(mark));
	drive_expect(d, PVBOOT_LINK_CANCEL, NULL, NULL);
	drive_get(MIB + 60000, &got, sizeof(got));
	assert_int_equal(got, mark);
}

static void vcore_is_busy(void *arg)
{
	struct meanwhile *m = arg;

	m->seen = drive_in(m->d, 0x12, 2);
	host_tick(m->d->vm);
}

static void test_copy_and_registers(void **state)
{
	struct drive *d = both(state);
	struct meanwhile m = {0};

	begin_copy(d, vcore_is_busy, &m);
	assert_int_equal(m.seen, PVBOOT_NUM_QUEUES);
}

/* ---- two threads
 * --------------------------------------------------------------------------------------------------------- */

static void *guest_thread(void *arg)
{
	struct drive *d = arg;

	for (unsigned int i = 0; i < 20000; i++) {
		drive_in(d, STATUS_REG, 1);
		drive_in(d, PVBOOT_REG_ISR, 1);
		host_cfg_read(d->vm, d->slot, 4, 4);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct drive *d = both(state);
	const uint32_t len = 8 * MIB;
	uint8_t *bytes = noise(len);
	pthread_t thread;
	uint32_t id;

	submit_read(d, 0, 3 * MIB, len);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	assert_int_equal(pthread_create(&thread, NULL, guest_thread, d), 0);
	for (uint32_t at = 0; at < len; at += PVBOOT_LINK_DATA_MAX)
		send_data(d, id, at, bytes + at, PVBOOT_LINK_DATA_MAX);
	reply(d, id, len);
	pthread_join(thread, NULL);
	assert_int_equal(drive_used(d), 0);
	check_memory(3 * MIB + sizeof(struct pvboot_rsp), bytes, len);
	free(bytes);
}

/* ---- interrupts
 * ----------------------------------------------------------------------------------------------------------- */

static void test_irq_is_a_level(void **state)
{
	struct drive *d = both(state);
	uint32_t id;

	drive_in(d, PVBOOT_REG_ISR, 1);
	assert_int_equal(host_irq(d->vm, d->slot), 0);
	submit_read(d, 0, MIB, 16);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	reply(d, id, 0);
	assert_int_equal(host_irq(d->vm, d->slot), 1);
	assert_int_equal(drive_in(d, PVBOOT_REG_ISR, 1) & 1, 1);
	assert_int_equal(host_irq(d->vm, d->slot), 0);
}

/* Palacios forgets what is raised while INTx is disabled. */
static void test_irq_is_raised_when_enabled_again(void **state)
{
	struct drive *d = both(state);
	uint32_t id;

	drive_in(d, PVBOOT_REG_ISR, 1);
	host_cfg_write(d->vm, d->slot, 4, 2, 0x0405);
	submit_read(d, 0, MIB, 16);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	reply(d, id, 0);
	assert_int_equal(host_irq(d->vm, d->slot), 0);
	host_cfg_write(d->vm, d->slot, 4, 2, 0x0005);
	assert_int_equal(host_irq(d->vm, d->slot), 1);
}

/* ---- checkpoints
 * ----------------------------------------------------------------------------------------------------------- */

/* [DEV-36] A READ is under way and a blob is kept: both are there in another VM, whose memory lies elsewhere. */
static void test_restore_goes_on(void **state)
{
	static const char xml[] = DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34:57</mac>");
	struct drive *d = both(state);
	uint8_t *bytes = noise(60000);
	struct host_chkpt *c;
	uint32_t id;

	drive_send(d, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_LEASE, "the lease", 9, NULL, 0);
	submit_read(d, 0, HOST_BLOCK - 30000, 60000);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 20000);
	c = host_save(d->vm);
	assert_non_null(c);
	assert_int_equal(drive_restore(d, xml, c), 0);
	assert_int_equal(host_up(d), 0);
	drive_connect(d);
	assert_int_equal(drive_hello(d), 1);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 60000);
	reply(d, id, 60000);
	assert_int_equal(drive_used(d), 0);
	check_memory(HOST_BLOCK - 30000 + sizeof(struct pvboot_rsp), bytes, 60000);
	host_chkpt_free(c);
	free(bytes);
}

/* Palacios saves the memory first, then the devices: nothing may be written in between. */
static void test_paused_vm_takes_no_input(void **state)
{
	struct drive *d = both(state);
	const struct pvboot_link_reply r = {.status = PVBOOT_S_OK, .result_len = 0};
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, sizeof(r), PVBOOT_LINK_REPLY, 0, 0};
	uint8_t frame[sizeof(hdr) + sizeof(r)];

	submit_read(d, 0, MIB, 4096);
	hdr.id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	memcpy(frame, &hdr, sizeof(hdr));
	memcpy(frame + sizeof(hdr), &r, sizeof(r));
	host_pause(d->vm, 1);
	assert_int_equal(stream_write(d->stream, frame, sizeof(frame)), 0); /* EWOULDBLOCK */
	assert_int_equal(drive_used(d), -1);
	host_pause(d->vm, 0);
	assert_int_equal(stream_write(d->stream, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(drive_used(d), 0);
}

/* A checkpoint is loaded into a VM that a daemon already serves: it is told, and begins anew. */
static void test_load_under_a_daemon(void **state)
{
	struct drive *d = both(state);
	struct host_chkpt *c;

	submit_read(d, 0, MIB, 4096);
	c = host_save(d->vm);
	assert_non_null(c);
	drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	assert_int_equal(host_load(d->vm, c), 0);
	assert_int_equal(host_up(d), 0);
	drive_hello(d);
	drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	host_chkpt_free(c);
}

/* The memory is zeroed under a driver that the device believes to be up: no vcore dies, and a new driver comes up. */
static void test_reset_is_not_told(void **state)
{
	struct drive *d = both(state);
	uint8_t *bytes = noise(60000), *none = calloc(1, 60016);
	uint32_t id;

	submit_read(d, 0, MIB, 60000);
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	mem_zero();
	mem_move();
	send_data(d, id, 0, bytes, 60000);
	check_memory(MIB, none, 60016); /* [DEV-38] */
	drive_out(d, PVBOOT_REG_NOTIFY, 2, PVBOOT_Q_REQUESTS);
	drive_start(d, 0);
	drive_expect(d, PVBOOT_LINK_RESET, NULL, NULL);
	mem_zero();
	drive_start(d, 0);
	reply(d, id, 60000);
	assert_int_equal(drive_used(d), -1);
	submit_read(d, 0, MIB, 60000);
	while (d->have || stream_readable(d->stream)) {
		struct pvboot_link_hdr hdr;

		if (d->have < sizeof(hdr))
			d->have += (size_t)stream_read(d->stream, d->input + d->have, HOST_RING);
		memcpy(&hdr, d->input, sizeof(hdr));
		if (hdr.type == PVBOOT_LINK_REQUEST)
			break;
		drive_expect(d, PVBOOT_LINK_RESET, NULL, NULL);
	}
	id = drive_expect(d, PVBOOT_LINK_REQUEST, NULL, NULL);
	send_data(d, id, 0, bytes, 60000);
	reply(d, id, 60000);
	assert_int_equal(drive_used(d), 0);
	check_memory(MIB + sizeof(struct pvboot_rsp), bytes, 60000);
	free(bytes);
	free(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stream_identity),
		TEST(test_stream_host_up),
		TEST(test_stream_skips_to_the_hello),
		cmocka_unit_test_setup_teardown(test_stream_silence, set_up_in_a_hurry, tear_down),
		TEST(test_stream_nonsense_ends_the_connection),
		TEST(test_stream_full_ring),
		TEST(test_stream_requests_wait_for_a_host),
		TEST(test_stream_daemon_dies_in_a_frame),
		TEST(test_stream_requests_go_out_before_a_bye),
		TEST(test_read_straddles_blocks),
		TEST(test_read_header_straddles_blocks),
		TEST(test_read_bulk),
		TEST(test_read_in_small_writes),
		TEST(test_read_into_no_memory),
		TEST(test_read_more_than_there_is_room_for),
		TEST(test_copy_and_a_reset),
		TEST(test_copy_and_another_write),
		TEST(test_copy_and_a_cancel),
		TEST(test_copy_and_registers),
		TEST(test_threads),
		TEST(test_irq_is_a_level),
		TEST(test_irq_is_raised_when_enabled_again),
		TEST(test_restore_goes_on),
		TEST(test_paused_vm_takes_no_input),
		TEST(test_load_under_a_daemon),
		TEST(test_reset_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
