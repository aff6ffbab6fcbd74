/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vfio_user_refuse.c - what the vfio-user server refuses: by closing what is malformed, by an errno what cannot
 * be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "pass_fd.h"
#include "vfio_world.h"

#define RW (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

/* The command has ended the connection, no descriptor is left, and nothing was answered. */
static void assert_closes(struct vfio_world *w, int line)
{
	if (w->result != VFIO_USER_ERROR || !w->server.error || w->server.nfds || !vfio_quiet(w))
		fail_msg("line %d: it was not refused by closing", line);
	vfio_free(w);
}
#define ASSERT_CLOSES(w) assert_closes(w, __LINE__)

static void test_command_before_version_closes(void **state)
{
	struct vfio_world *w = vfio_new();

	vfio_send(w, VFIO_USER_DEVICE_RESET, 0, NULL, 0, NULL, 0);
	ASSERT_CLOSES(w);
}

static void test_version_twice_closes(void **state)
{
	struct vfio_world *w = vfio_ready();
	struct vfio_user_version m = {0, 0};

	vfio_send(w, VFIO_USER_VERSION, 0, &m, sizeof(m), NULL, 0);
	ASSERT_CLOSES(w);
}

static void test_version_unknown_closes(void **state)
{
	struct vfio_user_version m = {1, 0};
	struct vfio_world *w = vfio_new();

	vfio_send(w, VFIO_USER_VERSION, 0, &m, sizeof(m), NULL, 0);
	ASSERT_CLOSES(w);
}

static void test_version_without_reply_closes(void **state)
{
	struct vfio_user_version m = {0, 0};
	struct vfio_world *w = vfio_new();

	vfio_send(w, VFIO_USER_VERSION, VFIO_USER_F_NO_REPLY, &m, sizeof(m), NULL, 0);
	ASSERT_CLOSES(w);
}

static void test_capabilities_bad_close(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"[]",
		"3",
		"{\"capabilities\": 3}",
		"{\"capabilities\": null}",
		"{\"capabilities\": {}, \"capabilities\": {}}",
		"{\"capabilities\": {\"max_msg_fds\": -1}}",
		"{\"capabilities\": {\"max_msg_fds\": \"8\"}}",
		"{\"capabilities\": {\"max_msg_fds\": 1e400}}",
		"{\"capabilities\": {\"max_data_xfer_size\": 0}}",
		"{\"capabilities\": {\"max_dma_maps\": 1.5}}",
		"{\"capabilities\": {\"pgsizes\": 99999999999999999999}}",
		"{\"capabilities\": {\"twin_socket\": true}}",
		"{\"capabilities\": {\"write_multiple\": 1}}",
		"{\"capabilities\": {}} x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t m[256] = {0};
		struct vfio_world *w = vfio_new();

		memcpy(m + 4, bad[i], strlen(bad[i]));
		vfio_send(w, VFIO_USER_VERSION, 0, m, 4 + strlen(bad[i]) + 1, NULL, 0);
		assert_closes(w, (int)i);
	}
}

static void test_capabilities_without_end_close(void **state)
{
	uint8_t m[16] = {0, 0, 0, 0, '{', '}', ' ', ' '};
	struct vfio_world *w = vfio_new();

	vfio_send(w, VFIO_USER_VERSION, 0, m, 8, NULL, 0); /* no NUL */
	ASSERT_CLOSES(w);
	w = vfio_new();
	vfio_send(w, VFIO_USER_VERSION, 0, m, 10, NULL, 0); /* something behind it */
	ASSERT_CLOSES(w);
}

static void test_header_bad_closes(void **state)
{
	static const struct vfio_user_hdr bad[] = {
		{1, VFIO_USER_DEVICE_RESET, 16, VFIO_USER_F_REPLY, 0}, /* we never asked */
		{1, VFIO_USER_DEVICE_RESET, 16, 2, 0},
		{1, VFIO_USER_DEVICE_RESET, 16, VFIO_USER_F_ERROR, 0},
		{1, VFIO_USER_DEVICE_RESET, 16, 64, 0},
		{1, VFIO_USER_DEVICE_RESET, 16, 1u << 31, 0},
		{1, VFIO_USER_DEVICE_RESET, 16, 0, EINVAL},
		{1, 0, 16, 0, 0},
		{1, VFIO_USER_DMA_READ, 32, 0, 0}, /* the other way only */
		{1, VFIO_USER_DMA_WRITE, 32, 0, 0},
		{1, 14, 16, 0, 0},
		{1, VFIO_USER_REGION_WRITE_MULTI, 24, 0, 0}, /* not negotiated */
		{1, VFIO_USER_MIG_DATA_READ, 24, 0, 0},
		{1, VFIO_USER_MIG_DATA_WRITE, 24, 0, 0},
		{1, 19, 16, 0, 0},
		{1, 0xffff, 16, 0, 0},
		{1, VFIO_USER_DEVICE_RESET, 0, 0, 0},
		{1, VFIO_USER_DEVICE_RESET, 15, 0, 0},
		{1, VFIO_USER_DEVICE_RESET, 17, 0, 0},
		{1, VFIO_USER_DEVICE_RESET, UINT32_MAX, 0, 0},
		{1, VFIO_USER_DMA_MAP, 47, 0, 0},
		{1, VFIO_USER_DMA_MAP, 49, 0, 0},
		{1, VFIO_USER_DMA_UNMAP, 39, 0, 0},
		{1, VFIO_USER_DMA_UNMAP, 41, 0, 0},
		{1, VFIO_USER_DEVICE_GET_INFO, 16, 0, 0},
		{1, VFIO_USER_DEVICE_GET_REGION_INFO, 47, 0, 0},
		{1, VFIO_USER_DEVICE_GET_IRQ_INFO, 31, 0, 0},
		{1, VFIO_USER_DEVICE_SET_IRQS, 35, 0, 0},
		{1, VFIO_USER_DEVICE_SET_IRQS, 38, 0, 0},
		{1, VFIO_USER_REGION_READ, 31, 0, 0},
		{1, VFIO_USER_REGION_READ, 33, 0, 0},
		{1, VFIO_USER_REGION_WRITE, 32, 0, 0},
		{1, VFIO_USER_REGION_WRITE, 32 + 257, 0, 0},
		{1, VFIO_USER_DEVICE_FEATURE, 16, 0, 0},
		{1, VFIO_USER_VERSION, 16 + 4097, 0, 0},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfio_world *w = vfio_ready();

		vfio_send_raw(w, &bad[i], sizeof(bad[i]));
		assert_closes(w, (int)i);
	}
}

static void test_descriptors_unexpected_close_and_are_closed(void **state)
{
	static const unsigned int counts[] = {1, VFIO_USER_FDS, VFIO_USER_FDS + 1, 16};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct vfio_world *w = vfio_ready();
		unsigned int before = vfio_open_fds();
		int fds[16];

		for (unsigned int k = 0; k < 16; k++)
			fds[k] = w->q.ram_fd;
		vfio_send(w, VFIO_USER_DEVICE_RESET, VFIO_USER_F_NO_REPLY, NULL, 0, fds, counts[i]);
		assert_int_equal(vfio_open_fds(), before);
		ASSERT_CLOSES(w);
	}
}

static void test_descriptors_too_many_close_and_are_closed(void **state)
{
	struct vfio_user_dma_map m = {sizeof(m), RW, 0, 0, 4096};
	struct vfio_irq_set set = {sizeof(set), VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, 1};

	for (unsigned int irq = 0; irq < 2; irq++) {
		struct vfio_world *w = vfio_ready();
		unsigned int before = vfio_open_fds();
		int fds[2] = {w->q.ram_fd, w->q.ram_fd};

		vfio_send(w, irq ? VFIO_USER_DEVICE_SET_IRQS : VFIO_USER_DMA_MAP, 0, irq ? (void *)&set : (void *)&m,
			  irq ? sizeof(set) : sizeof(m), fds, 2);
		assert_int_equal(vfio_open_fds(), before);
		ASSERT_CLOSES(w);
	}
}

static void test_descriptors_without_a_command_are_closed(void **state)
{
	struct vfio_world *w = vfio_ready();
	unsigned int before = vfio_open_fds();
	uint8_t half[24] = {0};

	/* half of a MAP, then the other half: each with a descriptor */
	memcpy(half, &(struct vfio_user_hdr){1, VFIO_USER_DMA_MAP, 48, 0, 0}, 16);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(pass_fd(w->q.fd, half, sizeof(half), w->q.ram_fd));
		w->result = vfio_user_serve(&w->server);
		assert_int_equal(w->result, i ? VFIO_USER_ERROR : VFIO_USER_GOOD);
	}
	assert_int_equal(vfio_open_fds(), before);
	ASSERT_CLOSES(w);
}

static void test_write_shorter_or_longer_than_it_says_closes(void **state)
{
	struct {
		struct vfio_user_rw rw;
		uint8_t data[8];
	} m = {{0, VFIO_PCI_CONFIG_REGION_INDEX, 4}, {0}};

	for (uint32_t len = 1; len <= 8; len++) {
		struct vfio_world *w;

		if (len == 4)
			continue;
		w = vfio_ready();
		vfio_send(w, VFIO_USER_REGION_WRITE, 0, &m, sizeof(m.rw) + len, NULL, 0);
		ASSERT_CLOSES(w);
	}
}

static void test_set_irqs_bad_closes(void **state)
{
	static const struct {
		uint32_t flags, count;
		size_t more;
		bool fd;
	} bad[] = {
		{0, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE, 1, 0, false},
		{VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK | 64, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK | 1u << 31, 1, 0, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 1, 1, false}, /* data where none belongs */
		{VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_MASK, 1, 0, false}, /* and none where some does */
		{VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_MASK, UINT32_MAX, 1, false},
		{VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, true},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfio_world *w = vfio_ready();
		unsigned int before = vfio_open_fds();
		/* struct vfio_irq_set, and four bytes of data */
		const uint32_t m[] = {sizeof(struct vfio_irq_set), bad[i].flags, 0, 0, bad[i].count, 1};

		vfio_send(w, VFIO_USER_DEVICE_SET_IRQS, 0, m, sizeof(struct vfio_irq_set) + bad[i].more, &w->q.ram_fd,
			  bad[i].fd);
		assert_int_equal(vfio_open_fds(), before);
		assert_closes(w, (int)i);
	}
}

/* ---- by an errno ------------------------------------------------------------------------------------------------ */

static void test_set_irqs_of_no_interrupt_is_refused(void **state)
{
	const uint32_t trigger = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	struct vfio_world *w = vfio_ready();
	unsigned int before = vfio_open_fds();

	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_PCI_INTX_IRQ_INDEX, 1, 1, w->q.ram_fd), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_PCI_INTX_IRQ_INDEX, 0, 2, w->q.ram_fd), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_PCI_INTX_IRQ_INDEX, UINT32_MAX, 2, w->q.ram_fd), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, w->q.ram_fd), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_USER_IRQS, 0, 0, -1), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, UINT32_MAX, 0, 1, w->q.ram_fd), EINVAL);
	assert_int_equal(vfio_set_irqs(w, trigger, VFIO_PCI_INTX_IRQ_INDEX, 0, 0, -1), EINVAL);
	assert_int_equal(vfio_set_irqs(w, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, VFIO_PCI_INTX_IRQ_INDEX,
				       0, 1, w->q.ram_fd),
			 ENOTSUP);
	assert_int_equal(vfio_open_fds(), before);
	vfio_free(w);
}

static void test_info_of_nothing_is_refused(void **state)
{
	struct vfio_world *w = vfio_ready();
	struct vfio_user_device_info info = {15, 0, 0, 0};
	struct vfio_region_info region = {.argsz = 31};
	struct vfio_irq_info irq = {.argsz = 15};

	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), NULL, 0), EINVAL);
	info = (struct vfio_user_device_info){16, 1, 0, 0};
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), NULL, 0), EINVAL);
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region), NULL, 0), EINVAL);
	region = (struct vfio_region_info){.argsz = 32, .index = VFIO_PCI_NUM_REGIONS};
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region), NULL, 0), EINVAL);
	region = (struct vfio_region_info){.argsz = 32, .size = 1};
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region), NULL, 0), EINVAL);
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq), NULL, 0), EINVAL);
	irq = (struct vfio_irq_info){.argsz = 16, .index = VFIO_PCI_ERR_IRQ_INDEX};
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq), NULL, 0), EINVAL);
	vfio_free(w);
}

static void test_not_offered_is_refused(void **state)
{
	struct vfio_world *w = vfio_ready();
	uint8_t m[16] = {16};

	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_REGION_IO_FDS, m, 16, NULL, 0), ENOTSUP);
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_FEATURE, m, 8, NULL, 0), ENOTSUP);
	vfio_free(w);
}

static void test_access_outside_is_refused(void **state)
{
	static const struct vfio_user_rw bad[] = {
		{0, VFIO_PCI_BAR0_REGION_INDEX, 0},
		{0, VFIO_PCI_BAR0_REGION_INDEX, 3},
		{0, VFIO_PCI_BAR0_REGION_INDEX, 8},
		{1, VFIO_PCI_BAR0_REGION_INDEX, 2},
		{PVBOOT_BAR_PORTS, VFIO_PCI_BAR0_REGION_INDEX, 1},
		{1ull << 32, VFIO_PCI_BAR0_REGION_INDEX, 1},
		{UINT64_MAX, VFIO_PCI_BAR0_REGION_INDEX, 1},
		{0, VFIO_PCI_CONFIG_REGION_INDEX, 0},
		{0, VFIO_PCI_CONFIG_REGION_INDEX, 257},
		{255, VFIO_PCI_CONFIG_REGION_INDEX, 2},
		{256, VFIO_PCI_CONFIG_REGION_INDEX, 1},
		{UINT64_MAX, VFIO_PCI_CONFIG_REGION_INDEX, 2},
		{0, VFIO_PCI_BAR1_REGION_INDEX, 4},
		{0, VFIO_PCI_VGA_REGION_INDEX, 4},
		{0, UINT32_MAX, 4},
		{0, VFIO_PCI_ROM_REGION_INDEX, 0},
		{0, VFIO_PCI_ROM_REGION_INDEX, VFIO_ROM + 1},
		{VFIO_ROM, VFIO_PCI_ROM_REGION_INDEX, 1},
		{UINT64_MAX, VFIO_PCI_ROM_REGION_INDEX, 1},
		{0, VFIO_PCI_ROM_REGION_INDEX, UINT32_MAX},
	};
	struct vfio_world *w = vfio_ready();
	struct {
		struct vfio_user_rw rw;
		uint8_t data[256];
	} m = {.rw = {0, VFIO_PCI_ROM_REGION_INDEX, 4}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &bad[i], sizeof(bad[i]), NULL, 0), EINVAL);
		if (!bad[i].count || bad[i].count > sizeof(m.data))
			continue;
		m.rw = bad[i];
		assert_int_equal(vfio_call(w, VFIO_USER_REGION_WRITE, &m, sizeof(m.rw) + m.rw.count, NULL, 0), EINVAL);
	}
	m.rw = (struct vfio_user_rw){0, VFIO_PCI_ROM_REGION_INDEX, 4}; /* it is read-only */
	assert_int_equal(vfio_call(w, VFIO_USER_REGION_WRITE, &m, sizeof(m.rw) + 4, NULL, 0), EINVAL);
	vfio_free(w);
}

static void test_memory_bad_is_refused(void **state)
{
	struct vfio_world *w = vfio_ready();
	int ram = w->q.ram_fd;
	unsigned int before;
	uint64_t len = 1;

	assert_int_equal(vfio_map(w, 0x10000, 0x10000, 0, ram, RW), 0);
	before = vfio_open_fds();
	/* over another */
	assert_int_equal(vfio_map(w, 0x10000, 0x10000, 0, ram, RW), EEXIST);
	assert_int_equal(vfio_map(w, 0x1f000, 0x1000, 0, -1, RW), EEXIST);
	assert_int_equal(vfio_map(w, 0, 0x10001, 0, ram, RW), EEXIST);
	assert_int_equal(vfio_map(w, 0, 0x100000, 0, ram, RW), EEXIST);
	/* not in the file */
	assert_int_equal(vfio_map(w, 0x100000, QEMU_RAM + 1ull, 0, ram, RW), EINVAL);
	assert_int_equal(vfio_map(w, 0x100000, 0x1000, QEMU_RAM, ram, RW), EINVAL);
	assert_int_equal(vfio_map(w, 0x100000, 0x1000, UINT64_MAX, ram, RW), EINVAL);
	/* not in the address space */
	assert_int_equal(vfio_map(w, UINT64_MAX - 1, 0x1000, 0, ram, RW), EINVAL);
	assert_int_equal(vfio_map(w, 0x100000, UINT64_MAX, 0, -1, RW), EINVAL);
	assert_int_equal(vfio_map(w, 0x100000, 0, 0, ram, RW), EINVAL);
	/* no file, no such flag */
	assert_int_equal(vfio_map(w, 0x100000, 0x1000, 0, w->q.fd, RW), EINVAL);
	assert_int_equal(vfio_map(w, 0x100000, 0x1000, 0, ram, RW | VFIO_DMA_MAP_FLAG_VADDR), EINVAL);
	assert_null(ram_map(&w->ram, 0x100000, &len));
	assert_non_null(ram_map(&w->ram, 0x1ffff, &len));
	assert_int_equal(vfio_open_fds(), before);
	vfio_free(w);
}

static void test_memory_unmap_of_another_range_is_refused(void **state)
{
	struct vfio_user_dma_unmap m = {sizeof(m), VFIO_DMA_UNMAP_FLAG_ALL, 0, 4096};
	struct vfio_world *w = vfio_ready();

	assert_int_equal(vfio_unmap(w, 0x10000, 0x10000), ENOENT);
	assert_int_equal(vfio_map(w, 0x10000, 0x10000, 0, w->q.ram_fd, RW), 0);
	assert_int_equal(vfio_unmap(w, 0x10000, 0x8000), ENOENT);
	assert_int_equal(vfio_unmap(w, 0x18000, 0x8000), ENOENT);
	assert_int_equal(vfio_unmap(w, 0, 0x20000), ENOENT);
	assert_int_equal(vfio_call(w, VFIO_USER_DMA_UNMAP, &m, sizeof(m), NULL, 0), EINVAL);
	m = (struct vfio_user_dma_unmap){sizeof(m), VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, 0x10000, 0x10000};
	assert_int_equal(vfio_call(w, VFIO_USER_DMA_UNMAP, &m, sizeof(m), NULL, 0), EINVAL);
	m = (struct vfio_user_dma_unmap){8, 0, 0x10000, 0x10000};
	assert_int_equal(vfio_call(w, VFIO_USER_DMA_UNMAP, &m, sizeof(m), NULL, 0), EINVAL);
	assert_int_equal(vfio_unmap(w, 0x10000, 0x10000), 0);
	vfio_free(w);
}

static void test_memory_ranges_are_bounded(void **state)
{
	struct vfio_world *w = vfio_ready();

	for (uint64_t i = 0; i < VFIO_USER_DMA_MAPS; i++)
		assert_int_equal(vfio_map(w, i << 12, 4096, 0, -1, RW), 0);
	assert_int_equal(vfio_map(w, 1ull << 40, 4096, 0, w->q.ram_fd, RW), ENOSPC);
	assert_int_equal(vfio_unmap(w, 0, 4096), 0);
	assert_int_equal(vfio_map(w, 1ull << 40, 4096, 0, w->q.ram_fd, RW), 0);
	vfio_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_before_version_closes),
		cmocka_unit_test(test_version_twice_closes),
		cmocka_unit_test(test_version_unknown_closes),
		cmocka_unit_test(test_version_without_reply_closes),
		cmocka_unit_test(test_capabilities_bad_close),
		cmocka_unit_test(test_capabilities_without_end_close),
		cmocka_unit_test(test_header_bad_closes),
		cmocka_unit_test(test_descriptors_unexpected_close_and_are_closed),
		cmocka_unit_test(test_descriptors_too_many_close_and_are_closed),
		cmocka_unit_test(test_descriptors_without_a_command_are_closed),
		cmocka_unit_test(test_write_shorter_or_longer_than_it_says_closes),
		cmocka_unit_test(test_set_irqs_bad_closes),
		cmocka_unit_test(test_set_irqs_of_no_interrupt_is_refused),
		cmocka_unit_test(test_info_of_nothing_is_refused),
		cmocka_unit_test(test_not_offered_is_refused),
		cmocka_unit_test(test_access_outside_is_refused),
		cmocka_unit_test(test_memory_bad_is_refused),
		cmocka_unit_test(test_memory_unmap_of_another_range_is_refused),
		cmocka_unit_test(test_memory_ranges_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
