/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues under a hostile driver: vmm/pvboot_ring.c, vmm/pvboot_mem.c, vmm/pvboot_io.c. */
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

/* The device is broken, said so once, and touches no memory whatever comes. */
#define assert_broken(g) check_broken(g, __FILE__, __LINE__)

static void check_broken(struct guest *g, const char *file, int line)
{
	unsigned int maps;

	_assert_int_equal(guest_status(g), 0x4f, file, line);
	_assert_int_equal(g->irq, 1, file, line);
	_assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1) & VIRTIO_PCI_ISR_CONFIG, VIRTIO_PCI_ISR_CONFIG, file, line);
	_assert_int_equal(g->logs, 1, file, line);
	maps = g->maps;
	guest_kick(g, 0);
	guest_kick(g, 1);
	_assert_int_equal(g->maps, maps, file, line);
}

/* A guest that has a good request of DISCOVER laid out as head 0, not yet available. */
static struct guest *ready(void **state)
{
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), sizeof(struct pvboot_discover_res));
	assert_int_equal(g->nheld, 1);
	pvboot_io_complete(g->held[0], PVBOOT_S_NO_OFFER, 0, 0);
	g->nheld = 0;
	guest_in(g, PVBOOT_REG_ISR, 1);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_NO_OFFER);
	return g;
}

static void offer(struct guest *g, uint16_t head)
{
	guest_avail(g, 1, head);
	guest_kick(g, 1);
}

/* ---- what breaks the device ------------------------------------------------------------------------------------ */

/* [DEV-12] */
static void test_avail_index_beyond_the_queue_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_put16(g, GUEST_AVAIL(1) + 2, (uint16_t)(g->avail_idx[1] + GUEST_QUEUE + 1));
	guest_kick(g, 1);
	assert_broken(g);
	assert_int_equal(g->submits, 1);
}

static void test_avail_index_going_back_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_put16(g, GUEST_AVAIL(1) + 2, (uint16_t)(g->avail_idx[1] - 1));
	guest_kick(g, 1);
	assert_broken(g);
}

/* [DEV-12] */
static void test_head_outside_the_table_breaks(void **state)
{
	struct guest *g = ready(state);

	offer(g, GUEST_QUEUE);
	assert_broken(g);
}

/* [DEV-12] */
static void test_next_outside_the_table_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 0, GUEST_OUT(0), 24, VRING_DESC_F_NEXT, GUEST_QUEUE);
	offer(g, 0);
	assert_broken(g);
}

/* [DEV-12] [DEV-14] */
static void test_loop_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 0, GUEST_OUT(0), 1, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_OUT(0), 1, VRING_DESC_F_NEXT, 0);
	offer(g, 0);
	assert_broken(g);
	/* 64 descriptors, of which one straddles the border: 130 maps at the very most. */
	assert_in_range(g->maps, 1, 200);
}

static void test_chain_longer_than_a_small_queue_breaks(void **state)
{
	struct guest *g = *state;
	unsigned int i;

	g->size[1] = 4;
	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_queue(g, 1);
	guest_driver_ok(g);
	for (i = 0; i < 8; i++)
		guest_desc(g, 1, i, GUEST_IN(0), 64, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, (uint16_t)((i + 1) % 4));
	offer(g, 0);
	assert_broken(g);
}

/* [DEV-12] */
static void test_indirect_descriptor_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 0, GUEST_OUT(0), 64, VRING_DESC_F_INDIRECT, 0);
	offer(g, 0);
	assert_broken(g);
	assert_non_null(strstr(g->log, "indirect"));
}

static void test_unknown_descriptor_flag_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 1, GUEST_IN(0), 64, VRING_DESC_F_WRITE | 8, 0);
	offer(g, 0);
	assert_broken(g);
}

/* [DEV-12] */
static void test_readable_after_writable_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 0, GUEST_IN(0), 64, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_OUT(0), 24, 0, 0);
	offer(g, 0);
	assert_broken(g);
}

/* [DEV-12] */
static void test_chain_of_4_gib_breaks(void **state)
{
	struct guest *g = ready(state);

	guest_desc(g, 1, 1, GUEST_IN(0), 0xffffffff - 24, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2);
	guest_desc(g, 1, 2, GUEST_IN(0), 1, VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	assert_broken(g);
}

static void test_head_in_flight_twice_breaks(void **state)
{
	struct guest *g = ready(state);

	offer(g, 0);
	assert_int_equal(g->nheld, 1);
	offer(g, 0);
	assert_broken(g);
	/* The backend's answer to the first one goes nowhere. */
	pvboot_io_complete(g->held[0], PVBOOT_S_OK, 0, 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_NO_OFFER);
}

/* Put one of the rings where there is no memory. */
static void start_with_ring_at(struct guest *g, uint32_t reg, uint32_t where)
{
	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, GUEST_DESC(1));
	guest_out(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, GUEST_AVAIL(1));
	guest_out(g, VIRTIO_PCI_COMMON_Q_USEDLO, 4, GUEST_USED(1));
	guest_out(g, reg, 4, where);
	guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	guest_put16(g, GUEST_AVAIL(1) + 2, 0);
	guest_driver_ok(g);
}

/* [DEV-12] */
static void test_avail_ring_not_in_memory_breaks(void **state)
{
	struct guest *g = *state;

	start_with_ring_at(g, VIRTIO_PCI_COMMON_Q_AVAILLO, GUEST_HOLE);
	assert_broken(g);
}

static void test_avail_ring_half_in_memory_breaks(void **state)
{
	struct guest *g = *state;

	guest_put16(g, GUEST_HOLE - 2, 1);
	start_with_ring_at(g, VIRTIO_PCI_COMMON_Q_AVAILLO, GUEST_HOLE - 4);
	assert_broken(g);
}

static void test_avail_index_half_in_memory_breaks(void **state)
{
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, GUEST_DESC(1));
	guest_out(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, GUEST_HIGH_LEN - 3);
	guest_out(g, VIRTIO_PCI_COMMON_Q_AVAILHI, 4, GUEST_HIGH >> 32);
	guest_out(g, VIRTIO_PCI_COMMON_Q_USEDLO, 4, GUEST_USED(1));
	guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	guest_driver_ok(g);
	assert_broken(g);
}

/* [DEV-12] */
static void test_descriptor_table_not_in_memory_breaks(void **state)
{
	struct guest *g = *state;

	start_with_ring_at(g, VIRTIO_PCI_COMMON_Q_DESCLO, 0xfffff000);
	assert_int_equal(guest_status(g), 0x0f);
	offer(g, 0);
	assert_broken(g);
}

static void test_descriptor_behind_the_end_of_memory_breaks(void **state)
{
	struct guest *g = *state;

	start_with_ring_at(g, VIRTIO_PCI_COMMON_Q_DESCLO, GUEST_HOLE - 16);
	offer(g, 1);
	assert_broken(g);
}

/* [DEV-12] */
static void test_used_ring_not_in_memory_breaks(void **state)
{
	struct guest *g = *state;

	start_with_ring_at(g, VIRTIO_PCI_COMMON_Q_USEDLO, GUEST_HOLE);
	assert_int_equal(guest_status(g), 0x0f);
	guest_desc(g, 1, 0, GUEST_OUT(0), 24, VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, GUEST_IN(0), 64, VRING_DESC_F_WRITE, 0);
	guest_desc(g, 1, 2, GUEST_OUT(0), 24, VRING_DESC_F_NEXT, 1);
	guest_avail(g, 1, 0);
	/* The first chain breaks the device: the second one is not even looked at. */
	g->watch = GUEST_DESC(1) + 2 * sizeof(struct vring_desc);
	offer(g, 2);
	assert_int_equal(g->watched, 0);
	assert_broken(g);
}

/* [DEV-12] */
static void test_broken_device_works_again_after_reset(void **state)
{
	struct guest *g = ready(state);

	offer(g, 0xffff);
	assert_broken(g);
	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 255).status, PVBOOT_S_OK);
}

/* ---- what is ignored ------------------------------------------------------------------------------------------- */

static void test_notification_of_no_queue_ignored(void **state)
{
	struct guest *g = ready(state);
	unsigned int maps = g->maps;

	guest_avail(g, 1, 0);
	guest_kick(g, 2);
	guest_kick(g, 0xffff);
	guest_out(g, PVBOOT_REG_NOTIFY + 1, 1, 1); /* not the register's first byte */
	guest_out(g, PVBOOT_REG_NOTIFY + 2, 2, 1);
	assert_int_equal(g->maps, maps);
	guest_out(g, PVBOOT_REG_NOTIFY, 4, 1);
	assert_int_equal(g->nheld, 1);
}

static void test_notification_before_driver_ok_waits(void **state)
{
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_queue(g, 1);
	guest_submit(g, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 16);
	assert_int_equal(g->maps, 0);
	guest_driver_ok(g);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_OK);
}

static void test_disabled_queue_is_not_looked_at(void **state)
{
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_driver_ok(g);
	guest_kick(g, 0);
	guest_kick(g, 1);
	assert_int_equal(g->maps, 0);
	assert_int_equal(guest_status(g), 0x0f);
}

/* [DEV-3] */
static void test_no_bus_master_no_memory_access(void **state)
{
	struct guest *g = ready(state);
	unsigned int maps;

	offer(g, 0);
	assert_int_equal(g->nheld, 1);
	pvboot_dev_cfg_write(g->dev, PCI_COMMAND, 2, PCI_COMMAND_IO);
	maps = g->maps;
	guest_kick(g, 1);
	assert_false(pvboot_io_write(g->held[0], 0, "x", 1));
	pvboot_io_complete(g->held[0], PVBOOT_S_FAILED, 0, 0);
	guest_kick(g, 1);
	assert_int_equal(g->maps, maps);
	assert_int_equal(g->irq, 0);
	/* The answer waits for a notification; given twice it still counts once. */
	pvboot_io_complete(g->held[0], PVBOOT_S_TIMEOUT, 0, 0);
	guest_bus_master(g);
	assert_int_equal(g->maps, maps);
	guest_kick(g, 1);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_FAILED);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 2);
	guest_kick(g, 1);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 2);
}

static void test_reset_forgets_answers_that_wait_for_bus_master(void **state)
{
	struct guest *g = ready(state);

	offer(g, 0);
	pvboot_dev_cfg_write(g->dev, PCI_COMMAND, 2, PCI_COMMAND_IO);
	pvboot_io_complete(g->held[0], PVBOOT_S_FAILED, 0, 0);
	guest_start(g);
	guest_kick(g, 1);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 0);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_NO_OFFER);
	assert_int_equal(guest_status(g), 0x0f);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

/* [DEV-11] */
static void test_nothing_is_read_twice(void **state)
{
	const uint64_t watch[] = {GUEST_OUT(0), GUEST_OUT(0) + 20, GUEST_DESC(1), GUEST_DESC(1) + 16 + 12,
				  GUEST_AVAIL(1) + 4};
	struct guest *g = ready(state);
	size_t i;

	for (i = 0; i < sizeof(watch) / sizeof(watch[0]); i++) {
		guest_start(g);
		g->watch = watch[i];
		g->watched = 0;
		offer(g, 0);
		assert_int_equal(g->nheld, 1);
		assert_int_equal(g->watched, 1);
	}
}

/* [DEV-15] */
static void test_interrupt_only_if_the_driver_wants_it(void **state)
{
	struct guest *g = ready(state);

	guest_put16(g, GUEST_AVAIL(1), VRING_AVAIL_F_NO_INTERRUPT);
	guest_submit(g, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 16);
	assert_int_equal(g->irq, 0);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1), 0);
	guest_put16(g, GUEST_AVAIL(1), 0);
	guest_submit(g, 0, PVBOOT_OP_LAST_ERROR, NULL, 0, 16);
	assert_int_equal(g->irq, 1);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1), 1);
	assert_int_equal(g->irq, 0);
}

/* [DEV-14] */
static void test_full_queue_is_taken_over_at_once(void **state)
{
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;
	uint16_t i;
	uint32_t id, len;

	guest_start(g);
	/* 64 heads in flight, all sharing the second half of their chains, which is allowed. */
	guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), sizeof(struct pvboot_discover_res));
	for (i = 2; i < GUEST_QUEUE; i++) {
		guest_desc(g, 1, i, GUEST_OUT(0), 24, VRING_DESC_F_NEXT, 1);
		guest_avail(g, 1, i);
	}
	guest_kick(g, 1);
	assert_int_equal(g->nheld, 63);
	while (g->nheld)
		pvboot_io_complete(g->held[--g->nheld], PVBOOT_S_OK, 0, 0);
	for (i = 63; i > 1; i--) {
		assert_true(guest_used(g, 1, &id, &len));
		assert_int_equal(id, i);
	}
	assert_true(guest_used(g, 1, &id, &len));
	assert_int_equal(id, 0);
	assert_false(guest_used(g, 1, &id, &len));
}

static void test_indices_wrap_at_65536(void **state)
{
	struct guest *g = *state;
	unsigned int i;

	g->size[1] = 2;
	guest_start(g);
	for (i = 0; i < 65536 + 10; i++)
		assert_int_equal(guest_ask(g, PVBOOT_OP_LAST_ERROR, NULL, 0, 16).status, PVBOOT_S_OK);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 10);
}

static void test_chain_scattered_over_many_descriptors(void **state)
{
	static const struct pvboot_req req = {
		.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_DISCOVER, .arg_len = sizeof(struct pvboot_discover_args)};
	struct pvboot_discover_res res;
	struct guest *g = *state;
	struct pvboot_rsp rsp;
	uint16_t i;
	uint64_t n;

	guest_start(g);
	guest_put(g, GUEST_OUT(0), &req, sizeof(req));
	/* Each byte of the request on its own, then the answer in pieces of 7 bytes, empty ones, and a big one. */
	for (i = 0; i < 24; i++)
		guest_desc(g, 1, i, GUEST_OUT(0) + i, 1, VRING_DESC_F_NEXT, (uint16_t)(i + 1));
	for (; i < 30; i++)
		guest_desc(g, 1, i, GUEST_IN(0) + (i - 24) / 2 * 7, i % 2 ? 7 : 0,
			   VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, (uint16_t)(i + 1));
	guest_desc(g, 1, i, GUEST_IN(0) + 21, sizeof(res), VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	assert_int_equal(g->nheld, 1);
	assert_int_equal(g->held[0]->room, 21 + sizeof(res) - sizeof(rsp));
	assert_true(pvboot_io_gpa(g->held[0], 0, &n, &n));
	memset(&res, 0x5a, sizeof(res));
	assert_true(pvboot_io_write(g->held[0], 0, &res, sizeof(res)));
	pvboot_io_complete(g->held[0], PVBOOT_S_OK, 0, sizeof(res));
	rsp = guest_rsp(g, 0);
	assert_int_equal(rsp.status, PVBOOT_S_OK);
	assert_int_equal(rsp.length, sizeof(res));
	memset(&res, 0, sizeof(res));
	guest_get(g, GUEST_IN(0) + sizeof(rsp), &res, sizeof(res));
	for (i = 0; i < sizeof(res); i++)
		assert_int_equal(((uint8_t *)&res)[i], 0x5a);
}

/* A READ as head 0 of a queue of 4, whose answer lands in two pieces: at gpa, and where there is no memory. */
static struct pvboot_io *submit_read(struct guest *g, uint64_t gpa, uint32_t len)
{
	static const struct pvboot_req req = {
		.magic = PVBOOT_REQ_MAGIC, .op = PVBOOT_OP_READ, .arg_len = sizeof(struct pvboot_read_args)};
	struct pvboot_read_args args = {.handle = 1};

	g->size[1] = 4;
	guest_start(g);
	guest_put(g, GUEST_OUT(0), &req, sizeof(req));
	guest_put(g, GUEST_OUT(0) + sizeof(req), &args, sizeof(args));
	guest_desc(g, 1, 0, GUEST_OUT(0), sizeof(req) + sizeof(args), VRING_DESC_F_NEXT, 1);
	guest_desc(g, 1, 1, gpa, len, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2);
	guest_desc(g, 1, 2, GUEST_HOLE, 80, VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	assert_int_equal(g->nheld, 1);
	return g->held[0];
}

/* [DEV-13] */
static void test_result_ends_where_memory_ends(void **state)
{
	struct guest *g = *state;
	struct pvboot_io *io = submit_read(g, GUEST_HOLE - 80, 80);
	uint8_t buf[64] = {1, 2, 3}, got[64];
	uint64_t gpa, len;

	assert_int_equal(io->room, 144);
	assert_true(pvboot_io_gpa(io, 63, &gpa, &len));
	assert_int_equal(gpa, GUEST_HOLE - 1);
	assert_int_equal(len, 1);
	assert_true(pvboot_io_write(io, 0, buf, 64));
	assert_false(pvboot_io_write(io, 64, buf, 1));
	assert_null(pvboot_io_map(io, 64, &len));
	assert_false(pvboot_io_write(io, 144, buf, 1));
	assert_false(pvboot_io_write(io, UINT64_MAX, buf, 2));
	assert_false(pvboot_io_gpa(io, 144, &gpa, &len));
	assert_false(pvboot_io_gpa(io, UINT64_MAX, &gpa, &len));
	pvboot_io_complete(io, PVBOOT_S_OK, 0, 64);
	guest_get(g, GUEST_HOLE - 64, got, 64);
	assert_memory_equal(got, buf, 64);
}

/* [DEV-23] */
static void test_nothing_is_written_beyond_the_result(void **state)
{
	const uint64_t at = GUEST_HOLE - 200;
	uint8_t before[200], after[200];
	struct guest *g = *state;
	struct pvboot_io *io = submit_read(g, at + 50, 80);

	memset(before, 0x33, sizeof(before));
	guest_put(g, at, before, sizeof(before));
	assert_true(pvboot_io_write(io, 0, "0123456789", 10));
	pvboot_io_complete(io, PVBOOT_S_OK, 0, 10);
	guest_get(g, at, after, sizeof(after));
	assert_memory_equal(after, before, 50);
	assert_memory_equal(after + 50 + sizeof(struct pvboot_rsp), "0123456789", 10);
	assert_memory_equal(after + 50 + sizeof(struct pvboot_rsp) + 10, before, 200 - 60 - sizeof(struct pvboot_rsp));
}

static void test_result_across_pieces_of_memory(void **state)
{
	struct guest *g = *state;
	struct pvboot_io *io = submit_read(g, GUEST_BORDER - 20, 120);
	uint8_t buf[104], got[104];
	struct pvboot_rsp rsp;
	uint64_t len;

	memset(buf, 0x77, sizeof(buf));
	assert_non_null(pvboot_io_map(io, 0, &len));
	assert_int_equal(len, 4);
	assert_non_null(pvboot_io_map(io, 4, &len));
	assert_int_equal(len, 100);
	assert_true(pvboot_io_write(io, 0, buf, sizeof(buf)));
	pvboot_io_complete(io, PVBOOT_S_OK, PVBOOT_READ_EOF, sizeof(buf));
	guest_get(g, GUEST_BORDER - 20, &rsp, sizeof(rsp));
	assert_int_equal(rsp.detail, PVBOOT_READ_EOF);
	assert_int_equal(rsp.length, sizeof(buf));
	guest_get(g, GUEST_BORDER - 4, got, sizeof(got));
	assert_memory_equal(got, buf, sizeof(buf));
}

static void test_address_that_wraps_is_no_memory(void **state)
{
	struct guest *g = *state;
	struct pvboot_io *io = submit_read(g, UINT64_MAX - 19, 120);
	uint64_t gpa, len;

	assert_true(pvboot_io_gpa(io, 0, &gpa, &len));
	assert_int_equal(len, 4); /* not beyond the end of addresses */
	assert_false(pvboot_io_gpa(io, 4, &gpa, &len));
	assert_false(pvboot_io_write(io, 0, "x", 1));
	pvboot_io_complete(io, PVBOOT_S_FAILED, 0, 0);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_avail_index_beyond_the_queue_breaks),
		TEST(test_avail_index_going_back_breaks),
		TEST(test_head_outside_the_table_breaks),
		TEST(test_next_outside_the_table_breaks),
		TEST(test_loop_breaks),
		TEST(test_chain_longer_than_a_small_queue_breaks),
		TEST(test_indirect_descriptor_breaks),
		TEST(test_unknown_descriptor_flag_breaks),
		TEST(test_readable_after_writable_breaks),
		TEST(test_chain_of_4_gib_breaks),
		TEST(test_head_in_flight_twice_breaks),
		TEST(test_avail_ring_not_in_memory_breaks),
		TEST(test_avail_ring_half_in_memory_breaks),
		TEST(test_avail_index_half_in_memory_breaks),
		TEST(test_descriptor_table_not_in_memory_breaks),
		TEST(test_descriptor_behind_the_end_of_memory_breaks),
		TEST(test_used_ring_not_in_memory_breaks),
		TEST(test_broken_device_works_again_after_reset),
		TEST(test_notification_of_no_queue_ignored),
		TEST(test_notification_before_driver_ok_waits),
		TEST(test_disabled_queue_is_not_looked_at),
		TEST(test_no_bus_master_no_memory_access),
		TEST(test_reset_forgets_answers_that_wait_for_bus_master),
		TEST(test_nothing_is_read_twice),
		TEST(test_interrupt_only_if_the_driver_wants_it),
		TEST(test_full_queue_is_taken_over_at_once),
		TEST(test_indices_wrap_at_65536),
		TEST(test_chain_scattered_over_many_descriptors),
		TEST(test_result_ends_where_memory_ends),
		TEST(test_nothing_is_written_beyond_the_result),
		TEST(test_result_across_pieces_of_memory),
		TEST(test_address_that_wraps_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
