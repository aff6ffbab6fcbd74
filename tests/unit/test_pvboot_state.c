/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pvboot_state.c - checkpoints of the device, and results that are written while it goes on (DEV-35 to DEV-37). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_guest.h"

#define ROOM 0x1000u
#define STATUS VIRTIO_PCI_COMMON_STATUS

static uint8_t state_bytes[1 << 20];

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

static void submit_read(struct guest *g, uint16_t head, uint32_t handle)
{
	struct pvboot_read_args args = {.handle = handle};

	guest_submit(g, head, PVBOOT_OP_READ, &args, sizeof(args), ROOM);
}

/* Two requests in flight and two packets without a buffer. */
static size_t busy_guest(struct guest *g)
{
	struct pvboot_dgram_open_args open = {{10, 0, 0, 1}, 0};
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = 3};

	guest_start(g);
	assert_int_equal(guest_ask(g, PVBOOT_OP_DGRAM_OPEN, &open, sizeof(open), 0).status, PVBOOT_S_OK);
	submit_read(g, 10, 77);
	g->held[0]->be_id = 2;
	submit_read(g, 4, 78);
	g->held[1]->be_id = 3;
	assert_true(pvboot_dev_deliver(g->dev, &pkt, "one"));
	assert_true(pvboot_dev_deliver(g->dev, &pkt, "two"));
	return pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes));
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void assert_power_on(struct guest *g)
{
	assert_int_equal(guest_status(g), 0);
	assert_int_equal(g->nheld, 0);
	assert_int_equal(g->irq, 0);
	guest_start(g);
	submit_read(g, 0, 1);
	assert_int_equal(g->nheld, 1);
	pvboot_io_complete(g->held[--g->nheld], PVBOOT_S_OK, 0, 0);
}

static void test_save_without_room(void **state)
{
	struct guest *g = *state;

	assert_true(pvboot_dev_state_max() <= sizeof(state_bytes));
	assert_int_equal(pvboot_dev_save(g->dev, state_bytes, pvboot_dev_state_max() - 1), 0);
}

/* [DEV-37] */
static void test_load_cut_anywhere(void **state)
{
	struct guest *g = *state;
	size_t len = busy_guest(g);

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1); /* so that a read behind it is seen */

		memcpy(copy, state_bytes, cut);
		assert_false(pvboot_dev_load(g->dev, copy, cut));
		free(copy);
	}
	assert_power_on(g);
}

static void test_load_with_bytes_behind(void **state)
{
	struct guest *g = *state;
	size_t len = busy_guest(g);

	state_bytes[len] = 0;
	assert_false(pvboot_dev_load(g->dev, state_bytes, len + 1));
	assert_power_on(g);
}

/* Whatever a byte is changed to, the device holds: it refuses, or runs as a guest could have made it run. [DEV-37] */
static void test_load_any_byte_changed(void **state)
{
	static const uint8_t to[] = {0x00, 0x01, 0x40, 0x80, 0xff};
	static uint8_t copy[sizeof(state_bytes)];
	struct guest *g = *state;
	size_t len = busy_guest(g);
	unsigned int taken = 0;

	memcpy(copy, state_bytes, len);
	for (size_t i = 0; i < len; i++) {
		for (size_t v = 0; v < sizeof(to); v++) {
			uint8_t was = copy[i];

			copy[i] = to[v];
			if (pvboot_dev_load(g->dev, copy, len)) {
				taken++;
				pvboot_dev_resume(g->dev);
				guest_kick(g, 1);
				while (g->nheld)
					pvboot_io_complete(g->held[--g->nheld], PVBOOT_S_OK, 0, 0);
			}
			copy[i] = was;
		}
	}
	assert_true(taken > 0);
	pvboot_dev_reset(g->dev);
	g->irq = 0;
	assert_power_on(g);
}

static void test_load_of_an_operation_that_is_no_backends(void **state)
{
	struct guest *g = *state;
	const uint16_t read = PVBOOT_OP_READ, cancel = PVBOOT_OP_CANCEL;
	size_t len = busy_guest(g), at = 0;

	/* room, argument length, order, then the operation */
	while (at + 18 < len && !(state_bytes[at] == (ROOM & 0xff) && state_bytes[at + 1] == ROOM >> 8 &&
				  !memcmp(state_bytes + at + 16, &read, 2)))
		at++;
	assert_true(at + 18 < len);
	memcpy(state_bytes + at + 16, &cancel, 2);
	assert_false(pvboot_dev_load(g->dev, state_bytes, len));
	assert_power_on(g);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

/* Another VM with the same memory goes on where the first one was. [DEV-36] */
static void test_load_goes_on(void **state)
{
	struct guest *g = *state, *other = guest_new(NULL, NULL);
	struct pvboot_read_args args;
	uint32_t id, used;
	size_t len;

	len = busy_guest(g);
	g->now_ms += 1000;
	len = pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes));
	for (int i = 0; i < 3; i++) {
		uint8_t *mine = other->piece[i];

		other->piece[i] = g->piece[i];
		g->piece[i] = mine;
	}
	memcpy(other->avail_idx, g->avail_idx, sizeof(g->avail_idx));
	memcpy(other->used_idx, g->used_idx, sizeof(g->used_idx));
	other->now_ms = 5;
	assert_true(pvboot_dev_load(other->dev, state_bytes, len));
	assert_int_equal(other->submits, 0);
	pvboot_dev_resume(other->dev);

	assert_int_equal(guest_status(other), 0x0f);
	assert_int_equal(guest_in(other, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, milliseconds), 4), 1000);
	assert_int_equal(other->irq, g->irq);
	assert_int_equal(other->nheld, 2); /* [DEV-36] in their order */
	memcpy(&args, other->held[0]->args, sizeof(args));
	assert_int_equal(args.handle, 77);
	memcpy(&args, other->held[1]->args, sizeof(args));
	assert_int_equal(args.handle, 78);
	assert_int_equal(other->held[1]->room, ROOM);
	assert_true(pvboot_io_write(other->held[1], 0, "abc", 3));
	pvboot_io_complete(other->held[1], PVBOOT_S_OK, 0, 3);
	assert_true(guest_used(other, 1, &id, &used));
	assert_int_equal(id, 4);
	assert_int_equal(guest_rsp(other, 4).length, 3);

	/* the packets, once there are buffers */
	guest_desc(other, 0, 0, 0x20000, 2000, VRING_DESC_F_WRITE, 0);
	guest_desc(other, 0, 1, 0x21000, 2000, VRING_DESC_F_WRITE, 0);
	guest_avail(other, 0, 0);
	guest_avail(other, 0, 1);
	guest_kick(other, 0);
	assert_true(guest_used(other, 0, &id, &used));
	assert_true(guest_used(other, 0, &id, &used));
	assert_int_equal(used, sizeof(struct pvboot_pkt) + 3);
	guest_free(other);
}

/* [DEV-69] The memory is the other machine's, and this one's code may have run: written if either was. */
static void test_load_of_written_memory(void **state)
{
	const uint32_t status = PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, status);
	struct guest *g = *state;
	size_t len = pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes));

	assert_true(pvboot_dev_load(g->dev, state_bytes, len));
	assert_int_equal(guest_in(g, status, 2), 0);
	pvboot_dev_set_written(g->dev, true);
	assert_true(pvboot_dev_load(g->dev, state_bytes, len));
	assert_int_equal(guest_in(g, status, 2), PVBOOT_STATUS_WRITTEN);
	len = pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes));
	pvboot_dev_set_written(g->dev, false);
	assert_true(pvboot_dev_load(g->dev, state_bytes, len));
	assert_int_equal(guest_in(g, status, 2), PVBOOT_STATUS_WRITTEN);
}

static void test_load_over_a_running_device(void **state)
{
	struct guest *g = *state;
	size_t len = busy_guest(g);

	submit_read(g, 20, 79);
	assert_int_equal(g->nheld, 3);
	assert_true(pvboot_dev_load(g->dev, state_bytes, len));
	assert_int_equal(g->resets, 1);
	pvboot_dev_resume(g->dev);
	assert_int_equal(g->nheld, 2);
}

/* ---- results that are being written ---------------------------------------------------------------------------- */

static void test_reset_of_a_pinned_result(void **state)
{
	struct guest *g = *state;
	uint64_t len = 0;

	guest_start(g);
	submit_read(g, 4, 1);
	assert_non_null(pvboot_io_pin(g->held[0], 0, &len));
	assert_true(len > 0);
	guest_out(g, STATUS, 1, 0);
	assert_int_not_equal(guest_status(g), 0); /* [DEV-18] */
	assert_int_equal(g->resets, 1);
	assert_int_equal(pvboot_dev_save(g->dev, state_bytes, sizeof(state_bytes)), 0);
	assert_false(pvboot_dev_load(g->dev, state_bytes, 0));
	pvboot_io_unpin(g->dev);
	assert_int_equal(guest_status(g), 0);
	assert_power_on(g);
}

/* A driver that does not wait for the 0: nothing of the old request is left to be answered. */
static void test_restart_during_a_pinned_result(void **state)
{
	struct guest *g = *state;
	uint32_t id, used;
	uint64_t len;

	guest_start(g);
	submit_read(g, 4, 1);
	assert_non_null(pvboot_io_pin(g->held[0], 0, &len));
	guest_features(g, GUEST_FEATURES);
	guest_queue(g, 0);
	guest_queue(g, 1);
	guest_driver_ok(g);
	submit_read(g, 4, 2);
	pvboot_io_unpin(g->dev);
	assert_int_equal(guest_status(g), 0x0f);
	assert_false(guest_used(g, 1, &id, &used));
	pvboot_io_complete(g->held[0], PVBOOT_S_OK, 0, 0);
	assert_true(guest_used(g, 1, &id, &used));
}

/* [DEV-35] */
static void test_cancel_of_a_pinned_result(void **state)
{
	struct pvboot_cancel_args cancel = {.head = 4};
	struct guest *g = *state;
	uint32_t id, used;
	uint64_t len;

	guest_start(g);
	submit_read(g, 4, 1);
	assert_non_null(pvboot_io_pin(g->held[0], 0, &len));
	guest_submit(g, 0, PVBOOT_OP_CANCEL, &cancel, sizeof(cancel), 0);
	guest_submit(g, 8, PVBOOT_OP_CANCEL, &cancel, sizeof(cancel), 0); /* and again */
	assert_int_equal(g->nheld, 0);
	assert_false(guest_used(g, 1, &id, &used)); /* [DEV-33] [DEV-35] */
	pvboot_io_unpin(g->dev);
	assert_true(guest_used(g, 1, &id, &used));
	assert_int_equal(id, 4);
	assert_int_equal(guest_rsp(g, 4).status, PVBOOT_S_CANCELLED);
	assert_true(guest_used(g, 1, &id, &used));
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_OK);
	assert_true(guest_used(g, 1, &id, &used));
	assert_int_equal(guest_rsp(g, 8).status, PVBOOT_S_OK);
	assert_false(guest_used(g, 1, &id, &used));
}

/* [DEV-38] */
static void test_memory_emptied_under_the_device(void **state)
{
	struct guest *g = *state;
	const uint8_t none[4] = {0};

	assert_false(pvboot_dev_lost_memory(g->dev)); /* not running */
	guest_start(g);
	assert_false(pvboot_dev_lost_memory(g->dev));
	submit_read(g, 4, 1); /* nothing is used yet: seen by the avail index */
	assert_false(pvboot_dev_lost_memory(g->dev));
	guest_put(g, GUEST_AVAIL(1), none, sizeof(none));
	assert_true(pvboot_dev_lost_memory(g->dev));
	guest_put16(g, GUEST_AVAIL(1) + 2, 1);
	pvboot_io_complete(g->held[--g->nheld], PVBOOT_S_OK, 0, 0);
	assert_false(pvboot_dev_lost_memory(g->dev));
	guest_put(g, GUEST_USED(1), none, sizeof(none)); /* by the used index */
	assert_true(pvboot_dev_lost_memory(g->dev));
	guest_out(g, STATUS, 1, 0);
	assert_false(pvboot_dev_lost_memory(g->dev));
}

static void test_one_pinned_result_at_a_time(void **state)
{
	struct guest *g = *state;
	uint64_t len;

	guest_start(g);
	submit_read(g, 4, 1);
	submit_read(g, 8, 1);
	assert_null(pvboot_io_pin(g->held[0], ROOM, &len)); /* outside: none */
	assert_non_null(pvboot_io_pin(g->held[0], 0, &len));
	assert_null(pvboot_io_pin(g->held[1], 0, &len));
	pvboot_io_unpin(g->dev);
	assert_non_null(pvboot_io_pin(g->held[1], 0, &len));
	pvboot_io_unpin(g->dev);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_save_without_room),
		TEST(test_load_cut_anywhere),
		TEST(test_load_with_bytes_behind),
		TEST(test_load_any_byte_changed),
		TEST(test_load_of_an_operation_that_is_no_backends),
		TEST(test_load_goes_on),
		TEST(test_load_of_written_memory),
		TEST(test_load_over_a_running_device),
		TEST(test_reset_of_a_pinned_result),
		TEST(test_restart_during_a_pinned_result),
		TEST(test_cancel_of_a_pinned_result),
		TEST(test_memory_emptied_under_the_device),
		TEST(test_one_pinned_result_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
