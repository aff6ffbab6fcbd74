/* SPDX-License-Identifier: BSD-2-Clause */
/* test_proxy.c - the device's end of x-pci-proxy-dev and guest memory by descriptor, against a QEMU that is played. */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "backend.h"
#include "fake_qemu.h"

/* A device of this process, behind the proxy. */
struct rig {
	struct fake_qemu q;
	struct proxy proxy;
	struct ram ram;
	struct pvboot_dev *dev;
	enum proxy_result result; /* of the latest turn */
};

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct rig *r = vmm;

	return ram_map(&r->ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
	struct rig *r = vmm;

	proxy_set_irq(&r->proxy, level);
}

static uint64_t now_ms(void *vmm)
{
	return 1;
}

static void ignore_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

static const struct pvboot_vmm_ops vmm_ops = {.map = map, .set_irq = set_irq, .now_ms = now_ms, .log = ignore_log};

static void be_attach(void *backend, struct pvboot_dev *dev)
{
}

static void be_submit(void *backend, struct pvboot_io *io)
{
	pvboot_io_complete(io, PVBOOT_S_NOT_FOUND, 0, 0);
}

static void be_reset(void *backend)
{
}

static const struct pvboot_backend_ops be_ops = {
	.name = "test", .attach = be_attach, .submit = be_submit, .reset = be_reset};

static void turn(void *arg)
{
	struct rig *r = arg;

	r->result = proxy_serve(&r->proxy);
}

static struct rig *rig_new(void)
{
	static const struct pvboot_dev_conf conf = {.mac = {0x52, 0x54, 0, 1, 2, 3}};
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	qemu_new(&r->q);
	r->q.turn = turn;
	r->q.arg = r;
	assert_true(ram_init(&r->ram));
	r->dev = calloc(1, pvboot_dev_size());
	assert_non_null(r->dev);
	proxy_init(&r->proxy, r->q.device_fd, r->dev, &r->ram);
	pvboot_dev_init(r->dev, &vmm_ops, r, &be_ops, NULL, &conf);
	pvboot_dev_set_rom_size(r->dev, 32768);
	return r;
}

static void rig_free(struct rig *r)
{
	if (r->proxy.irq_fd >= 0) {
		close(r->proxy.irq_fd);
		close(r->proxy.resample_fd);
	}
	qemu_free(&r->q);
	ram_free(&r->ram);
	free(r->dev);
	free(r);
}

static unsigned int open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		int copy = dup(fd);

		if (copy >= 0) {
			close(copy);
			n++;
		}
	}
	return n;
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static void test_message_bad(void **state)
{
	static const struct {
		int cmd;
		size_t len;
	} bad[] = {
		{-1, 0},
		{PROXY_RET, 8},
		{8, 0},
		{0x7fffffff, 0},
		{PROXY_CFG_READ, 0},
		{PROXY_CFG_READ, 16},
		{PROXY_BAR_WRITE, 12},
		{PROXY_SET_IRQFD, 8},
		{PROXY_DEVICE_RESET, 1},
		{PROXY_SYNC_SYSMEM, 191},
	};
	uint8_t body[256] = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rig *r = rig_new();

		qemu_send(&r->q, bad[i].cmd, body, bad[i].len, NULL, 0);
		assert_int_equal(r->result, PROXY_ERROR);
		assert_non_null(r->proxy.error);
		rig_free(r);
	}
}

static void test_size_huge(void **state)
{
	struct proxy_hdr hdr = {.cmd = PROXY_CFG_READ, .size = UINT64_MAX};
	struct rig *r = rig_new();

	assert_int_equal(send(r->q.fd, &hdr, sizeof(hdr), 0), sizeof(hdr));
	turn(r);
	assert_int_equal(r->result, PROXY_ERROR);
	rig_free(r);
}

static void test_descriptors_unexpected_are_closed(void **state)
{
	struct rig *r = rig_new();
	struct proxy_cfg m = {0, 0, 2};
	int fds[16];
	unsigned int before;

	for (unsigned int i = 0; i < 16; i++)
		fds[i] = r->q.ram_fd;
	before = open_fds();
	qemu_send(&r->q, PROXY_CFG_READ, &m, sizeof(m), fds, 1);
	assert_int_equal(r->result, PROXY_ERROR);
	assert_int_equal(open_fds(), before);
	qemu_send(&r->q, PROXY_SYNC_SYSMEM, &m, sizeof(m), fds, PROXY_FDS + 1);
	assert_int_equal(r->result, PROXY_ERROR);
	assert_int_equal(open_fds(), before);
	rig_free(r);
}

static void test_irqfd_count_wrong(void **state)
{
	for (unsigned int n = 0; n < 4; n++) {
		struct rig *r = rig_new();
		int fds[3] = {r->q.ram_fd, r->q.ram_fd, r->q.ram_fd};
		unsigned int before = open_fds();

		if (n == 2) {
			rig_free(r);
			continue;
		}
		qemu_send(&r->q, PROXY_SET_IRQFD, NULL, 0, fds, n);
		assert_int_equal(r->result, PROXY_ERROR);
		assert_int_equal(open_fds(), before);
		rig_free(r);
	}
}

static void test_ram_bad(void **state)
{
	static const struct proxy_sysmem bad[] = {
		{{0}, {QEMU_RAM + 1}, {0}},	  /* more than the file */
		{{0}, {QEMU_RAM}, {4096}},	  /* beyond its end */
		{{0}, {4096}, {QEMU_RAM + 4096}}, /* behind it */
		{{0}, {UINT64_MAX}, {2}},	  /* wraps in the file */
		{{UINT64_MAX - 1}, {4096}, {0}},  /* wraps in the guest */
		{{0}, {4096}, {UINT64_MAX}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rig *r = rig_new();
		uint64_t len = 1;

		qemu_share_ram(&r->q);
		assert_int_equal(r->result, PROXY_GOOD);
		assert_non_null(ram_map(&r->ram, 0, &len));
		qemu_send(&r->q, PROXY_SYNC_SYSMEM, &bad[i], sizeof(bad[i]), &r->q.ram_fd, 1);
		assert_int_equal(r->result, PROXY_ERROR);
		assert_null(ram_map(&r->ram, 0, &len));
		rig_free(r);
	}
}

static void test_ram_no_plain_file(void **state)
{
	struct rig *r = rig_new();
	struct proxy_sysmem m = {{0}, {4096}, {0}};
	unsigned int before = open_fds();

	qemu_send(&r->q, PROXY_SYNC_SYSMEM, &m, sizeof(m), &r->q.fd, 1);
	assert_int_equal(r->result, PROXY_ERROR);
	assert_int_equal(open_fds(), before);
	rig_free(r);
}

static void test_access_outside(void **state)
{
	struct rig *r = rig_new();
	struct proxy_bar m = {.addr = QEMU_PORT, .size = 4, .memory = 1};

	qemu_send(&r->q, PROXY_BAR_READ, &m, sizeof(m), NULL, 0); /* there is no memory BAR */
	assert_true(qemu_answer(&r->q) == UINT64_MAX);
	m.memory = 0;
	m.size = 8;
	qemu_send(&r->q, PROXY_BAR_READ, &m, sizeof(m), NULL, 0);
	assert_true(qemu_answer(&r->q) == UINT64_MAX);
	assert_int_equal(qemu_cfg_read(&r->q, 256, 4), 0xffffffff);
	assert_int_equal(qemu_cfg_read(&r->q, 0xfffffffc, 4), 0xffffffff);
	assert_int_equal(qemu_cfg_read(&r->q, 0, -1), 0xffffffff);
	assert_int_equal(r->result, PROXY_GOOD);
	rig_free(r);
}

static void test_qemu_gone(void **state)
{
	struct rig *r = rig_new();

	shutdown(r->q.fd, SHUT_WR);
	turn(r);
	assert_int_equal(r->result, PROXY_CLOSED);
	rig_free(r);
}

/* ---- what is to work -------------------------------------------------------------------------------------------- */

/* The accesses by which QEMU 7.2 finds out what to register. */
static void test_probe(void **state)
{
	struct rig *r = rig_new();
	uint32_t size[7], orig;

	assert_int_equal(qemu_cfg_read(&r->q, PCI_VENDOR_ID, 2), PVBOOT_PCI_VENDOR);
	assert_int_equal(qemu_cfg_read(&r->q, PCI_DEVICE_ID, 2), PVBOOT_PCI_DEVICE);
	assert_int_equal(qemu_cfg_read(&r->q, PCI_CLASS_DEVICE, 2), PVBOOT_PCI_CLASS << 8 | PVBOOT_PCI_SUBCLASS);
	for (uint32_t i = 0; i < 7; i++) { /* the seventh is at 28h */
		orig = qemu_cfg_read(&r->q, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		qemu_cfg_write(&r->q, PCI_BASE_ADDRESS_0 + 4 * i, 4, 0xffffffff);
		size[i] = ~(qemu_cfg_read(&r->q, PCI_BASE_ADDRESS_0 + 4 * i, 4) & 0xfffffff0) + 1;
		qemu_cfg_write(&r->q, PCI_BASE_ADDRESS_0 + 4 * i, 4, orig);
	}
	assert_int_equal(size[0], PVBOOT_BAR_PORTS);
	for (uint32_t i = 1; i < 7; i++)
		assert_int_equal(size[i], 0);
	qemu_cfg_write(&r->q, PCI_ROM_ADDRESS, 4, 0xfffffffe);
	assert_int_equal(qemu_cfg_read(&r->q, PCI_ROM_ADDRESS, 4), 0u - 32768u);
	rig_free(r);
}

static void test_messages_in_pieces_and_together(void **state)
{
	struct rig *r = rig_new();
	struct {
		struct proxy_hdr hdr;
		struct proxy_cfg m;
	} one = {{PROXY_CFG_READ, 0, sizeof(struct proxy_cfg)}, {PCI_VENDOR_ID, 0, 2}};
	uint8_t bytes[3 * 28];

	for (size_t i = 0; i < 28; i++) {
		assert_int_equal(send(r->q.fd, (uint8_t *)&one + i, 1, 0), 1);
		turn(r);
		assert_int_equal(r->result, PROXY_GOOD);
	}
	assert_int_equal(qemu_answer(&r->q), PVBOOT_PCI_VENDOR);
	for (size_t i = 0; i < 3; i++)
		memcpy(bytes + 28 * i, &one, 28);
	assert_int_equal(send(r->q.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	turn(r);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(qemu_answer(&r->q), PVBOOT_PCI_VENDOR);
	rig_free(r);
}

static void test_ram_mapped_once(void **state)
{
	struct rig *r = rig_new();
	struct proxy_sysmem m = {{0x100000}, {4096}, {8192}};
	unsigned int before;
	uint64_t len = 10;
	uint8_t *p;

	qemu_share_ram(&r->q);
	before = open_fds();
	p = ram_map(&r->ram, 5, &len);
	assert_int_equal(len, 10);
	len = 1u << 20;
	assert_non_null(ram_map(&r->ram, 655350, &len));
	assert_int_equal(len, 10);
	assert_null(ram_map(&r->ram, 655360, &len)); /* the hole */
	len = UINT64_MAX;
	assert_ptr_equal(ram_map(&r->ram, 0x100000, &len), p - 5 + 0x100000);
	assert_int_equal(len, QEMU_RAM - 0x100000);
	for (unsigned int i = 0; i < 100; i++) /* as SeaBIOS moves PAM windows about */
		qemu_share_ram(&r->q);
	assert_int_equal(open_fds(), before);
	assert_ptr_equal(ram_map(&r->ram, 5, &len), p);
	/* another place in the file, elsewhere in the guest */
	qemu_send(&r->q, PROXY_SYNC_SYSMEM, &m, sizeof(m), &r->q.ram_fd, 1);
	len = 1;
	assert_ptr_equal(ram_map(&r->ram, 0x100000, &len), p - 5 + 8192);
	assert_null(ram_map(&r->ram, 0, &len));
	/* none left: the mapping goes, too */
	qemu_send(&r->q, PROXY_SYNC_SYSMEM, &m, sizeof(m), NULL, 0);
	assert_int_equal(r->result, PROXY_GOOD);
	assert_int_equal(open_fds(), before - 1);
	rig_free(r);
}

static void test_ram_trouble_is_said(void **state)
{
	struct rig *r = rig_new();

	assert_non_null(strstr(ram_trouble(&r->ram), "shares no guest memory"));
	qemu_share_ram(&r->q);
	assert_non_null(strstr(ram_trouble(&r->ram), "share=on")); /* no BIOS has ever written there */
	r->q.ram[0x3ff] = 1;
	assert_null(ram_trouble(&r->ram));
	rig_free(r);
}

static void test_request_through_ram(void **state)
{
	struct rig *r = rig_new();
	struct pvboot_file_args a = {.handle = 1};

	qemu_share_ram(&r->q);
	qemu_start(&r->q);
	qemu_submit(&r->q, PVBOOT_OP_CLOSE, &a, sizeof(a), 0, 0);
	assert_int_equal(qemu_wait(&r->q).status, PVBOOT_S_NOT_FOUND);
	rig_free(r);
}

static uint64_t counted(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void test_interrupt_and_resample(void **state)
{
	struct rig *r = rig_new();
	struct pvboot_file_args a = {.handle = 1};
	uint64_t one = 1;

	qemu_share_ram(&r->q);
	qemu_share_irq(&r->q);
	qemu_start(&r->q);
	assert_int_equal(counted(r->q.irq[0]), 0);
	qemu_submit(&r->q, PVBOOT_OP_CLOSE, &a, sizeof(a), 0, 0);
	assert_int_equal(counted(r->q.irq[0]), 1);
	/* the guest ended the interrupt without reading ISR: it is still asserted */
	assert_int_equal(write(r->q.irq[1], &one, sizeof(one)), sizeof(one));
	proxy_resample(&r->proxy);
	assert_int_equal(counted(r->q.irq[0]), 1);
	assert_int_equal(qemu_in(&r->q, PVBOOT_REG_ISR, 1), 1);
	assert_int_equal(write(r->q.irq[1], &one, sizeof(one)), sizeof(one));
	proxy_resample(&r->proxy);
	assert_int_equal(counted(r->q.irq[0]), 0);
	/* INTx disabled: nothing, until it is enabled */
	qemu_cfg_write(&r->q, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	qemu_submit(&r->q, PVBOOT_OP_CLOSE, &a, sizeof(a), 0, 0);
	assert_int_equal(counted(r->q.irq[0]), 0);
	qemu_cfg_write(&r->q, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	assert_int_equal(counted(r->q.irq[0]), 1);
	rig_free(r);
}

static void test_device_reset(void **state)
{
	struct rig *r = rig_new();

	qemu_share_ram(&r->q);
	qemu_start(&r->q);
	qemu_send(&r->q, PROXY_DEVICE_RESET, NULL, 0, NULL, 0);
	qemu_answer(&r->q);
	assert_int_equal(qemu_in(&r->q, PVBOOT_REG_COMMON + 20, 1), 0);
	assert_int_equal(qemu_cfg_read(&r->q, PCI_COMMAND, 2), 0);
	qemu_cfg_write(&r->q, PCI_ROM_ADDRESS, 4, 0xfffffffe);
	assert_int_equal(qemu_cfg_read(&r->q, PCI_ROM_ADDRESS, 4), 0u - 32768u);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_bad),
		cmocka_unit_test(test_size_huge),
		cmocka_unit_test(test_descriptors_unexpected_are_closed),
		cmocka_unit_test(test_irqfd_count_wrong),
		cmocka_unit_test(test_ram_bad),
		cmocka_unit_test(test_ram_no_plain_file),
		cmocka_unit_test(test_access_outside),
		cmocka_unit_test(test_qemu_gone),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_messages_in_pieces_and_together),
		cmocka_unit_test(test_ram_mapped_once),
		cmocka_unit_test(test_ram_trouble_is_said),
		cmocka_unit_test(test_request_through_ram),
		cmocka_unit_test(test_interrupt_and_resample),
		cmocka_unit_test(test_device_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
