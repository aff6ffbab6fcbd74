/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vhost_user.c - the device's end of vhost-user, and the queues behind it, against a front end that is played. */
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost_world.h"

#define VERSION_1 (UINT64_C(1) << VIRTIO_F_VERSION_1)
#define LOG_ALL (UINT64_C(1) << VHOST_USER_F_LOG_ALL)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The message ended the connection, and every descriptor of it was closed (world_free()). */
#define assert_refused(w)                                                                                              \
	do {                                                                                                           \
		assert_int_equal((w)->result, VHOST_USER_ERROR);                                                       \
		assert_non_null((w)->server.error);                                                                    \
		assert_int_equal((w)->server.nfds, 0);                                                                 \
		world_silent(w);                                                                                       \
		world_free(w);                                                                                         \
	} while (0)

/* ---- refusals: messages ------------------------------------------------------------------------------------------ */

static void test_message_of_a_wrong_kind_or_length(void **state)
{
	static const struct {
		uint32_t request, size;
	} bad[] = {
		{0, 0},
		{VHOST_USER_GET_FEATURES, 8},
		{VHOST_USER_SET_FEATURES, 0},
		{VHOST_USER_SET_FEATURES, 4},
		{VHOST_USER_SET_FEATURES, 12},
		{VHOST_USER_SET_MEM_TABLE, 4},
		{VHOST_USER_SET_MEM_TABLE, sizeof(struct vhost_user_mem_table) + 1},
		{VHOST_USER_SET_LOG_BASE, 8},
		{VHOST_USER_SET_VRING_ADDR, sizeof(struct vhost_user_addr) - 1},
		{VHOST_USER_SET_VRING_KICK, 4},
		{VHOST_USER_GET_VRING_BASE, 0},
		{VHOST_USER_ADD_MEM_REG, sizeof(struct vhost_user_region)},
		{20, 8}, /* NET_SET_MTU, not offered */
		{24, 8}, /* GET_CONFIG, not offered */
		{39, 0},
		{0xffffffff, 0},
	};
	static const uint8_t body[512];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct world *w = world_new();

		world_send(w, bad[i].request, 0, body, bad[i].size, NULL, 0);
		assert_refused(w);
	}
}

static void test_message_with_wrong_flags(void **state)
{
	static const uint32_t bad[] = {VHOST_USER_REPLY, 0x10, 0x2, 0x80000000};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct world *w = world_new();

		world_send(w, VHOST_USER_SET_OWNER, bad[i], NULL, 0, NULL, 0);
		assert_refused(w);
	}
}

static void test_message_with_descriptors_it_has_not(void **state)
{
	static const uint32_t requests[] = {VHOST_USER_GET_FEATURES, VHOST_USER_SET_OWNER, VHOST_USER_SET_FEATURES,
					    VHOST_USER_SET_VRING_NUM};

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct world *w = world_new();
		uint64_t body = 0;

		world_send(w, requests[i], 0, &body, i < 2 ? 0 : 8, &w->ram_fd, 1);
		assert_refused(w);
	}
}

static void test_message_with_too_many_descriptors(void **state)
{
	struct world *w = world_new();
	struct vhost_user_mem_table m = {.n = 8};
	int fds[9];

	for (unsigned int i = 0; i < 9; i++)
		fds[i] = w->ram_fd;
	world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, sizeof(m), fds, 9);
	assert_refused(w);
}

static void test_message_in_pieces(void **state)
{
	struct world *w = world_new();
	struct vhost_user_hdr hdr = {VHOST_USER_GET_QUEUE_NUM, VHOST_USER_VERSION, 0};
	uint64_t pairs;

	for (size_t i = 0; i < sizeof(hdr); i++) {
		world_silent(w);
		assert_int_equal(send(w->fd, (const uint8_t *)&hdr + i, 1, 0), 1);
		w->result = vhost_user_serve(&w->server);
	}
	world_answer(w, VHOST_USER_GET_QUEUE_NUM, &pairs, sizeof(pairs));
	assert_int_equal(pairs, 1);
	shutdown(w->fd, SHUT_WR);
	assert_int_equal(vhost_user_serve(&w->server), VHOST_USER_CLOSED);
	world_free(w);
}

static void test_features_not_offered(void **state)
{
	static const uint64_t bad[] = {1, UINT64_C(1) << 16, UINT64_C(1) << 28, UINT64_C(1) << 29, UINT64_C(1) << 63};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct world *w = world_new();

		world_send64(w, VHOST_USER_SET_FEATURES, VERSION_1 | bad[i]);
		assert_refused(w);
		w = world_new();
		world_send64(w, VHOST_USER_SET_PROTOCOL_FEATURES, bad[i] | 1u << 3);
		assert_refused(w);
	}
}

/* ---- refusals: memory -------------------------------------------------------------------------------------------- */

static void test_mem_table_bad(void **state)
{
	const uint64_t half = WORLD_RAM / 2;
	const struct vhost_user_region bad[][2] = {
		{{0, half, WORLD_UVA, 0}, {half - 4096, 8192, WORLD_UVA + half, 0}},	      /* overlap in the guest */
		{{0, half, WORLD_UVA, 0}, {half, 8192, WORLD_UVA + half - 4096, 0}},	      /* and in the front end */
		{{0, half, WORLD_UVA, 0}, {half, half + 4096, WORLD_UVA + half, half}},	      /* beyond the file */
		{{0, half, WORLD_UVA, 0}, {half, 4096, WORLD_UVA + half, UINT64_MAX - 4095}}, /* offset wraps */
		{{0, half, WORLD_UVA, 0}, {UINT64_MAX - 4095, 8192, WORLD_UVA + half, 0}},    /* address wraps */
		{{0, half, WORLD_UVA, 0}, {half, 8192, UINT64_MAX - 4095, 0}},
		{{0, half, WORLD_UVA, 0}, {half, 0, WORLD_UVA + half, 0}},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct world *w = world_new();
		struct vhost_user_mem_table m = {.n = 2, .region = {bad[i][0], bad[i][1]}};
		int fds[2] = {w->ram_fd, w->ram_fd};
		uint64_t len = 1;

		world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, sizeof(m), fds, 2);
		assert_null(ram_map(&w->ram, 0, &len));
		assert_refused(w);
	}
}

static void test_mem_table_with_other_numbers(void **state)
{
	for (uint32_t n = 0; n < 12; n++) {
		struct world *w = world_new();
		struct vhost_user_mem_table m = {.n = n, .region = {{0, 4096, WORLD_UVA, 0}}};

		if (n == 1) { /* as many as it says, but the body ends before */
			world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, 8 + 16, &w->ram_fd, 1);
			assert_refused(w);
			continue;
		}
		world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, sizeof(m), &w->ram_fd, 1);
		assert_refused(w);
	}
}

static void test_memory_that_is_no_file(void **state)
{
	struct world *w = world_new();
	struct vhost_user_mem_table m = {.n = 1, .region = {{0, 4096, WORLD_UVA, 0}}};

	world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, sizeof(m), &w->kick[0], 1);
	assert_refused(w);
}

static void test_mem_reg_bad(void **state)
{
	struct vhost_user_mem_reg good = {.region = {0, 8192, WORLD_UVA, 0}}, m = good;
	struct world *w = world_new();

	world_send(w, VHOST_USER_ADD_MEM_REG, 0, &m, sizeof(m), NULL, 0);
	assert_refused(w);
	w = world_new();
	world_send(w, VHOST_USER_ADD_MEM_REG, 0, &m, sizeof(m), &w->ram_fd, 1);
	assert_int_equal(w->result, VHOST_USER_GOOD);
	m.region.gpa = 4096;
	m.region.uva += 0x100000;
	world_send(w, VHOST_USER_ADD_MEM_REG, 0, &m, sizeof(m), &w->ram_fd, 1);
	assert_refused(w);
	w = world_new();
	world_send(w, VHOST_USER_REM_MEM_REG, 0, &good, sizeof(good), NULL, 0);
	assert_refused(w);
}

/* ---- refusals: queues -------------------------------------------------------------------------------------------- */

static void test_queue_that_there_is_not(void **state)
{
	static const uint32_t requests[] = {VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_BASE,
					    VHOST_USER_GET_VRING_BASE, VHOST_USER_SET_VRING_ENABLE};
	static const uint32_t indexes[] = {2, 0xff, 0xffffffff};

	for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
		struct vhost_user_addr addr = {.index = indexes[i]};
		struct world *w;

		for (size_t k = 0; k < ARRAY_LEN(requests); k++) {
			w = world_new();
			world_send(w, requests[k], 0, &(struct vhost_user_state){indexes[i], 1}, 8, NULL, 0);
			assert_refused(w);
		}
		w = world_new();
		world_send(w, VHOST_USER_SET_VRING_ADDR, 0, &addr, sizeof(addr), NULL, 0);
		assert_refused(w);
		for (uint32_t r = VHOST_USER_SET_VRING_KICK; r <= VHOST_USER_SET_VRING_ERR; r++) {
			uint64_t value = indexes[i];

			w = world_new();
			world_send(w, r, 0, &value, sizeof(value), w->kick, 1);
			assert_refused(w);
		}
	}
}

static void test_queue_descriptor_missing_or_too_many(void **state)
{
	for (uint32_t r = VHOST_USER_SET_VRING_KICK; r <= VHOST_USER_SET_VRING_ERR; r++) {
		uint64_t value = 1;
		struct world *w = world_new();

		world_send(w, r, 0, &value, sizeof(value), NULL, 0);
		assert_refused(w);
		w = world_new();
		world_send(w, r, 0, &value, sizeof(value), w->kick, 2);
		assert_refused(w);
		w = world_new();
		value |= VHOST_USER_NO_FD;
		world_send(w, r, 0, &value, sizeof(value), w->kick, 1);
		assert_refused(w);
	}
}

static void test_queue_sizes(void **state)
{
	static const uint32_t bad[] = {0, 3, 65536, 0x80000000};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct world *w = world_new();

		world_send(w, VHOST_USER_SET_VRING_NUM, 0, &(struct vhost_user_state){1, bad[i]}, 8, NULL, 0);
		assert_refused(w);
	}
}

static void test_queue_outside_the_memory(void **state)
{
	/* the end of each part at a border, and one byte behind it; not aligned; nowhere */
	const struct vhost_user_addr good = {.index = 1,
					     .desc = WORLD_UVA + WORLD_LOW - 16 * WORLD_SIZE,
					     .avail = WORLD_UVA + WORLD_AVAIL(1),
					     .used = WORLD_UVA + WORLD_USED(1)};
	struct vhost_user_addr bad[6] = {good, good, good, good, good, good};

	bad[0].desc += 16;
	bad[1].avail = WORLD_UVA + WORLD_LOW - 4 - 2 * WORLD_SIZE + 2;
	bad[2].used = WORLD_UVA + WORLD_LOW - 8 * WORLD_SIZE;
	bad[3].desc = 0x1000;
	bad[4].used = UINT64_MAX - 3;
	bad[5].desc -= 8;
	for (size_t i = 0; i <= ARRAY_LEN(bad); i++) {
		const struct vhost_user_addr *addr = i < ARRAY_LEN(bad) ? &bad[i] : &good;
		struct world *w = world_new();
		uint64_t index = 1;

		world_send64(w, VHOST_USER_SET_FEATURES, VERSION_1);
		world_memory(w);
		world_send(w, VHOST_USER_SET_VRING_ENABLE, 0, &(struct vhost_user_state){1, 1}, 8, NULL, 0);
		world_send(w, VHOST_USER_SET_VRING_NUM, 0, &(struct vhost_user_state){1, WORLD_SIZE}, 8, NULL, 0);
		world_send(w, VHOST_USER_SET_VRING_ADDR, 0, addr, sizeof(*addr), NULL, 0);
		world_send(w, VHOST_USER_SET_VRING_KICK, 0, &index, sizeof(index), &w->kick[1], 1);
		if (addr != &good) {
			assert_refused(w);
			continue;
		}
		assert_true(w->server.queue[1].running);
		world_free(w);
	}
}

static void test_queue_moved_while_it_runs(void **state)
{
	struct world *w = world_new();
	struct vhost_user_addr addr = {.index = 1,
				       .desc = WORLD_UVA + WORLD_DESC(1) + 0x100,
				       .avail = WORLD_UVA + WORLD_AVAIL(1),
				       .used = WORLD_UVA + WORLD_USED(1)};

	world_start(w);
	world_send(w, VHOST_USER_SET_VRING_ADDR, 0, &addr, sizeof(addr), NULL, 0);
	assert_refused(w);
}

static void test_index_runs_ahead(void **state)
{
	struct world *w = world_new();

	world_start(w);
	w->avail[1] = WORLD_SIZE; /* and one more: [DEV-12] */
	world_submit(w, 0, PVBOOT_OP_CONFIG, NULL, 0, 56);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_UNWRITTEN);
	assert_int_equal(world_used(w, 1), 0);
	world_free(w);
}

/* [DEV-66] Linux's driver has queues of 256, a legacy one knows no VERSION_1: neither is served. */
static void test_foreign_driver_is_not_served(void **state)
{
	for (int legacy = 0; legacy < 2; legacy++) {
		struct world *w = world_new();

		world_send64(w, VHOST_USER_SET_FEATURES, legacy ? 0 : VERSION_1);
		world_memory(w);
		for (uint32_t q = 0; q < PVBOOT_NUM_QUEUES; q++) {
			world_send(w, VHOST_USER_SET_VRING_ENABLE, 0, &(struct vhost_user_state){q, 1}, 8, NULL, 0);
			world_queue(w, q, legacy ? WORLD_SIZE : 128);
		}
		assert_int_equal(w->result, VHOST_USER_GOOD);
		assert_true(w->server.foreign);
		assert_false(w->server.queue[1].running);
		world_submit(w, 0, PVBOOT_OP_CONFIG, NULL, 0, 56);
		assert_int_equal(world_used(w, 1), 0);
		world_stop_queue(w, 0);
		world_stop_queue(w, 1);
		assert_false(w->server.foreign);
		world_free(w);
	}
}

/* As QEMU does where the guest's memory is its own: queues, and not one range of memory. */
static void test_driver_without_memory_is_told_apart(void **state)
{
	struct world *w = world_new();

	world_send64(w, VHOST_USER_SET_FEATURES, VERSION_1);
	assert_false(w->server.blind);
	for (uint32_t q = 0; q < PVBOOT_NUM_QUEUES; q++) {
		world_send(w, VHOST_USER_SET_VRING_ENABLE, 0, &(struct vhost_user_state){q, 1}, 8, NULL, 0);
		world_queue(w, q, WORLD_SIZE);
	}
	assert_int_equal(w->result, VHOST_USER_GOOD);
	assert_true(w->server.blind);
	assert_false(w->server.queue[1].running);
	world_stop_queue(w, 0);
	world_stop_queue(w, 1);
	assert_false(w->server.blind);
	world_free(w);
}

/* QEMU takes all ranges away only to add them again. */
static void test_memory_that_went_is_not_missed(void **state)
{
	struct vhost_user_mem_table none = {0};
	struct world *w = world_new();

	world_start(w);
	assert_true(w->server.queue[1].running);
	world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &none, 8, NULL, 0);
	assert_int_equal(w->result, VHOST_USER_GOOD);
	assert_false(w->server.queue[1].running);
	assert_false(w->server.blind);
	world_free(w);
}

/* ---- what works -------------------------------------------------------------------------------------------------- */

static void test_features_are_few(void **state)
{
	struct world *w = world_new();

	assert_int_equal(world_ask64(w, VHOST_USER_GET_FEATURES),
			 VERSION_1 | LOG_ALL | UINT64_C(1) << VHOST_USER_F_PROTOCOL);
	assert_int_equal(world_ask64(w, VHOST_USER_GET_PROTOCOL_FEATURES), 1u << 1 | 1u << 2 | 1u << 3 | 1u << 15);
	assert_int_equal(world_ask64(w, VHOST_USER_GET_QUEUE_NUM), 1);
	assert_true(world_ask64(w, VHOST_USER_GET_MAX_MEM_SLOTS) >= 64);
	world_free(w);
}

static void test_reply_where_one_is_wanted(void **state)
{
	struct world *w = world_new();
	struct vhost_user_mem_reg m = {.region = {0, 8192, WORLD_UVA, 0}};
	uint64_t ok = 1;

	world_send(w, VHOST_USER_SET_OWNER, VHOST_USER_NEED_REPLY, NULL, 0, NULL, 0);
	world_silent(w); /* not agreed on yet */
	world_send64(w, VHOST_USER_SET_PROTOCOL_FEATURES, 1u << VHOST_USER_PROTOCOL_REPLY_ACK);
	world_send(w, VHOST_USER_ADD_MEM_REG, VHOST_USER_NEED_REPLY, &m, sizeof(m), &w->ram_fd, 1);
	world_answer(w, VHOST_USER_ADD_MEM_REG, &ok, sizeof(ok));
	assert_int_equal(ok, 0);
	world_free(w);
}

static void test_memory_in_many_ranges(void **state)
{
	struct world *w = world_new();
	struct vhost_user_mem_reg m = {.region = {.size = 4096}};
	uint64_t len;

	for (unsigned int i = 0; i <= VHOST_USER_SLOTS; i++) {
		m.region.gpa = i * 8192u;
		m.region.uva = WORLD_UVA + i * 8192u;
		m.region.offset = i * 4096u;
		world_send(w, VHOST_USER_ADD_MEM_REG, 0, &m, sizeof(m), &w->ram_fd, 1);
		if (i == VHOST_USER_SLOTS)
			break;
		assert_int_equal(w->result, VHOST_USER_GOOD);
	}
	assert_int_equal(w->result, VHOST_USER_ERROR);
	len = 8192;
	assert_non_null(ram_map(&w->ram, 100 * 8192u, &len));
	assert_int_equal(len, 4096);
	m.region.gpa = 100 * 8192u;
	m.region.uva = WORLD_UVA + 100 * 8192u;
	world_send(w, VHOST_USER_REM_MEM_REG, 0, &m, sizeof(m), NULL, 0);
	assert_int_equal(w->result, VHOST_USER_GOOD);
	assert_null(ram_map(&w->ram, 100 * 8192u, &len));
	world_free(w);
}

static void test_config_is_a_request(void **state)
{
	struct world *w = world_new();
	struct pvboot_config config;

	world_start(w);
	pvboot_dev_set_status(w->dev, PVBOOT_STATUS_HOST_UP);
	world_submit(w, 0, PVBOOT_OP_CONFIG, NULL, 0, sizeof(config));
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_OK);
	assert_int_equal(world_rsp(w, 0).length, sizeof(config));
	memcpy(&config, w->mem + WORLD_RESPONSE + sizeof(struct pvboot_rsp), sizeof(config));
	assert_memory_equal(config.mac, "\x52\x54\0\x01\x02\x03", 6);
	assert_int_equal(config.status, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(config.abi_version, PVBOOT_ABI_VERSION);
	assert_int_equal(config.flags, PVBOOT_CFG_F_DGRAM);
	assert_int_equal(config.host_wait_ms, PVBOOT_HOST_WAIT_DEFAULT_MS);
	/* room for less, and arguments, which it has none of */
	world_submit(w, 0, PVBOOT_OP_CONFIG, NULL, 0, sizeof(config) - 1);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_BAD_REQUEST);
	world_submit(w, 0, PVBOOT_OP_CONFIG, "1234", 4, sizeof(config));
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_BAD_REQUEST);
	world_free(w);
}

/* [DEV-60] */
static void test_host_status_stands_in_what_waits(void **state)
{
	struct world *w = world_new();
	struct pvboot_discover_args args = {0};

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100);
	assert_int_equal(world_rsp(w, 0).detail, 0);
	pvboot_dev_set_status(w->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(world_rsp(w, 0).detail, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_UNWRITTEN);
	pvboot_io_complete(w->held[0], PVBOOT_S_NO_OFFER, 7, 0);
	assert_int_equal(world_rsp(w, 0).detail, 7);
	pvboot_dev_set_status(w->dev, 0);
	assert_int_equal(world_rsp(w, 0).detail, 7); /* [DRV-8] the driver's again */
	world_free(w);
}

/* [DEV-60] [DEV-69] The bytes of one READ are told of to the others, and to the next boot. */
static void test_written_stands_in_what_waits(void **state)
{
	struct world *w = world_new();
	struct pvboot_read_args args = {.handle = 1};
	struct pvboot_config config;

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_READ, &args, sizeof(args), 16);
	world_submit(w, 4, PVBOOT_OP_READ, &args, sizeof(args), 16);
	assert_int_equal(world_rsp(w, 0).detail, 0);
	assert_true(pvboot_io_write(w->held[0], 0, "x", 1));
	assert_int_equal(world_rsp(w, 0).detail, PVBOOT_STATUS_WRITTEN);
	assert_int_equal(world_rsp(w, 4).detail, PVBOOT_STATUS_WRITTEN);
	pvboot_vhost_forget(w->dev);
	world_submit(w, 8, PVBOOT_OP_CONFIG, NULL, 0, sizeof(config));
	memcpy(&config, w->mem + WORLD_RESPONSE + 8 * 0x4000u + sizeof(struct pvboot_rsp), sizeof(config));
	assert_int_equal(config.status, PVBOOT_STATUS_WRITTEN);
	world_free(w);
}

static void test_driver_is_called_unless_it_does_not_want_it(void **state)
{
	struct world *w = world_new();
	uint16_t no_interrupt = VRING_AVAIL_F_NO_INTERRUPT;

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	assert_int_equal(world_calls(w, 1), 1);
	memcpy(w->mem + WORLD_AVAIL(1), &no_interrupt, 2);
	world_submit(w, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	assert_int_equal(world_calls(w, 1), 0);
	assert_int_equal(world_calls(w, 0), 0);
	world_free(w);
}

/* [DEV-61] */
static void test_network_packet_comes_back(void **state)
{
	struct world *w = world_new();
	struct vring_desc desc = {WORLD_REQUEST, 72, 0, 0};
	struct vring_used_elem elem;

	world_start(w);
	memcpy(w->mem + WORLD_DESC(1), &desc, sizeof(desc));
	w->avail[1] = 1;
	memcpy(w->mem + WORLD_AVAIL(1) + 2, &w->avail[1], 2);
	world_kick(w, 1);
	assert_int_equal(world_used(w, 1), 1);
	memcpy(&elem, w->mem + WORLD_USED(1) + 4, sizeof(elem));
	assert_int_equal(elem.len, 0);
	world_free(w);
}

/* [DEV-62] [DEV-63] */
static void test_stop_and_go_on(void **state)
{
	struct world *w = world_new();
	struct pvboot_discover_args args = {0};
	struct pvboot_io *io;

	world_start(w);
	world_submit(w, 4, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100);
	io = w->held[0];
	assert_int_equal(world_stop_queue(w, 1), 1); /* the first has come back, the second is ours again */
	assert_int_equal(w->cancels, 1);
	pvboot_io_complete(io, PVBOOT_S_NO_OFFER, 0, 0);
	pvboot_dev_set_status(w->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_UNWRITTEN);
	assert_int_equal(world_rsp(w, 0).detail, 0);
	world_queue(w, 1, WORLD_SIZE);
	assert_int_equal(w->submits, 2);
	assert_int_equal(w->resets, 1); /* the one at the first start */
	pvboot_io_complete(w->held[0], PVBOOT_S_NO_OFFER, 0, 0);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_NO_OFFER);
	assert_int_equal(world_used(w, 1), 2);
	world_free(w);
}

/* [DEV-62] The driver has begun again. */
static void test_start_at_zero_is_a_reset(void **state)
{
	struct world *w = world_new();
	struct pvboot_dgram_open_args open = {0};
	struct pvboot_dgram_args args = {0};

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_DGRAM_OPEN, &open, sizeof(open), 0);
	world_stop_queue(w, 1);
	memset(w->mem + WORLD_AVAIL(1), 0, 64);
	memset(w->mem + WORLD_USED(1), 0, 256);
	w->avail[1] = 0;
	world_queue(w, 1, WORLD_SIZE);
	assert_int_equal(w->resets, 2);
	world_submit(w, 0, PVBOOT_OP_DGRAM_SEND, &args, sizeof(args), 0);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_FAILED); /* nothing is open any more */
	world_free(w);
}

/* [DEV-62] Nothing but guest memory is left. */
static void test_another_process_goes_on(void **state)
{
	struct world *w = world_new();
	struct pvboot_discover_args args = {0};

	world_start(w);
	world_submit(w, 4, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100);
	world_restart(w);
	w->submits = 0;
	world_start(w);
	assert_int_equal(w->submits, 1);
	pvboot_io_complete(w->held[0], PVBOOT_S_NO_OFFER, 0, 0);
	assert_int_equal(world_rsp(w, 0).status, PVBOOT_S_NO_OFFER);
	assert_int_equal(world_used(w, 1), 2);
	world_free(w);
}

/* QEMU has returned a chain undone while there was nobody: it is not begun again. */
static void test_chain_returned_by_the_front_end(void **state)
{
	struct world *w = world_new();
	struct pvboot_discover_args args = {0};
	uint16_t used = 1;

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100);
	world_restart(w);
	memcpy(w->mem + WORLD_USED(1) + 2, &used, 2);
	w->submits = 0;
	world_start(w);
	assert_int_equal(w->submits, 0);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100); /* [DRV-12] */
	assert_int_equal(w->submits, 1);
	world_free(w);
}

/* [DEV-64] */
static void test_nothing_is_written_while_a_migration_logs(void **state)
{
	struct world *w = world_new();
	struct vhost_user_log log = {4096, 0};
	struct pvboot_discover_args args = {0};
	uint64_t zero = 1;

	world_start(w);
	world_submit(w, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 4100);
	world_send(w, VHOST_USER_SET_LOG_BASE, 0, &log, sizeof(log), &w->ram_fd, 1);
	world_answer(w, VHOST_USER_SET_LOG_BASE, &zero, sizeof(zero));
	world_send64(w, VHOST_USER_SET_FEATURES, VERSION_1 | LOG_ALL);
	assert_int_equal(w->cancels, 1);
	pvboot_dev_set_status(w->dev, PVBOOT_STATUS_HOST_UP);
	world_submit(w, 4, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	assert_int_equal(world_rsp(w, 0).detail, 0);
	assert_int_equal(world_used(w, 1), 0);
	world_send64(w, VHOST_USER_SET_FEATURES, VERSION_1); /* it failed: here it goes on */
	assert_int_equal(world_used(w, 1), 1);
	assert_int_equal(w->submits, 2);
	world_free(w);
}

static void test_queue_without_kick_descriptor(void **state)
{
	struct world *w = world_new();
	uint64_t value = 1 | VHOST_USER_NO_FD;

	world_start(w);
	world_stop_queue(w, 1);
	world_submit(w, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 64);
	assert_int_equal(world_used(w, 1), 0);
	world_send(w, VHOST_USER_SET_VRING_KICK, 0, &value, sizeof(value), NULL, 0);
	assert_int_equal(world_used(w, 1), 1); /* what waits is looked at when it starts */
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_of_a_wrong_kind_or_length),
		cmocka_unit_test(test_message_with_wrong_flags),
		cmocka_unit_test(test_message_with_descriptors_it_has_not),
		cmocka_unit_test(test_message_with_too_many_descriptors),
		cmocka_unit_test(test_message_in_pieces),
		cmocka_unit_test(test_features_not_offered),
		cmocka_unit_test(test_mem_table_bad),
		cmocka_unit_test(test_mem_table_with_other_numbers),
		cmocka_unit_test(test_memory_that_is_no_file),
		cmocka_unit_test(test_mem_reg_bad),
		cmocka_unit_test(test_queue_that_there_is_not),
		cmocka_unit_test(test_queue_descriptor_missing_or_too_many),
		cmocka_unit_test(test_queue_sizes),
		cmocka_unit_test(test_queue_outside_the_memory),
		cmocka_unit_test(test_queue_moved_while_it_runs),
		cmocka_unit_test(test_index_runs_ahead),
		cmocka_unit_test(test_foreign_driver_is_not_served),
		cmocka_unit_test(test_driver_without_memory_is_told_apart),
		cmocka_unit_test(test_memory_that_went_is_not_missed),
		cmocka_unit_test(test_features_are_few),
		cmocka_unit_test(test_reply_where_one_is_wanted),
		cmocka_unit_test(test_memory_in_many_ranges),
		cmocka_unit_test(test_config_is_a_request),
		cmocka_unit_test(test_host_status_stands_in_what_waits),
		cmocka_unit_test(test_written_stands_in_what_waits),
		cmocka_unit_test(test_driver_is_called_unless_it_does_not_want_it),
		cmocka_unit_test(test_network_packet_comes_back),
		cmocka_unit_test(test_stop_and_go_on),
		cmocka_unit_test(test_start_at_zero_is_a_reset),
		cmocka_unit_test(test_another_process_goes_on),
		cmocka_unit_test(test_chain_returned_by_the_front_end),
		cmocka_unit_test(test_nothing_is_written_while_a_migration_logs),
		cmocka_unit_test(test_queue_without_kick_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
