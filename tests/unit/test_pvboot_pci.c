/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration space, capabilities, BAR sizing, the window into the BAR: vmm/pvboot_pci.c. */
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

#define WINDOW(field) (PVBOOT_CAP_PCI_CFG + offsetof(struct virtio_pci_cfg_cap, field))

static uint32_t cfg_in(struct guest *g, uint32_t offset, uint32_t len)
{
	return pvboot_dev_cfg_read(g->dev, offset, len);
}

static void cfg_out(struct guest *g, uint32_t offset, uint32_t len, uint32_t value)
{
	pvboot_dev_cfg_write(g->dev, offset, len, value);
}

static void point_window(struct guest *g, uint8_t bar, uint32_t offset, uint32_t len)
{
	cfg_out(g, WINDOW(cap.bar), 1, bar);
	cfg_out(g, WINDOW(cap.offset), 4, offset);
	cfg_out(g, WINDOW(cap.length), 4, len);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_cfg_access_outside_or_unaligned_gives_ones(void **state)
{
	struct guest *g = *state;

	assert_int_equal(cfg_in(g, 256, 1), 0xff);
	assert_int_equal(cfg_in(g, 1, 2), 0xffff);
	assert_int_equal(cfg_in(g, 2, 4), 0xffffffff);
	assert_int_equal(cfg_in(g, 0xfffffffc, 4), 0xffffffff);
	assert_int_equal(cfg_in(g, 0, 3), 0xffffffff);
	assert_int_equal(cfg_in(g, 0, 0), 0xffffffff);
	cfg_out(g, 5, 2, 0xffff);
	cfg_out(g, 256, 4, 0xffffffff);
	cfg_out(g, 0xffffffff, 1, 0xff);
	assert_int_equal(cfg_in(g, PCI_COMMAND, 2), 0);
}

static void test_cfg_read_only_fields_keep_their_values(void **state)
{
	static const uint8_t may_change[] = {PCI_COMMAND,	  PCI_BASE_ADDRESS_0, PCI_INTERRUPT_LINE,
					     WINDOW(cap.bar),	  WINDOW(cap.offset), WINDOW(cap.length),
					     WINDOW(pci_cfg_data)};
	struct guest *g = *state;
	uint32_t offset;

	for (offset = 0; offset < 256; offset += 4) {
		uint32_t before = cfg_in(g, offset, 4);

		if (memchr(may_change, (int)offset, sizeof(may_change)))
			continue;
		cfg_out(g, offset, 4, ~before);
		assert_int_equal(cfg_in(g, offset, 4), before);
	}
	cfg_out(g, PCI_COMMAND, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, PCI_COMMAND, 2), 0x0407);
	assert_int_equal(cfg_in(g, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	cfg_out(g, PCI_INTERRUPT_LINE, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, PCI_INTERRUPT_LINE, 4), 0x1ff);
}

static void test_seventh_bar_reads_zero(void **state)
{
	struct guest *g = *state;

	cfg_out(g, 0x28, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, 0x28, 4), 0);
}

/* [DEV-4] */
static void test_window_refuses_bad_aims(void **state)
{
	static const struct {
		uint8_t bar;
		uint32_t offset, len;
	} bad[] = {{1, 20, 1},	{0, 20, 0},  {0, 20, 3}, {0, 20, 8},
		   {0, 128, 1}, {0, 127, 2}, {0, 18, 4}, {0, 0xfffffffc, 4}};
	struct guest *g = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		point_window(g, bad[i].bar, bad[i].offset, bad[i].len);
		cfg_out(g, WINDOW(pci_cfg_data), 4, 0x03030303);
		assert_int_equal(guest_status(g), 0);
		assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data), 4), 0xffffffff);
	}
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

/* [DEV-1] */
static void test_cfg_identity(void **state)
{
	struct guest *g = *state;

	assert_int_equal(cfg_in(g, 0, 4), PVBOOT_PCI_DEVICE << 16 | PVBOOT_PCI_VENDOR);
	assert_int_equal(cfg_in(g, PCI_CLASS_REVISION, 4), 0x02800001);
	assert_int_equal(cfg_in(g, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x50621af4);
	assert_int_equal(cfg_in(g, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(cfg_in(g, PCI_HEADER_TYPE, 1), 0);
}

static void test_capability_list_names_every_structure(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t offset, len;
	} want[] = {
		{VIRTIO_PCI_CAP_COMMON_CFG, PVBOOT_REG_COMMON, PVBOOT_REG_COMMON_LEN},
		{VIRTIO_PCI_CAP_NOTIFY_CFG, PVBOOT_REG_NOTIFY, PVBOOT_REG_NOTIFY_LEN},
		{VIRTIO_PCI_CAP_ISR_CFG, PVBOOT_REG_ISR, PVBOOT_REG_ISR_LEN},
		{VIRTIO_PCI_CAP_DEVICE_CFG, PVBOOT_REG_DEVICE, PVBOOT_REG_DEVICE_LEN},
		{VIRTIO_PCI_CAP_PCI_CFG, 0, 0},
	};
	struct guest *g = *state;
	uint32_t at = cfg_in(g, PCI_CAPABILITY_LIST, 1);
	size_t i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(cfg_in(g, at, 1), PCI_CAP_ID_VNDR);
		assert_int_equal(cfg_in(g, at + VIRTIO_PCI_CAP_CFG_TYPE, 1), want[i].type);
		assert_int_equal(cfg_in(g, at + VIRTIO_PCI_CAP_BAR, 1), PVBOOT_BAR);
		assert_int_equal(cfg_in(g, at + VIRTIO_PCI_CAP_OFFSET, 4), want[i].offset);
		assert_int_equal(cfg_in(g, at + VIRTIO_PCI_CAP_LENGTH, 4), want[i].len);
		if (want[i].type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			assert_int_equal(cfg_in(g, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4), 0);
		at = cfg_in(g, at + VIRTIO_PCI_CAP_NEXT, 1);
	}
	assert_int_equal(at, 0);
}

static void test_bar0_sizing_gives_128_ports(void **state)
{
	struct guest *g = *state;

	cfg_out(g, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, PCI_BASE_ADDRESS_0, 4), 0xffffff81);
	cfg_out(g, PCI_BASE_ADDRESS_0, 4, 0xc0ff);
	assert_int_equal(cfg_in(g, PCI_BASE_ADDRESS_0, 4), 0xc081);
	cfg_out(g, PCI_BASE_ADDRESS_0 + 1, 1, 0xd0);
	assert_int_equal(cfg_in(g, PCI_BASE_ADDRESS_0, 4), 0xd081);
}

static void test_rom_bar_sizing_follows_the_image(void **state)
{
	struct guest *g = *state;

	cfg_out(g, PCI_ROM_ADDRESS, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, PCI_ROM_ADDRESS, 4), 0);
	pvboot_dev_set_rom_size(g->dev, 32768);
	cfg_out(g, PCI_ROM_ADDRESS, 4, 0xfffffffe);
	assert_int_equal(cfg_in(g, PCI_ROM_ADDRESS, 4), 0xffff8000);
	cfg_out(g, PCI_ROM_ADDRESS, 4, 0xfeb00001);
	assert_int_equal(cfg_in(g, PCI_ROM_ADDRESS, 4), 0xfeb00001);
	pvboot_dev_set_rom_size(g->dev, 3000); /* no power of two: no ROM */
	cfg_out(g, PCI_ROM_ADDRESS, 4, 0xffffffff);
	assert_int_equal(cfg_in(g, PCI_ROM_ADDRESS, 4), 0);
}

/* [DEV-4] */
static void test_window_reads_and_writes_the_bar(void **state)
{
	struct guest *g = *state;

	point_window(g, PVBOOT_BAR, VIRTIO_PCI_COMMON_STATUS, 1);
	cfg_out(g, WINDOW(pci_cfg_data), 1, 3);
	assert_int_equal(guest_status(g), 3);
	assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data), 1), 3);
	point_window(g, PVBOOT_BAR, VIRTIO_PCI_COMMON_NUMQ, 2);
	assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data), 2), PVBOOT_NUM_QUEUES);
	point_window(g, PVBOOT_BAR, VIRTIO_PCI_COMMON_Q_DESCHI, 4);
	cfg_out(g, WINDOW(pci_cfg_data), 4, 0x12345678);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCHI, 4), 0x12345678);
}

static void test_window_write_narrower_than_its_length_waits(void **state)
{
	struct guest *g = *state;

	point_window(g, PVBOOT_BAR, VIRTIO_PCI_COMMON_Q_DESCLO, 4);
	cfg_out(g, WINDOW(pci_cfg_data), 1, 0x44);
	cfg_out(g, WINDOW(pci_cfg_data) + 1, 1, 0x33);
	cfg_out(g, WINDOW(pci_cfg_data) + 2, 1, 0x22);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	cfg_out(g, WINDOW(pci_cfg_data) + 3, 1, 0x11);
	assert_int_equal(guest_in(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0x11223344);
}

static void test_window_read_byte_by_byte_reads_the_bar_once(void **state)
{
	struct guest *g = *state;
	const uint32_t ms = PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, milliseconds);

	point_window(g, PVBOOT_BAR, ms, 4);
	g->now_ms += 0x01020304;
	assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data), 1), 0x04);
	g->now_ms += 0x10101010;
	assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data) + 1, 1), 0x03);
	assert_int_equal(cfg_in(g, WINDOW(pci_cfg_data) + 2, 2), 0x0102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cfg_access_outside_or_unaligned_gives_ones),
		TEST(test_cfg_read_only_fields_keep_their_values),
		TEST(test_seventh_bar_reads_zero),
		TEST(test_window_refuses_bad_aims),
		TEST(test_cfg_identity),
		TEST(test_capability_list_names_every_structure),
		TEST(test_bar0_sizing_gives_128_ports),
		TEST(test_rom_bar_sizing_follows_the_image),
		TEST(test_window_reads_and_writes_the_bar),
		TEST(test_window_write_narrower_than_its_length_waits),
		TEST(test_window_read_byte_by_byte_reads_the_bar_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
