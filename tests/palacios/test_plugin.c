/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of the Palacios plugin where it meets Palacios: settings, configuration space, ports, checkpoints, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drive.h"

#define VM(devices) "<vm class=\"PC\"><devices>" devices "</devices></vm>"
#define PCI_BUS "<device class=\"PCI\" id=\"pci0\"/>"
#define PVBOOT "<device class=\"PVBOOT\" id=\"pvboot\"><bus>pci0</bus></device>"

static int leave_nothing(void **state)
{
	(void)state;
	host_fail_allocation(0);
	stream_refuse = 0;
	stream_bury();
	return host_allocations() != 0 || host_violations() != 0;
}

/* ---- settings
 * -------------------------------------------------------------------------------------------------------- */

/* The VM is not created, in words that name text, and nothing is left of it. */
static void refused(const char *xml, const char *text)
{
	host_clear();
	assert_null(host_create(xml));
	if (!host_printed(text))
		fail_msg("nothing printed says \"%s\"", text);
	assert_int_equal(host_allocations(), 0);
	assert_int_equal(host_violations(), 0);
}

static void test_config_without_id(void **state)
{
	(void)state;
	refused(VM(PCI_BUS "<device class=\"PVBOOT\"><bus>pci0</bus></device>"), "id");
}

static void test_config_without_bus(void **state)
{
	(void)state;
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"pvboot\"/>"), "bus");
}

static void test_config_unknown_bus(void **state)
{
	(void)state;
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"pvboot\"><bus>pci7</bus></device>"), "pci7");
}

static void test_config_bus_comes_later(void **state)
{
	(void)state;
	refused(VM(PVBOOT PCI_BUS), "pci0");
}

static void test_config_bus_twice(void **state)
{
	(void)state;
	/* v3_cfg_val() gives nothing for a tag that is attribute and child */
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"pvboot\" bus=\"pci0\"><bus>pci0</bus></device>"), "bus");
}

static void test_config_bad_mac(void **state)
{
	(void)state;
	refused(DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34</mac>"), "52:54:00:12:34");
	refused(DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34:5g</mac>"), "mac");
	refused(DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34:57:58</mac>"), "mac");
	refused(DRIVE_XML("<bus>pci0</bus><mac>53:54:00:12:34:57</mac>"), "multicast");
}

static void test_config_bad_boot(void **state)
{
	(void)state;
	refused(DRIVE_XML("<bus>pci0</bus><boot>last</boot>"), "last");
}

static void test_config_bad_log(void **state)
{
	(void)state;
	refused(DRIVE_XML("<bus>pci0</bus><log>loud</log>"), "loud");
}

/* In the host's log a line begins with "pvboot: ", once, and names a device that has another id. */
static void test_config_lines_name_the_device(void **state)
{
	(void)state;
	refused(DRIVE_XML("<bus>pci0</bus><log>loud</log>"), ": pvboot: <log>loud</log>");
	assert_false(host_printed("pvboot: pvboot"));
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"pvboot2\"><bus>pci0</bus><log>loud</log></device>"),
		": pvboot: pvboot2: <log>loud</log>");
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"net\"><bus>pci0</bus><log>loud</log></device>"),
		": pvboot: net: <log>loud</log>");
}

static void test_config_id_twice(void **state)
{
	(void)state;
	refused(VM(PCI_BUS PVBOOT PVBOOT), "twice");
}

static void test_config_stream_name_twice(void **state)
{
	(void)state;
	refused(VM(PCI_BUS "<device class=\"PVBOOT\" id=\"a\"><bus>pci0</bus><stream>s</stream></device>"
			   "<device class=\"PVBOOT\" id=\"b\"><bus>pci0</bus><stream>s</stream></device>"),
		"stream");
}

static void test_config_host_without_streams(void **state)
{
	(void)state;
	stream_refuse = 1;
	refused(DRIVE_PLAIN, "stream");
}

static void test_config_two_devices(void **state)
{
	struct v3_vm_info *vm;

	(void)state;
	host_clear();
	vm = host_create(VM(PCI_BUS PVBOOT "<device class=\"PVBOOT\" id=\"second\"><bus>pci0</bus></device>"));
	assert_non_null(vm);
	assert_int_equal(stream_count(vm), 2);
	assert_int_equal(host_ports_hooked(vm), 2 * PVBOOT_BAR_PORTS);
	host_free(vm);
}

static void test_config_mac_is_shown(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};
	struct drive *d = drive_new(DRIVE_XML("<bus>pci0</bus><mac>52:54:00:AB:cd:ef</mac><boot>first</boot>"));

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 5);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(drive_in(d, PVBOOT_REG_DEVICE + i, 1), mac[i]);
	assert_int_equal(drive_in(d, PVBOOT_REG_DEVICE + offsetof(struct pvboot_config, flags), 4) &
				 PVBOOT_CFG_F_BOOT_FIRST,
			 PVBOOT_CFG_F_BOOT_FIRST);
	drive_free(d);
}

/* What docs/palacios.md has people begin with. */
static void test_config_example(void **state)
{
	static char text[65536];
	FILE *f = fopen("examples/palacios/guest.xml", "r");
	struct v3_vm_info *vm;

	(void)state;
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	host_clear();
	vm = host_create(text);
	assert_non_null(vm);
	assert_true(host_pci_find(vm, PVBOOT_PCI_VENDOR, PVBOOT_PCI_DEVICE) >= 0);
	assert_int_equal(stream_count(vm), 1);
	host_free(vm);
}

/* Every allocation fails once: nothing is left, nothing crashes. */
static void test_config_no_memory(void **state)
{
	struct v3_vm_info *vm = NULL;
	unsigned int n;

	(void)state;
	for (n = 1; n < 20 && !vm; n++) {
		host_clear();
		host_fail_allocation(n);
		vm = host_create(DRIVE_PLAIN);
		if (vm)
			break;
		assert_int_equal(host_allocations(), 0);
		assert_int_equal(host_violations(), 0);
	}
	host_fail_allocation(0);
	assert_true(n > 3);
	assert_non_null(vm);
	host_free(vm);
}

/* ---- configuration space ---------------------------------------------------------------------------------------- */

static void test_cfg_is_read_by_bytes_at_registration(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	assert_int_equal(host_pci_reads(d->vm, d->slot), 256);
	assert_int_equal(host_pci_caps(d->vm, d->slot), 5);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0, 4), PVBOOT_PCI_DEVICE << 16 | PVBOOT_PCI_VENDOR);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x3d, 1), 1);
	drive_free(d);
}

/* The bus hides the pointer; the list is there by config_read alone. */
static void test_cfg_capabilities_stay_visible(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	unsigned int at, n = 0;

	(void)state;
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x06, 2) & 0x10, 0x10);
	for (at = host_cfg_read(d->vm, d->slot, 0x34, 1); at && n < 8; n++) {
		assert_int_equal(host_cfg_read(d->vm, d->slot, at, 1), 0x09);
		at = host_cfg_read(d->vm, d->slot, at, 2) >> 8;
	}
	assert_int_equal(n, 5);
	drive_free(d);
}

static void test_cfg_read_only_stays(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	unsigned int before[64];

	(void)state;
	for (unsigned int i = 0; i < 64; i++)
		before[i] = host_cfg_read(d->vm, d->slot, 4 * i, 4);
	for (unsigned int i = 0; i < 256; i++) {
		if ((i < 0x10 || i > 0x13) && (i < 0x84 || i > 0x97) && i != 0x3c && i != 4 && i != 5)
			host_cfg_write(d->vm, d->slot, i, 1, 0xff);
	}
	for (unsigned int i = 0; i < 64; i++) {
		if (i != 1 && i != 15 && (i < 0x84 / 4 || i > 0x97 / 4))
			assert_int_equal(host_cfg_read(d->vm, d->slot, 4 * i, 4), before[i]);
	}
	drive_free(d);
}

static void test_cfg_command_is_kept(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 0xffff);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 4, 2), 0x0407);
	host_cfg_write(d->vm, d->slot, 5, 1, 0);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 4, 2), 0x0007);
	host_cfg_write(d->vm, d->slot, 4, 4, 0xffff0005);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 4, 2), 0x0005);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 6, 2), 0x0010);
	drive_free(d);
}

static void test_cfg_rom_bar_is_none(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, 0x30, 4, 0xfffff801);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x30, 4), 0);
	drive_free(d);
}

/* virtio 1.2 4.1.4.9: an access that arrives byte by byte has the effect of one. */
static void test_cfg_window_byte_by_byte(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 4, 1, 0);
	host_cfg_write(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 8, 4, 0x0c); /* driver_feature */
	host_cfg_write(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 12, 4, 4);
	host_cfg_write(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 16, 4, 0x00000001);
	assert_int_equal(host_cfg_read(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 16, 4), 1);
	host_cfg_write(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 8, 4, PVBOOT_REG_DEVICE + 8);
	assert_int_equal(host_cfg_read(d->vm, d->slot, PVBOOT_CAP_PCI_CFG + 16, 4), PVBOOT_ABI_VERSION);
	drive_free(d);
}

/* ---- ports
 * ------------------------------------------------------------------------------------------------------------ */

static void test_bar_is_assigned_without_a_bios(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	assert_true(d->base >= 0xd000);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x10, 4), d->base | 1);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	drive_start(d, 0);
	drive_free(d);
}

/* [DEV-2] */
static void test_bar_answers_nothing_while_disabled(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 0);
	assert_int_equal(drive_in(d, 0x12, 2), 0xffff);
	host_cfg_write(d->vm, d->slot, 4, 2, 1);
	assert_int_equal(drive_in(d, 0x12, 2), PVBOOT_NUM_QUEUES);
	drive_free(d);
}

static void test_bar_every_width_at_every_port(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 5);
	for (unsigned int reg = 0; reg < PVBOOT_BAR_PORTS; reg++) {
		for (unsigned int len = 1; len <= 4; len *= 2) {
			drive_in(d, reg, len); /* which fails where the handler does not return len */
			drive_out(d, reg, len, 0xffffffff);
		}
	}
	drive_free(d);
}

static void test_bar_sizing_moves_nothing(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	unsigned int base = d->base;

	(void)state;
	host_cfg_write(d->vm, d->slot, 0x10, 4, 0xffffffff);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x10, 4), 0xffffff81);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	assert_true(host_port_hooked(d->vm, base));
	assert_false(host_port_hooked(d->vm, 0));
	host_cfg_write(d->vm, d->slot, 0x10, 4, base);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x10, 4), base | 1);
	drive_start(d, 0);
	drive_free(d);
}

static void test_bar_moves(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	unsigned int old = d->base;

	(void)state;
	drive_start(d, 0xc100);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	assert_false(host_port_hooked(d->vm, old));
	assert_true(host_port_hooked(d->vm, 0xc17f));
	assert_int_equal(drive_in(d, 0x12, 2), PVBOOT_NUM_QUEUES);
	drive_free(d);
}

/* The new place overlaps the old one. */
static void test_bar_moves_by_its_own_length(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	drive_start(d, d->base + PVBOOT_BAR_PORTS);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	drive_free(d);
}

static void test_bar_is_written_by_bytes(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 5);
	host_cfg_write(d->vm, d->slot, 0x10, 1, 0x80);
	host_cfg_write(d->vm, d->slot, 0x11, 1, 0xc2);
	host_cfg_write(d->vm, d->slot, 0x12, 2, 0);
	d->base = host_cfg_read(d->vm, d->slot, 0x10, 4) & ~3u;
	assert_int_equal(d->base, 0xc280);
	assert_int_equal(drive_in(d, 0x12, 2), PVBOOT_NUM_QUEUES);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	drive_free(d);
}

static void test_bar_first_base_is_taken(void **state)
{
	struct v3_vm_info *vm;
	unsigned int base;
	int slot;

	(void)state;
	host_clear();
	/* one port inside what would be the first choice, and all of the second: 53280 is D020h, 53504 D100h */
	vm = host_create(VM("<device class=\"PORTS\" base=\"53280\" count=\"1\"/>"
			    "<device class=\"PORTS\" base=\"53504\" count=\"256\"/>" PCI_BUS PVBOOT));
	assert_non_null(vm);
	slot = host_pci_find(vm, PVBOOT_PCI_VENDOR, PVBOOT_PCI_DEVICE);
	base = host_cfg_read(vm, slot, 0x10, 4) & ~3u;
	assert_int_not_equal(base, 0xd000);
	assert_true(base < 0xd100 - PVBOOT_BAR_PORTS || base >= 0xd200);
	assert_int_equal(host_ports_hooked(vm), PVBOOT_BAR_PORTS + 257);
	host_free(vm);
}

/* No place at all at first: the VM lives, and the device works when the guest finds one. */
static void test_bar_no_base_is_free(void **state)
{
	struct drive *d;

	(void)state;
	d = drive_new(VM("<device class=\"PORTS\" base=\"49152\" count=\"16384\"/>" PCI_BUS PVBOOT));
	assert_int_equal(host_ports_hooked(d->vm), 16384);
	drive_start(d, 0x4000);
	assert_int_equal(host_ports_hooked(d->vm), 16384 + PVBOOT_BAR_PORTS);
	drive_free(d);
}

/* BIOSes move one device after the other: where another one still is, the ports follow once it has gone. */
static void test_bar_new_base_is_held_by_another(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	unsigned int old = d->base, value;

	(void)state;
	host_cfg_write(d->vm, d->slot, 4, 2, 5);
	assert_int_equal(host_take_port(d->vm, 0xc140), 0);
	host_cfg_write(d->vm, d->slot, 0x10, 4, 0xc100);
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x10, 4), 0xc101);
	assert_true(host_port_hooked(d->vm, old));
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS + 1);
	host_give_port(d->vm, 0xc140);
	host_cfg_read(d->vm, d->slot, 0, 2);
	assert_false(host_port_hooked(d->vm, old));
	assert_int_equal(host_in(d->vm, 0xc112, 2, &value), 0);
	assert_int_equal(value, PVBOOT_NUM_QUEUES);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	drive_free(d);
}

/* ---- life
 * ------------------------------------------------------------------------------------------------------------- */

static void test_free_takes_everything_along(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct drive *d = drive_new(DRIVE_PLAIN);

		drive_start(d, 0);
		drive_connect(d);
		drive_hello(d);
		drive_release(d);
		drive_free(d);
	}
}

static struct host_chkpt *checkpoint(void)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	struct pvboot_discover_args args = {0, 0};
	struct host_chkpt *c;

	drive_start(d, 0xc300);
	drive_submit(d, 0, PVBOOT_OP_DISCOVER, &args, sizeof(args), 0x100000, sizeof(struct pvboot_discover_res));
	c = host_save(d->vm);
	assert_non_null(c);
	drive_free(d);
	return c;
}

static unsigned int own_entry(struct host_chkpt *c, unsigned int from)
{
	for (unsigned int i = from; i < host_chkpt_entries(c); i++) {
		unsigned char *data;
		host_u64 len;

		if (strncmp(host_chkpt_entry(c, i, &data, &len), "pvboot/", 7) == 0)
			return i;
	}
	fail_msg("the checkpoint has nothing of the device");
	return 0;
}

static void load_refused(struct host_chkpt *c)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	uint16_t id;

	assert_int_equal(host_load(d->vm, c), -1);
	assert_int_equal(host_allocations() > 0, 1); /* the device, which goes on as after a reset */
	id = (uint16_t)host_cfg_read(d->vm, d->slot, 0, 2);
	assert_int_equal(id, PVBOOT_PCI_VENDOR);
	drive_start(d, 0);
	assert_int_equal(drive_used(d), -1);
	drive_free(d);
	host_chkpt_free(c);
}

static void test_load_of_nothing_is_refused(void **state)
{
	struct host_chkpt *c = checkpoint();

	(void)state;
	for (unsigned int i = own_entry(c, 0); i < host_chkpt_entries(c); i++)
		host_chkpt_remove(c, i);
	load_refused(c);
}

static void test_load_of_a_cut_state_is_refused(void **state)
{
	struct host_chkpt *c = checkpoint();
	unsigned int i = own_entry(c, own_entry(c, 0) + 1);
	unsigned char *data;
	host_u64 len;

	(void)state;
	host_chkpt_entry(c, i, &data, &len);
	host_chkpt_cut(c, i, len - 1);
	load_refused(c);
}

static void test_load_of_a_lying_length_is_refused(void **state)
{
	static const uint64_t lies[] = {0, 1, 15, 16, UINT64_MAX, 1u << 31};

	(void)state;
	for (size_t k = 0; k < sizeof(lies) / sizeof(lies[0]); k++) {
		struct host_chkpt *c = checkpoint();
		unsigned char *data;
		host_u64 len;

		host_chkpt_entry(c, own_entry(c, 0), &data, &len);
		assert_int_equal(len, sizeof(lies[k]));
		memcpy(data, &lies[k], sizeof(lies[k]));
		load_refused(c);
	}
}

/* Whatever byte is changed: refused or taken, the plugin lives on and answers. */
static void test_load_of_a_damaged_state(void **state)
{
	struct host_chkpt *c = checkpoint();
	unsigned int i = own_entry(c, own_entry(c, 0) + 1), refusals = 0;
	unsigned char *data;
	host_u64 len;

	(void)state;
	host_chkpt_entry(c, i, &data, &len);
	for (host_u64 at = 0; at < len; at += at < 512 ? 1 : 61) {
		struct drive *d = drive_new(DRIVE_PLAIN);

		data[at] ^= 0xff;
		refusals += host_load(d->vm, c) != 0;
		data[at] ^= 0xff;
		drive_start(d, 0xc300); /* the damage may have moved it */
		drive_free(d);
	}
	assert_true(refusals > 16);
	host_chkpt_free(c);
}

static void test_restore_takes_the_ports_along(void **state)
{
	struct drive *d = drive_new(DRIVE_PLAIN);
	struct host_chkpt *c;

	(void)state;
	drive_start(d, 0xc300);
	c = host_save(d->vm);
	assert_non_null(c);
	assert_int_equal(drive_restore(d, DRIVE_PLAIN, c), 0);
	assert_int_equal(host_ports_hooked(d->vm), PVBOOT_BAR_PORTS);
	assert_true(host_port_hooked(d->vm, 0xc300));  /* before any access to configuration space */
	assert_int_equal(drive_in(d, 0x14, 1) & 4, 4); /* DRIVER_OK */
	assert_int_equal(host_cfg_read(d->vm, d->slot, 0x10, 4), 0xc301);
	host_chkpt_free(c);
	drive_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_config_without_id, leave_nothing),
		cmocka_unit_test_teardown(test_config_without_bus, leave_nothing),
		cmocka_unit_test_teardown(test_config_unknown_bus, leave_nothing),
		cmocka_unit_test_teardown(test_config_bus_comes_later, leave_nothing),
		cmocka_unit_test_teardown(test_config_bus_twice, leave_nothing),
		cmocka_unit_test_teardown(test_config_bad_mac, leave_nothing),
		cmocka_unit_test_teardown(test_config_bad_boot, leave_nothing),
		cmocka_unit_test_teardown(test_config_bad_log, leave_nothing),
		cmocka_unit_test_teardown(test_config_lines_name_the_device, leave_nothing),
		cmocka_unit_test_teardown(test_config_id_twice, leave_nothing),
		cmocka_unit_test_teardown(test_config_stream_name_twice, leave_nothing),
		cmocka_unit_test_teardown(test_config_host_without_streams, leave_nothing),
		cmocka_unit_test_teardown(test_config_two_devices, leave_nothing),
		cmocka_unit_test_teardown(test_config_mac_is_shown, leave_nothing),
		cmocka_unit_test_teardown(test_config_example, leave_nothing),
		cmocka_unit_test_teardown(test_config_no_memory, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_is_read_by_bytes_at_registration, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_capabilities_stay_visible, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_read_only_stays, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_command_is_kept, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_rom_bar_is_none, leave_nothing),
		cmocka_unit_test_teardown(test_cfg_window_byte_by_byte, leave_nothing),
		cmocka_unit_test_teardown(test_bar_is_assigned_without_a_bios, leave_nothing),
		cmocka_unit_test_teardown(test_bar_answers_nothing_while_disabled, leave_nothing),
		cmocka_unit_test_teardown(test_bar_every_width_at_every_port, leave_nothing),
		cmocka_unit_test_teardown(test_bar_sizing_moves_nothing, leave_nothing),
		cmocka_unit_test_teardown(test_bar_moves, leave_nothing),
		cmocka_unit_test_teardown(test_bar_moves_by_its_own_length, leave_nothing),
		cmocka_unit_test_teardown(test_bar_is_written_by_bytes, leave_nothing),
		cmocka_unit_test_teardown(test_bar_first_base_is_taken, leave_nothing),
		cmocka_unit_test_teardown(test_bar_no_base_is_free, leave_nothing),
		cmocka_unit_test_teardown(test_bar_new_base_is_held_by_another, leave_nothing),
		cmocka_unit_test_teardown(test_free_takes_everything_along, leave_nothing),
		cmocka_unit_test_teardown(test_load_of_nothing_is_refused, leave_nothing),
		cmocka_unit_test_teardown(test_load_of_a_cut_state_is_refused, leave_nothing),
		cmocka_unit_test_teardown(test_load_of_a_lying_length_is_refused, leave_nothing),
		cmocka_unit_test_teardown(test_load_of_a_damaged_state, leave_nothing),
		cmocka_unit_test_teardown(test_restore_takes_the_ports_along, leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
