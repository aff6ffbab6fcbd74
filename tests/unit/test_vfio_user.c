/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vfio_user.c - the device behind vfio-user, as QEMU's vfio-user-pci uses it. */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "link.h"
#include "vfio_world.h"

#define RW (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

static void test_client_gone(void **state)
{
	struct vfio_world *w = vfio_ready();

	shutdown(w->q.fd, SHUT_WR);
	assert_int_equal(vfio_user_serve(&w->server), VFIO_USER_CLOSED);
	vfio_free(w);
}

/* "The capability list must be a subset of those proposed", and QEMU takes no answer longer than its question. */
static void test_version(void **state)
{
	static const struct {
		const char *theirs, *ours;
	} cases[] = {
		{VFIO_VERSION_TEXT, "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,"
				    "\"max_dma_maps\":1024,\"pgsizes\":4096}}"},
		{"{\"capabilities\":{\"max_msg_fds\":1}}", "{\"capabilities\":{\"max_msg_fds\":8}}"},
		{"{\"capabilities\":{\"later\":[1]},\"more\":1}", "{\"capabilities\":{}}"},
		{"{}", "{}"},
	};
	struct vfio_user_version plain = {0, 7};
	struct vfio_world *w;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t m[512] = {0};

		w = vfio_new();
		memcpy(m + 4, cases[i].theirs, strlen(cases[i].theirs));
		assert_int_equal(vfio_call(w, VFIO_USER_VERSION, m, 4 + strlen(cases[i].theirs) + 1, NULL, 0), 0);
		assert_memory_equal(w->body, "\0\0\0\0", 4);
		assert_string_equal((char *)w->body + 4, cases[i].ours);
		assert_int_equal(w->reply.size, sizeof(w->reply) + 4 + strlen(cases[i].ours) + 1);
		assert_true(strlen(cases[i].ours) <= strlen(cases[i].theirs));
		vfio_free(w);
	}
	w = vfio_new();
	assert_int_equal(vfio_call(w, VFIO_USER_VERSION, &plain, sizeof(plain), NULL, 0), 0);
	assert_int_equal(w->reply.size, sizeof(w->reply) + 4);
	assert_memory_equal(w->body, "\0\0\0\0", 4);
	vfio_free(w);
}

static void test_info(void **state)
{
	static const uint64_t sizes[VFIO_PCI_NUM_REGIONS] = {
		[VFIO_PCI_BAR0_REGION_INDEX] = PVBOOT_BAR_PORTS,
		[VFIO_PCI_ROM_REGION_INDEX] = VFIO_ROM,
		[VFIO_PCI_CONFIG_REGION_INDEX] = 256,
	};
	struct vfio_world *w = vfio_ready();
	struct vfio_user_device_info info = {.argsz = sizeof(info)};

	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), NULL, 0), 0);
	memcpy(&info, w->body, sizeof(info));
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.num_regions, VFIO_PCI_NUM_REGIONS);
	assert_int_equal(info.num_irqs, VFIO_PCI_MSIX_IRQ_INDEX + 1);
	for (uint32_t i = 0; i < info.num_regions; i++) {
		struct vfio_region_info region = {.argsz = 4096, .index = i};

		assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region), NULL, 0), 0);
		assert_int_equal(w->reply.size, sizeof(w->reply) + sizeof(region));
		memcpy(&region, w->body, sizeof(region));
		assert_int_equal(region.argsz, sizeof(region));
		assert_int_equal(region.index, i);
		assert_int_equal(region.size, sizes[i]);
		assert_int_equal(region.flags, i == VFIO_PCI_ROM_REGION_INDEX ? VFIO_REGION_INFO_FLAG_READ
					       : sizes[i] ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE
							  : 0);
	}
	for (uint32_t i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info irq = {.argsz = sizeof(irq), .index = i};

		assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq), NULL, 0), 0);
		memcpy(&irq, w->body, sizeof(irq));
		assert_int_equal(irq.count, i == VFIO_PCI_INTX_IRQ_INDEX);
	}
	vfio_free(w);
}

static void test_config_and_rom_in_one_read(void **state)
{
	struct vfio_world *w = vfio_ready();
	struct vfio_user_rw m = {0, VFIO_PCI_CONFIG_REGION_INDEX, 256};

	assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(w->body[sizeof(m)] | w->body[sizeof(m) + 1] << 8, PVBOOT_PCI_VENDOR);
	assert_int_equal(w->body[sizeof(m) + PCI_INTERRUPT_PIN], 1);
	m = (struct vfio_user_rw){1, VFIO_PCI_CONFIG_REGION_INDEX, 6}; /* in pieces of 1, 2, 2 and 1 */
	assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(w->body[sizeof(m) + 1] | w->body[sizeof(m) + 2] << 8, PVBOOT_PCI_DEVICE);
	m = (struct vfio_user_rw){0, VFIO_PCI_ROM_REGION_INDEX, VFIO_ROM};
	assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &m, sizeof(m), NULL, 0), 0);
	assert_memory_equal(w->body + sizeof(m), w->rom, VFIO_ROM);
	m = (struct vfio_user_rw){VFIO_ROM - 3, VFIO_PCI_ROM_REGION_INDEX, 3};
	assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &m, sizeof(m), NULL, 0), 0);
	assert_memory_equal(w->body + sizeof(m), w->rom + VFIO_ROM - 3, 3);
	/* QEMU sizes the ROM BAR at the device */
	qemu_cfg_write(&w->q, PCI_ROM_ADDRESS, 4, 0xfffff800);
	assert_int_equal(qemu_cfg_read(&w->q, PCI_ROM_ADDRESS, 4), 0u - VFIO_ROM);
	vfio_free(w);
}

static void test_request_through_ram(void **state)
{
	struct vfio_world *w = vfio_ready();
	struct pvboot_file_args a = {.handle = 1};

	vfio_share_ram(w);
	qemu_start(&w->q);
	qemu_submit(&w->q, PVBOOT_OP_CLOSE, &a, sizeof(a), 0, 0);
	assert_int_equal(qemu_wait(&w->q).status, PVBOOT_S_NOT_FOUND);
	vfio_free(w);
}

static void test_ram_is_mapped_once(void **state)
{
	struct vfio_world *w = vfio_ready();
	unsigned int before = vfio_open_fds();
	uint64_t len = 16;
	uint8_t *p;

	vfio_share_ram(w);
	assert_int_equal(vfio_open_fds(), before + 1);
	p = ram_map(&w->ram, 0x200000, &len);
	assert_non_null(p);
	/* as SeaBIOS moves PAM windows about: everything goes and comes again, in another order */
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(vfio_unmap(w, 0, 0xa0000), 0);
		assert_int_equal(vfio_unmap(w, 0x100000, QEMU_RAM - 0x100000), 0);
		assert_int_equal(vfio_unmap(w, VFIO_SHADOW, 0x10000), 0);
		assert_int_equal(vfio_unmap(w, 0xe0000, 0x20000), 0);
		assert_null(ram_map(&w->ram, 0x200000, &len));
		vfio_share_ram(w);
		assert_ptr_equal(ram_map(&w->ram, 0x200000, &len), p);
	}
	assert_int_equal(vfio_open_fds(), before + 1);
	qemu_cfg_read(&w->q, 0, 2);
	assert_ptr_equal(ram_map(&w->ram, 0x200000, &len), p);
	/* memory that is unplugged is let go of once the change is over */
	assert_int_equal(vfio_unmap(w, 0, 0xa0000), 0);
	assert_int_equal(vfio_unmap(w, 0x100000, QEMU_RAM - 0x100000), 0);
	assert_int_equal(vfio_unmap(w, VFIO_SHADOW, 0x10000), 0);
	qemu_cfg_read(&w->q, 0, 2);
	assert_int_equal(vfio_open_fds(), before);
	vfio_free(w);
}

static void test_ram_unmap_all(void **state)
{
	struct vfio_user_dma_unmap m = {sizeof(m), VFIO_DMA_UNMAP_FLAG_ALL, 0, 0};
	struct vfio_world *w = vfio_ready();
	uint64_t len = 1;

	vfio_share_ram(w);
	assert_int_equal(vfio_call(w, VFIO_USER_DMA_UNMAP, &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(w->reply.size, sizeof(w->reply) + sizeof(m));
	assert_memory_equal(w->body, &m, sizeof(m));
	assert_null(ram_map_read(&w->ram, 0, &len));
	vfio_free(w);
}

static void test_ram_read_only_is_never_written(void **state)
{
	struct vfio_world *w = vfio_ready();
	uint64_t len = 1;

	vfio_share_ram(w);
	assert_non_null(ram_map_read(&w->ram, VFIO_SHADOW, &len));
	assert_null(ram_map(&w->ram, VFIO_SHADOW, &len));
	assert_null(ram_map_read(&w->ram, 0xe0000, &len)); /* not shared */
	assert_null(ram_map_read(&w->ram, 0xd0000, &len)); /* not there */
	vfio_free(w);
}

/* Messages that QEMU sends without waiting arrive together; descriptors are those of the message they came with. */
static void test_messages_together_keep_their_descriptors(void **state)
{
	struct {
		struct vfio_user_hdr hdr;
		struct vfio_user_dma_map m;
	} plain = {{1, VFIO_USER_DMA_MAP, 48, 0, 0}, {32, RW, 0, 0xe0000, 0x20000}};
	struct vfio_user_dma_map m = {32, RW, 0, 0, 0xa0000};
	struct vfio_world *w = vfio_ready();
	struct vfio_user_hdr replies[3];
	uint64_t len = 1;

	/* the server has had no turn when the second and third arrive */
	assert_int_equal(send(w->q.fd, &plain, sizeof(plain), 0), sizeof(plain));
	vfio_send(w, VFIO_USER_DMA_MAP, 0, &m, sizeof(m), &w->q.ram_fd, 1);
	plain.m.address = 0x400000;
	vfio_send_raw(w, &plain, sizeof(plain));
	assert_int_equal(recv(w->q.fd, replies, sizeof(replies), MSG_DONTWAIT), sizeof(replies));
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(replies[i].flags, VFIO_USER_F_REPLY);
	assert_non_null(ram_map(&w->ram, 0, &len));
	assert_null(ram_map(&w->ram, 0xe0000, &len));
	assert_null(ram_map(&w->ram, 0x400000, &len));
	vfio_free(w);
}

static void test_messages_in_pieces(void **state)
{
	struct {
		struct vfio_user_hdr hdr;
		struct vfio_user_rw rw;
	} m = {{9, VFIO_USER_REGION_READ, 32, 0, 0}, {0, VFIO_PCI_CONFIG_REGION_INDEX, 2}};
	struct vfio_world *w = vfio_ready();
	uint8_t reply[64];

	for (size_t i = 0; i < sizeof(m); i++) {
		assert_true(vfio_quiet(w));
		vfio_send_raw(w, (uint8_t *)&m + i, 1);
		assert_int_equal(w->result, VFIO_USER_GOOD);
	}
	assert_int_equal(recv(w->q.fd, reply, sizeof(reply), MSG_DONTWAIT), sizeof(m) + 2);
	assert_int_equal(reply[32] | reply[33] << 8, PVBOOT_PCI_VENDOR);
	vfio_free(w);
}

static void test_no_reply_is_not_answered(void **state)
{
	struct {
		struct vfio_user_rw rw;
		uint8_t val;
	} m = {{PCI_INTERRUPT_LINE, VFIO_PCI_CONFIG_REGION_INDEX, 1}, 11};
	struct vfio_world *w = vfio_ready();

	vfio_send(w, VFIO_USER_REGION_WRITE, VFIO_USER_F_NO_REPLY, &m, sizeof(m.rw) + 1, NULL, 0);
	assert_true(vfio_quiet(w));
	m.rw.offset = 256;
	vfio_send(w, VFIO_USER_REGION_WRITE, VFIO_USER_F_NO_REPLY, &m, sizeof(m.rw) + 1, NULL, 0);
	assert_int_equal(w->result, VFIO_USER_GOOD);
	assert_true(vfio_quiet(w));
	assert_int_equal(qemu_cfg_read(&w->q, PCI_INTERRUPT_LINE, 1), 11);
	vfio_free(w);
}

/* ---- interrupts ------------------------------------------------------------------------------------------------- */

#define TRIGGER (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define MASK (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)
#define UNMASK (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK)
#define INTX VFIO_PCI_INTX_IRQ_INDEX

static uint64_t counted(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/* A request that is answered at once, and so raises the interrupt. */
static void interrupt(struct vfio_world *w)
{
	struct pvboot_file_args a = {.handle = 1};

	qemu_submit(&w->q, PVBOOT_OP_CLOSE, &a, sizeof(a), 0, 0);
	assert_int_equal(qemu_wait(&w->q).status, PVBOOT_S_NOT_FOUND);
}

static void test_interrupt_masks_itself(void **state)
{
	struct vfio_world *w = vfio_ready();
	int fd = eventfd(0, EFD_NONBLOCK);

	vfio_share_ram(w);
	qemu_start(&w->q);
	interrupt(w); /* before anybody listens */
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, fd), 0);
	assert_int_equal(counted(fd), 1);
	interrupt(w); /* still asserted: not once more */
	assert_int_equal(counted(fd), 0);
	assert_int_equal(vfio_set_irqs(w, UNMASK, INTX, 0, 1, -1), 0); /* the guest ended it without reading ISR */
	assert_int_equal(counted(fd), 1);
	assert_int_equal(qemu_in(&w->q, PVBOOT_REG_ISR, 1), 1);
	assert_int_equal(vfio_set_irqs(w, UNMASK, INTX, 0, 1, -1), 0);
	assert_int_equal(counted(fd), 0);
	interrupt(w);
	assert_int_equal(counted(fd), 1);
	close(fd);
	vfio_free(w);
}

static void test_interrupt_unmask_eventfd(void **state)
{
	struct vfio_world *w = vfio_ready();
	int fd = eventfd(0, EFD_NONBLOCK), unmask = eventfd(0, EFD_NONBLOCK);
	uint64_t one = 1;

	vfio_share_ram(w);
	qemu_start(&w->q);
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, fd), 0);
	assert_false(w->server.unmask_new);
	assert_int_equal(vfio_set_irqs(w, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, INTX, 0, 1, unmask),
			 0);
	assert_true(w->server.unmask_new);
	for (unsigned int i = 0; i < 3; i++) {
		interrupt(w);
		assert_int_equal(counted(fd), 1);
		assert_int_equal(qemu_in(&w->q, PVBOOT_REG_ISR, 1), 1);
		assert_int_equal(write(unmask, &one, sizeof(one)), sizeof(one));
		vfio_user_unmask(&w->server);
		assert_int_equal(counted(fd), 0);
	}
	close(fd);
	close(unmask);
	vfio_free(w);
}

static void test_interrupt_masked_by_qemu(void **state)
{
	struct vfio_world *w = vfio_ready();
	/* struct vfio_irq_set, and one flag */
	const uint32_t m[] = {21, VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_MASK, INTX, 0, 1, 0};
	int fd = eventfd(0, EFD_NONBLOCK);

	vfio_share_ram(w);
	qemu_start(&w->q);
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, fd), 0);
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_SET_IRQS, m, 21, NULL, 0), 0); /* false: not masked */
	interrupt(w);
	assert_int_equal(counted(fd), 1);
	qemu_in(&w->q, PVBOOT_REG_ISR, 1);
	assert_int_equal(vfio_set_irqs(w, UNMASK, INTX, 0, 1, -1), 0);
	assert_int_equal(vfio_set_irqs(w, MASK, INTX, 0, 1, -1), 0);
	interrupt(w);
	assert_int_equal(counted(fd), 0);
	assert_int_equal(vfio_set_irqs(w, UNMASK, INTX, 0, 1, -1), 0);
	assert_int_equal(counted(fd), 1);
	close(fd);
	vfio_free(w);
}

static void test_interrupt_switched_off(void **state)
{
	struct vfio_world *w = vfio_ready();
	unsigned int before = vfio_open_fds();
	int fd = eventfd(0, EFD_NONBLOCK);

	vfio_share_ram(w);
	qemu_start(&w->q);
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, fd), 0);
	assert_int_equal(vfio_set_irqs(w, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, INTX, 0, 1, -1), 0);
	assert_int_equal(counted(fd), 1); /* a trigger of QEMU's own */
	assert_int_equal(vfio_set_irqs(w, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, INTX, 0, 0, -1), 0);
	assert_int_equal(vfio_open_fds(), before + 2); /* memory, and ours */
	interrupt(w);
	assert_int_equal(counted(fd), 0);
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, fd), 0);
	assert_int_equal(counted(fd), 1);
	assert_int_equal(vfio_set_irqs(w, TRIGGER, INTX, 0, 1, -1), 0); /* taken away */
	assert_int_equal(vfio_open_fds(), before + 2);
	/* what the device does not have may be switched off */
	assert_int_equal(vfio_set_irqs(w, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX,
				       0, 0, -1),
			 0);
	close(fd);
	vfio_free(w);
}

static void test_device_reset(void **state)
{
	struct vfio_world *w = vfio_ready();

	vfio_share_ram(w);
	qemu_start(&w->q);
	assert_int_equal(vfio_call(w, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
	assert_int_equal(qemu_in(&w->q, PVBOOT_REG_COMMON + 20, 1), 0);
	assert_int_equal(qemu_cfg_read(&w->q, PCI_COMMAND, 2), 0);
	qemu_start(&w->q);
	interrupt(w);
	vfio_free(w);
}

/* ---- a slow file ------------------------------------------------------------------------------------------------- */

#define SLOW_HANDLE 5u
#define SLOW_BYTES LINK_CHUNK
#define SLOW_AT 0x200000u /* in guest memory */

/* The link to a hostd that passes a file whose reads take long. */
struct slow {
	struct link link;
	struct vfio_world *w;
	unsigned int reads;
	bool vcpu_held; /* when the file was read, QEMU still waited for an answer */
};

static size_t slow_send(void *owner, const void *buf, size_t len)
{
	return len;
}

static void slow_drop(void *owner, uint32_t retry_ms)
{
	fail();
}

static bool slow_check(void *owner, int fd)
{
	return true;
}

static bool slow_stamp(void *owner, int fd, uint64_t stamp[2])
{
	stamp[0] = stamp[1] = 1;
	return true;
}

/* However long it takes, it is not the guest that waits: QEMU has the answer to its latest command. */
static int64_t slow_read(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	static const uint8_t bytes[SLOW_BYTES] = {0x5a};
	struct slow *s = owner;

	s->reads++;
	s->vcpu_held = s->w->reply.id != s->w->id;
	return pvboot_io_write(io, to, bytes + offset, len) ? (int64_t)len : -1;
}

static void slow_close(void *owner, int fd)
{
}

static const struct link_ops slow_ops = {
	.send = slow_send,
	.drop = slow_drop,
	.file_check = slow_check,
	.file_stamp = slow_stamp,
	.file_read = slow_read,
	.file_close = slow_close,
};

static void slow_input(struct slow *s, uint16_t type, uint16_t flags, uint32_t id, const void *body, uint32_t len)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, len, type, flags, id};

	link_input(&s->link, &hdr, sizeof(hdr));
	link_input(&s->link, body, len);
}

/* The driver is ready, and the file is open. */
static void slow_open(struct slow *s)
{
	static const struct link_conf conf = {.name = "vm", .fd_passing = true};
	const struct pvboot_link_hello hello = {1, 1, PVBOOT_LINK_F_FD, 1};
	const struct pvboot_link_welcome welcome = {.version = 1, .features = PVBOOT_LINK_F_FD};
	const struct pvboot_link_grow grow = {SLOW_BYTES, SLOW_BYTES, 0, PVBOOT_LINK_GROW_DONE};
	const struct {
		struct pvboot_link_reply reply;
		struct pvboot_open_res res;
	} opened = {{.result_len = sizeof(struct pvboot_open_res)}, {.handle = SLOW_HANDLE, .size = SLOW_BYTES}};
	uint8_t open[sizeof(struct pvboot_open_args) + 4] = {0};

	link_init(&s->link, &slow_ops, s, &conf);
	s->w = vfio_ready_with(&link_backend, &s->link);
	vfio_share_ram(s->w);
	qemu_start(&s->w->q);
	link_up(&s->link);
	slow_input(s, PVBOOT_LINK_HELLO, 0, 0, &hello, sizeof(hello));
	slow_input(s, PVBOOT_LINK_WELCOME, 0, 0, &welcome, sizeof(welcome));
	memcpy(open + sizeof(struct pvboot_open_args), "name", 4);
	qemu_submit(&s->w->q, PVBOOT_OP_OPEN, open, sizeof(open), SLOW_AT, sizeof(struct pvboot_open_res));
	link_fd(&s->link, 99);
	slow_input(s, PVBOOT_LINK_GROW, PVBOOT_LINK_F_FD, SLOW_HANDLE, &grow, sizeof(grow));
	slow_input(s, PVBOOT_LINK_REPLY, 0, s->link.last_id, &opened, sizeof(opened));
	assert_int_equal(qemu_wait(&s->w->q).status, PVBOOT_S_OK);
}

/* [DEV-6] The doorbell's write is answered before the backend reads the file. */
static void test_doorbell_is_answered_before_a_slow_file_is_read(void **state)
{
	static struct slow s;
	struct pvboot_read_args a = {.handle = SLOW_HANDLE};

	slow_open(&s);
	qemu_submit(&s.w->q, PVBOOT_OP_READ, &a, sizeof(a), SLOW_AT, SLOW_BYTES); /* has QEMU's answer at its end */
	assert_int_equal(s.reads, 0);
	assert_false(qemu_answered(&s.w->q));
	assert_true(link_turn_due(&s.link));
	link_turn(&s.link);
	assert_int_equal(s.reads, 1);
	assert_false(s.vcpu_held);
	assert_int_equal(qemu_wait(&s.w->q).length, SLOW_BYTES);
	assert_int_equal(s.w->q.ram[SLOW_AT], 0x5a);
	link_file_close_all(&s.link);
	vfio_free(s.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_config_and_rom_in_one_read),
		cmocka_unit_test(test_request_through_ram),
		cmocka_unit_test(test_ram_is_mapped_once),
		cmocka_unit_test(test_ram_unmap_all),
		cmocka_unit_test(test_ram_read_only_is_never_written),
		cmocka_unit_test(test_messages_together_keep_their_descriptors),
		cmocka_unit_test(test_messages_in_pieces),
		cmocka_unit_test(test_no_reply_is_not_answered),
		cmocka_unit_test(test_interrupt_masks_itself),
		cmocka_unit_test(test_interrupt_unmask_eventfd),
		cmocka_unit_test(test_interrupt_masked_by_qemu),
		cmocka_unit_test(test_interrupt_switched_off),
		cmocka_unit_test(test_device_reset),
		cmocka_unit_test(test_doorbell_is_answered_before_a_slow_file_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
