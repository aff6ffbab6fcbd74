/* SPDX-License-Identifier: BSD-2-Clause */
/* vfio_world.c - a device of this process behind vfio_user.c, and QEMU's end of vfio-user, played by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "pass_fd.h"
#include "vfio_world.h"

/* ---- the device ------------------------------------------------------------------------------------------------- */

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct vfio_world *w = vmm;

	return ram_map(&w->ram, gpa, len);
}

static const void *map_read(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct vfio_world *w = vmm;

	return ram_map_read(&w->ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
	struct vfio_world *w = vmm;

	vfio_user_set_irq(&w->server, level);
}

static uint64_t now_ms(void *vmm)
{
	return 1;
}

static void ignore_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = map, .map_read = map_read, .set_irq = set_irq, .now_ms = now_ms, .log = ignore_log};

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

/* ---- the client ------------------------------------------------------------------------------------------------- */

static void turn(struct vfio_world *w)
{
	if (w->dev)
		w->result = vfio_user_serve(&w->server);
}

void vfio_send_raw(struct vfio_world *w, const void *bytes, size_t len)
{
	assert_int_equal(send(w->q.fd, bytes, len, MSG_NOSIGNAL), len);
	turn(w);
}

void vfio_send(struct vfio_world *w, unsigned int cmd, uint32_t flags, const void *body, size_t len, const int *fds,
	       unsigned int nfds)
{
	struct vfio_user_hdr hdr = {++w->id, (uint16_t)cmd, (uint32_t)(sizeof(hdr) + len), flags, 0};
	union pass_fd_room room;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)body, len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	pass_fd_add(&mh, &room, fds, nfds);
	assert_int_equal(sendmsg(w->q.fd, &mh, MSG_NOSIGNAL), sizeof(hdr) + len);
	turn(w);
}

uint32_t vfio_call(struct vfio_world *w, unsigned int cmd, const void *body, size_t len, const int *fds,
		   unsigned int nfds)
{
	const int wait = w->dev ? MSG_DONTWAIT : MSG_WAITALL;

	vfio_send(w, cmd, 0, body, len, fds, nfds);
	assert_int_equal(w->result, VFIO_USER_GOOD);
	assert_int_equal(recv(w->q.fd, &w->reply, sizeof(w->reply), wait), sizeof(w->reply));
	assert_int_equal(w->reply.id, w->id);
	assert_int_equal(w->reply.cmd, cmd);
	assert_in_range(w->reply.size, sizeof(w->reply), sizeof(w->reply) + sizeof(w->body));
	len = w->reply.size - sizeof(w->reply);
	if (len)
		assert_int_equal(recv(w->q.fd, w->body, len, wait), len);
	if (w->reply.flags == VFIO_USER_F_REPLY) {
		assert_int_equal(w->reply.error, 0);
		return 0;
	}
	assert_int_equal(w->reply.flags, VFIO_USER_F_REPLY | VFIO_USER_F_ERROR);
	assert_int_equal(len, 0); /* "the reply message must only include the reply header" */
	assert_int_not_equal(w->reply.error, 0);
	return w->reply.error;
}

bool vfio_quiet(struct vfio_world *w)
{
	char c;

	return recv(w->q.fd, &c, 1, MSG_DONTWAIT) < 0;
}

uint32_t vfio_map(struct vfio_world *w, uint64_t gpa, uint64_t size, uint64_t offset, int fd, uint32_t flags)
{
	struct vfio_user_dma_map m = {sizeof(m), flags, offset, gpa, size};

	return vfio_call(w, VFIO_USER_DMA_MAP, &m, sizeof(m), &fd, fd >= 0);
}

uint32_t vfio_unmap(struct vfio_world *w, uint64_t gpa, uint64_t size)
{
	struct vfio_user_dma_unmap m = {sizeof(m), 0, gpa, size};

	return vfio_call(w, VFIO_USER_DMA_UNMAP, &m, sizeof(m), NULL, 0);
}

void vfio_share_ram(struct vfio_world *w)
{
	const uint32_t rw = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

	assert_int_equal(vfio_map(w, 0, 0xa0000, 0, w->q.ram_fd, rw), 0);
	assert_int_equal(vfio_map(w, VFIO_SHADOW, 0x10000, VFIO_SHADOW, w->q.ram_fd, VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(vfio_map(w, 0xe0000, 0x20000, 0, -1, VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(vfio_map(w, 0x100000, QEMU_RAM - 0x100000, 0x100000, w->q.ram_fd, rw), 0);
}

uint32_t vfio_set_irqs(struct vfio_world *w, uint32_t flags, uint32_t index, uint32_t start, uint32_t count, int fd)
{
	struct vfio_irq_set m = {sizeof(m), flags, index, start, count};

	return vfio_call(w, VFIO_USER_DEVICE_SET_IRQS, &m, sizeof(m), &fd, fd >= 0);
}

static uint32_t access_read(void *arg, bool config, uint32_t offset, uint32_t len)
{
	struct vfio_user_rw m = {offset, config ? VFIO_PCI_CONFIG_REGION_INDEX : VFIO_PCI_BAR0_REGION_INDEX, len};
	struct vfio_world *w = arg;
	uint32_t value = 0;

	assert_int_equal(vfio_call(w, VFIO_USER_REGION_READ, &m, sizeof(m), NULL, 0), 0);
	assert_int_equal(w->reply.size, sizeof(w->reply) + sizeof(m) + len);
	assert_memory_equal(w->body, &m, sizeof(m));
	memcpy(&value, w->body + sizeof(m), len);
	return value;
}

static void access_write(void *arg, bool config, uint32_t offset, uint32_t len, uint32_t val)
{
	struct {
		struct vfio_user_rw rw;
		uint32_t val;
	} m = {{offset, config ? VFIO_PCI_CONFIG_REGION_INDEX : VFIO_PCI_BAR0_REGION_INDEX, len}, val};
	struct vfio_world *w = arg;

	assert_int_equal(vfio_call(w, VFIO_USER_REGION_WRITE, &m, sizeof(m.rw) + len, NULL, 0), 0);
	assert_int_equal(w->reply.size, sizeof(w->reply) + sizeof(m.rw));
}

static const struct qemu_access vfio_access = {access_read, access_write};

/* ---- the world -------------------------------------------------------------------------------------------------- */

struct vfio_world *vfio_remote(void)
{
	struct vfio_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	qemu_new(&w->q);
	w->q.access = &vfio_access;
	w->q.arg = w;
	return w;
}

static struct vfio_world *world(const struct pvboot_backend_ops *ops, void *backend)
{
	static const struct pvboot_dev_conf conf = {.mac = {0x52, 0x54, 0, 1, 2, 3}};
	struct vfio_world *w = vfio_remote();

	for (size_t i = 0; i < VFIO_ROM; i++)
		w->rom[i] = (uint8_t)(i * 7 + i / 256);
	assert_true(ram_init(&w->ram));
	w->dev = calloc(1, pvboot_dev_size());
	assert_non_null(w->dev);
	vfio_user_init(&w->server, w->q.device_fd, w->dev, &w->ram, w->rom, VFIO_ROM);
	pvboot_dev_init(w->dev, &vmm_ops, w, ops, backend, &conf);
	pvboot_dev_set_rom_size(w->dev, VFIO_ROM);
	return w;
}

struct vfio_world *vfio_new(void)
{
	return world(&be_ops, NULL);
}

struct vfio_world *vfio_ready(void)
{
	return vfio_ready_with(&be_ops, NULL);
}

struct vfio_world *vfio_ready_with(const struct pvboot_backend_ops *ops, void *backend)
{
	struct vfio_world *w = world(ops, backend);

	vfio_hello(w);
	return w;
}

void vfio_hello(struct vfio_world *w)
{
	struct {
		struct vfio_user_version version;
		char text[sizeof(VFIO_VERSION_TEXT)];
	} m = {{0, 0}, VFIO_VERSION_TEXT};

	assert_int_equal(vfio_call(w, VFIO_USER_VERSION, &m, sizeof(m), NULL, 0), 0);
}

void vfio_free(struct vfio_world *w)
{
	if (w->dev) {
		vfio_user_end(&w->server);
		ram_free(&w->ram);
	}
	qemu_free(&w->q);
	free(w->dev);
	free(w);
}

unsigned int vfio_open_fds(void)
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
