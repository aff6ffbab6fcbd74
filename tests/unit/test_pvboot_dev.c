/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the BAR, status and features, reset, interrupts: vmm/pvboot_dev.c. */
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

/* ---- refusals -------------------------------------------------------------------------------------------------- */

/* [DEV-8] */
static void test_features_ok_refused_without_version_1(void **state)
{
	struct guest *g = *state;

	guest_features(g, UINT64_C(1) << PVBOOT_F_DGRAM);
	assert_int_equal(guest_status(g), 3);
}

/* [DEV-8] */
static void test_features_ok_refused_with_unoffered_feature(void **state)
{
	struct guest *g = *state;

	guest_features(g, GUEST_FEATURES | UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC);
	assert_int_equal(guest_status(g), 3);
	guest_features(g, GUEST_FEATURES | UINT64_C(1) << VIRTIO_F_RING_RESET);
	assert_int_equal(guest_status(g), 3);
}

static void test_driver_ok_refused_without_features_ok(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 3);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 7);
	assert_int_equal(guest_status(g), 3);
}

/* [DEV-9] */
static void test_features_ignored_after_features_ok(void **state)
{
	struct guest *g = *state;

	guest_features(g, GUEST_FEATURES);
	assert_int_equal(guest_status(g), 0x0b);
	guest_out(g, VIRTIO_PCI_COMMON_GF, 4, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_GF, 4), 1);
	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 2);
	guest_out(g, VIRTIO_PCI_COMMON_GF, 4, 0xffffffff);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_GF, 4), 0);
}

static void test_features_above_select_1_ignored(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 34);
	guest_out(g, VIRTIO_PCI_COMMON_GF, 4, 0xffffffff);
	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_GF, 4), 0);
	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_GF, 4), 0);
}

static void test_status_bits_cannot_be_cleared_one_by_one(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 1);
	assert_int_equal(guest_status(g), 0x0f);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0x0f | VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(guest_status(g), 0x0f);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, VIRTIO_CONFIG_S_FAILED);
	assert_int_equal(guest_status(g), 0x8f);
}

static void test_queue_size_refused_if_no_power_of_two(void **state)
{
	struct guest *g = *state;
	const uint16_t bad[] = {0, 3, 63, 65, 128, 0x8000, 0xffff};
	size_t i;

	guest_features(g, GUEST_FEATURES);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, 16);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_out(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, bad[i]);
		assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), 16);
	}
	guest_out(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), 1);
}

static void test_queue_enable_refused_before_features_ok(void **state)
{
	struct guest *g = *state;

	guest_queue(g, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
}

static void test_queue_enable_refused_after_driver_ok(void **state)
{
	struct guest *g = *state;

	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_driver_ok(g);
	guest_queue(g, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
}

static void test_queue_enable_cannot_be_taken_back(void **state)
{
	struct guest *g = *state;

	guest_features(g, GUEST_FEATURES);
	guest_queue(g, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
}

static void test_queue_fields_fixed_once_enabled(void **state)
{
	struct guest *g = *state;

	guest_features(g, GUEST_FEATURES);
	guest_queue(g, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0);
	guest_out(g, VIRTIO_PCI_COMMON_Q_USEDHI, 4, 7);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), 64);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), GUEST_DESC(1));
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_USEDHI, 4), 0);
}

static void test_queue_beyond_the_last_reads_zero(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 2);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0x1000);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 0xffff);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0x1000); /* the sanitizer would see it land somewhere */
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), 0);
}

static void test_misaligned_or_wrapping_queue_breaks_device(void **state)
{
	static const struct {
		uint32_t reg, value;
	} bad[] = {
		{VIRTIO_PCI_COMMON_Q_DESCLO, GUEST_DESC(1) + 8}, {VIRTIO_PCI_COMMON_Q_AVAILLO, GUEST_AVAIL(1) + 1},
		{VIRTIO_PCI_COMMON_Q_USEDLO, GUEST_USED(1) + 2}, {VIRTIO_PCI_COMMON_Q_DESCLO, 0xfffffc10},
		{VIRTIO_PCI_COMMON_Q_AVAILLO, 0xfffffff0},	 {VIRTIO_PCI_COMMON_Q_USEDLO, 0xfffffe00},
	};
	struct guest *g = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_features(g, GUEST_FEATURES);
		guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
		guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, GUEST_DESC(1));
		guest_out(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, GUEST_AVAIL(1));
		guest_out(g, VIRTIO_PCI_COMMON_Q_USEDLO, 4, GUEST_USED(1));
		guest_out(g, bad[i].reg, 4, bad[i].value);
		if (bad[i].value > 0xffff0000)
			guest_out(g, bad[i].reg + 4, 4, 0xffffffff);
		guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		assert_int_equal(guest_status(g), 0x4b);
		assert_int_equal(g->irq, 0); /* no interrupt before DRIVER_OK */
	}
}

/* [DEV-5] */
static void test_access_outside_the_bar_gives_ones(void **state)
{
	struct guest *g = *state;

	assert_int_equal(guest_in(g, PVBOOT_BAR_PORTS, 1), 0xff);
	assert_int_equal(guest_in(g, PVBOOT_BAR_PORTS - 1, 2), 0xffff);
	assert_int_equal(guest_in(g, PVBOOT_BAR_PORTS - 3, 4), 0xffffffff);
	assert_int_equal(guest_in(g, 0xffffffff, 4), 0xffffffff);
	assert_int_equal(guest_in(g, 0, 3), 0xffffffff);
	assert_int_equal(guest_in(g, 0, 8), 0xffffffff);
	guest_out(g, 0xffffffff, 4, 0xffffffff);
	guest_out(g, PVBOOT_BAR_PORTS - 1, 4, 0xffffffff);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 3, 1);
	assert_int_equal(guest_status(g), 0);
}

/* [DEV-5] [DEV-7] */
static void test_read_only_registers_keep_their_values(void **state)
{
	struct guest *g = *state;
	uint32_t reg;

	for (reg = PVBOOT_REG_ISR; reg < PVBOOT_BAR_PORTS; reg += 4) {
		uint32_t before = guest_in(g, reg, 4);

		guest_out(g, reg, 4, ~before);
		assert_int_equal(guest_in(g, reg, 4), before);
	}
	guest_out(g, VIRTIO_PCI_COMMON_NUMQ, 2, 9);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_NUMQ, 2), PVBOOT_NUM_QUEUES);
	guest_out(g, VIRTIO_PCI_COMMON_MSIX, 2, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	guest_out(g, VIRTIO_PCI_COMMON_Q_MSIX, 2, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
	guest_out(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
}

static uint32_t host_status(struct guest *g)
{
	return guest_in(g, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, status), 2);
}

static struct pvboot_io *begin_read(struct guest *g)
{
	struct pvboot_read_args args = {.handle = 1};

	guest_submit(g, 0, PVBOOT_OP_READ, &args, sizeof(args), 0x1000);
	assert_int_equal(g->nheld, 1);
	g->nheld = 0;
	return g->held[0];
}

/* [DEV-69] Results that are no file's, and READs without a byte. */
static void test_status_is_not_written_without_bytes_of_a_file(void **state)
{
	struct pvboot_file_args args = {.handle = 1};
	struct guest *g = *state;
	struct pvboot_io *io;
	uint64_t len = 1, gpa;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_PROGRESS, &args, sizeof(args), sizeof(struct pvboot_progress_res));
	io = g->held[--g->nheld];
	assert_true(pvboot_io_write(io, 0, "x", 1));
	assert_non_null(pvboot_io_map(io, 0, &len));
	assert_true(pvboot_io_gpa(io, 0, &gpa, &len));
	pvboot_io_complete(io, PVBOOT_S_OK, 0, 1);
	pvboot_io_complete(begin_read(g), PVBOOT_S_FAILED, 0, 0);
	io = begin_read(g);
	assert_true(pvboot_io_write(io, 0, "", 0));
	assert_false(pvboot_io_write(io, 0x1000, "x", 1));
	assert_null(pvboot_io_map(io, 0x1000, &len));
	pvboot_io_complete(io, PVBOOT_S_OK, PVBOOT_READ_EOF, 0);
	assert_false(pvboot_io_write(io, 0, "x", 1)); /* it was answered */
	assert_int_equal(host_status(g), 0);
	assert_int_equal(g->written, 0);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

static void test_offered_features_are_version_1_and_dgram(void **state)
{
	struct guest *g = *state;

	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_DF, 4), 1u << PVBOOT_F_DGRAM);
	guest_out(g, VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_DF, 4), 1);
	guest_out(g, VIRTIO_PCI_COMMON_DFSELECT, 4, 2);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_DF, 4), 0);
}

static void test_features_accepted_without_dgram(void **state)
{
	struct guest *g = *state;

	guest_features(g, UINT64_C(1) << VIRTIO_F_VERSION_1);
	assert_int_equal(guest_status(g), 0x0b);
}

/* [DEV-5] */
static void test_partial_writes_merge_into_their_field(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0x11223344);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO + 1, 1, 0xaa);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO + 3, 2, 0xbbcc); /* the last byte of lo, the first of hi */
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0xcc22aa44);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCHI, 4), 0x000000bb);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO + 2, 4), 0x00bbcc22);
}

static void test_write_across_status_and_queue_select_sets_both(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 4, 1u << 16 | 3);
	assert_int_equal(guest_status(g), 3);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SELECT, 2), 1);
}

static void test_device_configuration_reads_as_laid_out(void **state)
{
	struct guest *g = *state;
	struct pvboot_config c;
	uint32_t i;

	for (i = 0; i < sizeof(c); i++)
		((uint8_t *)&c)[i] = (uint8_t)guest_in(g, PVBOOT_REG_DEVICE + i, 1);
	assert_memory_equal(c.mac, "\x52\x54\x00\x12\x34\x57", 6);
	assert_int_equal(c.status, 0);
	assert_int_equal(c.abi_version, PVBOOT_ABI_VERSION);
	assert_int_equal(c.flags, PVBOOT_CFG_F_UUID);
	assert_int_equal(c.uuid[15], 16);
	assert_int_equal(c.host_wait_ms, PVBOOT_HOST_WAIT_DEFAULT_MS);
	assert_int_equal(c.milliseconds, 0);
	g->now_ms += 1234;
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, milliseconds), 4), 1234);
	g->now_ms += UINT64_C(0x100000000);
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, milliseconds), 4), 1234);
}

/* [DEV-17] */
static void test_host_status_change_raises_config_interrupt(void **state)
{
	struct guest *g = *state;
	uint32_t generation;

	guest_start(g);
	generation = guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	pvboot_dev_set_status(g->dev, 0);
	assert_int_equal(g->irq, 0);
	pvboot_dev_set_status(g->dev, 0xfffc | PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->irq, 1);
	assert_int_not_equal(guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, status), 2),
			 PVBOOT_STATUS_HOST_UP);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1), VIRTIO_PCI_ISR_CONFIG);
}

/* [DEV-69] However the bytes go; no reset takes it back. [DEV-17] */
static void test_status_is_written_for_good(void **state)
{
	for (int how = 0; how < 4; how++) {
		struct guest *g = guest_new(NULL, NULL);
		uint64_t len = 1, gpa;
		struct pvboot_io *io;
		uint32_t generation;

		guest_start(g);
		generation = guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
		io = begin_read(g);
		if (how == 0)
			assert_true(pvboot_io_write(io, 0, "x", 1));
		else if (how == 1)
			assert_non_null(pvboot_io_map(io, 0, &len));
		else if (how == 2)
			assert_true(pvboot_io_gpa(io, 0, &gpa, &len));
		else
			assert_non_null(pvboot_io_pin(io, 0, &len));
		assert_int_equal(host_status(g), PVBOOT_STATUS_WRITTEN);
		assert_int_equal(g->irq, 1);
		assert_int_not_equal(guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
		pvboot_io_unpin(g->dev);
		pvboot_io_complete(io, PVBOOT_S_OK, 0, 1);
		assert_true(pvboot_io_write(begin_read(g), 0, "x", 1));
		assert_int_equal(g->written, 1); /* told once */
		pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
		assert_int_equal(host_status(g), PVBOOT_STATUS_WRITTEN | PVBOOT_STATUS_HOST_UP);
		pvboot_dev_set_status(g->dev, 0);
		guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		pvboot_dev_reset(g->dev);
		assert_int_equal(host_status(g), PVBOOT_STATUS_WRITTEN);
		guest_free(g);
	}
}

/* [DEV-69] [DEV-65] By glue: after a process before this one, and for another guest. */
static void test_status_is_written_by_an_earlier_process(void **state)
{
	struct guest *g = *state;

	pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
	pvboot_dev_set_written(g->dev, true);
	assert_int_equal(host_status(g), PVBOOT_STATUS_WRITTEN | PVBOOT_STATUS_HOST_UP);
	pvboot_dev_set_written(g->dev, false);
	assert_int_equal(host_status(g), PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->written, 0); /* who says so knows */
}

static void test_host_status_change_is_silent_before_driver_ok(void **state)
{
	struct guest *g = *state;

	pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->irq, 0);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1), 0);
}

/* [DEV-16] */
static void test_identity_from_the_host_replaces_mac_and_uuid(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, uuid[16] = {9};
	struct guest *g = *state;
	uint32_t generation = guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1);

	pvboot_dev_set_identity(g->dev, NULL, NULL, 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	pvboot_dev_set_identity(g->dev, mac, uuid, 5000);
	assert_int_not_equal(guest_in(g, VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE, 4), 2);
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + 16, 4), 9);
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + 36, 4), 5000);
}

static void test_isr_read_clears_and_lowers_intx(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->irq, 1);
	assert_int_equal(guest_in(g, PVBOOT_REG_NOTIFY, 4), 0); /* beside it: does not acknowledge */
	assert_int_equal(g->irq, 1);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR - 1, 2), VIRTIO_PCI_ISR_CONFIG << 8); /* across it: does */
	assert_int_equal(g->irq, 0);
	assert_int_equal(guest_in(g, PVBOOT_REG_ISR, 1), 0);
}

static void test_intx_disable_holds_the_line_down(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	pvboot_dev_cfg_write(g->dev, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->irq, 0);
	assert_true(pvboot_dev_cfg_read(g->dev, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	assert_true(pvboot_dev_cfg_read(g->dev, PCI_COMMAND, 4) & PCI_STATUS_INTERRUPT << 16);
	pvboot_dev_cfg_write(g->dev, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(g->irq, 1);
	guest_in(g, PVBOOT_REG_ISR, 1);
	assert_false(pvboot_dev_cfg_read(g->dev, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
}

/* ---- reset ----------------------------------------------------------------------------------------------------- */

/* [DEV-18] */
static void test_reset_forgets_requests_and_touches_no_memory(void **state)
{
	struct pvboot_discover_args args = {0};
	struct guest *g = *state;
	struct pvboot_io *io;
	unsigned int maps;
	uint64_t len;

	guest_start(g);
	guest_submit(g, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), sizeof(struct pvboot_discover_res));
	assert_int_equal(g->nheld, 1);
	io = g->held[0];
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	assert_int_equal(g->resets, 1);
	assert_int_equal(guest_status(g), 0);
	/* A backend that does not obey finds every door closed. */
	maps = g->maps;
	assert_false(pvboot_io_write(io, 0, "x", 1));
	assert_null(pvboot_io_map(io, 0, &len));
	pvboot_io_complete(io, PVBOOT_S_OK, 0, 0);
	assert_int_equal(g->maps, maps);
	assert_int_equal(guest_rsp(g, 0).status, PVBOOT_S_UNWRITTEN);
	assert_int_equal(guest_get16(g, GUEST_USED(1) + 2), 0);
	assert_int_equal(g->irq, 0);
}

/* [DEV-18] */
static void test_reset_lowers_intx_and_forgets_queues(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	pvboot_dev_set_status(g->dev, PVBOOT_STATUS_HOST_UP);
	assert_int_equal(g->irq, 1);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	assert_int_equal(g->irq, 0);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_SIZE, 2), PVBOOT_QUEUE_MAX);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	/* What the host is does not depend on the guest. */
	assert_int_equal(guest_in(g, PVBOOT_REG_DEVICE + 6, 2), PVBOOT_STATUS_HOST_UP);
}

/* [DEV-19] */
static void test_reset_twice_is_told_to_the_backend_once(void **state)
{
	struct guest *g = *state;

	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	assert_int_equal(g->resets, 0);
	guest_start(g);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	assert_int_equal(g->resets, 1);
}

/* [DEV-18] */
static void test_vmm_reset_clears_the_command_register(void **state)
{
	struct guest *g = *state;

	guest_start(g);
	pvboot_dev_cfg_write(g->dev, PCI_BASE_ADDRESS_0, 4, 0xc000);
	pvboot_dev_reset(g->dev);
	assert_int_equal(pvboot_dev_cfg_read(g->dev, PCI_COMMAND, 2), 0);
	assert_int_equal(pvboot_dev_cfg_read(g->dev, PCI_BASE_ADDRESS_0, 4), PCI_BASE_ADDRESS_SPACE_IO);
	assert_int_equal(guest_status(g), 0);
	assert_int_equal(g->resets, 1);
	guest_start(g);
}

static void test_log_lines_of_a_hostile_guest_are_bounded(void **state)
{
	struct guest *g = *state;
	int i;

	guest_bus_master(g);
	for (i = 0; i < 1000; i++) {
		guest_features(g, GUEST_FEATURES);
		guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 1);
		guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		assert_int_equal(guest_status(g), 0x4b);
	}
	assert_in_range(g->logs, 1, 64);
	pvboot_dev_reset(g->dev);
	i = (int)g->logs;
	guest_features(g, GUEST_FEATURES);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, 1);
	guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	assert_int_equal(g->logs, i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_features_ok_refused_without_version_1),
		TEST(test_features_ok_refused_with_unoffered_feature),
		TEST(test_driver_ok_refused_without_features_ok),
		TEST(test_features_ignored_after_features_ok),
		TEST(test_features_above_select_1_ignored),
		TEST(test_status_bits_cannot_be_cleared_one_by_one),
		TEST(test_queue_size_refused_if_no_power_of_two),
		TEST(test_queue_enable_refused_before_features_ok),
		TEST(test_queue_enable_refused_after_driver_ok),
		TEST(test_queue_enable_cannot_be_taken_back),
		TEST(test_queue_fields_fixed_once_enabled),
		TEST(test_queue_beyond_the_last_reads_zero),
		TEST(test_misaligned_or_wrapping_queue_breaks_device),
		TEST(test_access_outside_the_bar_gives_ones),
		TEST(test_read_only_registers_keep_their_values),
		TEST(test_status_is_not_written_without_bytes_of_a_file),
		TEST(test_offered_features_are_version_1_and_dgram),
		TEST(test_features_accepted_without_dgram),
		TEST(test_partial_writes_merge_into_their_field),
		TEST(test_write_across_status_and_queue_select_sets_both),
		TEST(test_device_configuration_reads_as_laid_out),
		TEST(test_host_status_change_raises_config_interrupt),
		TEST(test_status_is_written_for_good),
		TEST(test_status_is_written_by_an_earlier_process),
		TEST(test_host_status_change_is_silent_before_driver_ok),
		TEST(test_identity_from_the_host_replaces_mac_and_uuid),
		TEST(test_isr_read_clears_and_lowers_intx),
		TEST(test_intx_disable_holds_the_line_down),
		TEST(test_reset_forgets_requests_and_touches_no_memory),
		TEST(test_reset_lowers_intx_and_forgets_queues),
		TEST(test_reset_twice_is_told_to_the_backend_once),
		TEST(test_vmm_reset_clears_the_command_register),
		TEST(test_log_lines_of_a_hostile_guest_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
