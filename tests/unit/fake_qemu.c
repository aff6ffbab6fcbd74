/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_qemu.c - QEMU's end of x-pci-proxy-dev, played by the test. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#define VIRTIO_PCI_NO_LEGACY
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_qemu.h"
#include "pass_fd.h"

#define PATIENCE_MS 5000
#define LOW 655360u   /* the first range of memory */
#define HIGH 1048576u /* and the second begins */
#define REQUEST 0x4000u
#define RESPONSE 0x5000u

void qemu_new(struct fake_qemu *q)
{
	int pair[2];

	memset(q, 0, sizeof(*q));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	q->fd = pair[0];
	q->device_fd = pair[1];
	q->ram_fd = memfd_create("guest", MFD_CLOEXEC);
	assert_true(q->ram_fd >= 0);
	assert_int_equal(ftruncate(q->ram_fd, QEMU_RAM), 0);
	q->ram = mmap(NULL, QEMU_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, q->ram_fd, 0);
	assert_ptr_not_equal(q->ram, MAP_FAILED);
	q->irq[0] = q->irq[1] = -1;
}

void qemu_free(struct fake_qemu *q)
{
	munmap(q->ram, QEMU_RAM);
	close(q->ram_fd);
	close(q->fd);
	if (q->device_fd >= 0)
		close(q->device_fd);
	if (q->irq[0] >= 0) {
		close(q->irq[0]);
		close(q->irq[1]);
	}
}

void qemu_send(struct fake_qemu *q, int cmd, const void *body, size_t len, const int *fds, unsigned int nfds)
{
	struct proxy_hdr hdr = {.cmd = cmd, .size = len};
	union pass_fd_room room;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)body, len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	pass_fd_add(&mh, &room, fds, nfds);
	assert_int_equal(sendmsg(q->fd, &mh, MSG_NOSIGNAL), sizeof(hdr) + len);
	if (q->turn)
		q->turn(q->arg);
}

uint64_t qemu_answer(struct fake_qemu *q)
{
	struct {
		struct proxy_hdr hdr;
		uint64_t value;
	} ret;
	struct pollfd p = {.fd = q->fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(q->fd, &ret, sizeof(ret), MSG_WAITALL), sizeof(ret));
	assert_int_equal(ret.hdr.cmd, PROXY_RET);
	assert_int_equal(ret.hdr.size, sizeof(ret.value));
	return ret.value;
}

bool qemu_closed(struct fake_qemu *q)
{
	struct pollfd p = {.fd = q->fd, .events = POLLIN};
	char c;
	ssize_t n;

	if (poll(&p, 1, PATIENCE_MS) != 1)
		return false;
	n = recv(q->fd, &c, 1, MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno == ECONNRESET); /* reset: with what it had not read */
}

void qemu_share_ram(struct fake_qemu *q)
{
	struct proxy_sysmem m = {{0, HIGH}, {LOW, QEMU_RAM - HIGH}, {0, HIGH}};
	int fds[2] = {q->ram_fd, q->ram_fd};

	qemu_send(q, PROXY_SYNC_SYSMEM, &m, sizeof(m), fds, 2);
}

void qemu_share_irq(struct fake_qemu *q)
{
	q->irq[0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	q->irq[1] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	qemu_send(q, PROXY_SET_IRQFD, NULL, 0, q->irq, 2);
}

static uint64_t config(struct fake_qemu *q, int cmd, uint32_t addr, int32_t len, uint32_t val)
{
	struct proxy_cfg m = {addr, val, len};

	qemu_send(q, cmd, &m, sizeof(m), NULL, 0);
	return qemu_answer(q);
}

uint32_t qemu_cfg_read(struct fake_qemu *q, uint32_t addr, int32_t len)
{
	if (q->access)
		return q->access->read(q->arg, true, addr, (uint32_t)len);
	return (uint32_t)config(q, PROXY_CFG_READ, addr, len, 0);
}

void qemu_cfg_write(struct fake_qemu *q, uint32_t addr, int32_t len, uint32_t val)
{
	if (q->access)
		q->access->write(q->arg, true, addr, (uint32_t)len, val);
	else
		config(q, PROXY_CFG_WRITE, addr, len, val);
}

uint32_t qemu_in(struct fake_qemu *q, uint32_t reg, uint32_t len)
{
	struct proxy_bar m = {.addr = QEMU_PORT + reg, .size = len};

	if (q->access)
		return q->access->read(q->arg, false, reg, len);
	qemu_send(q, PROXY_BAR_READ, &m, sizeof(m), NULL, 0);
	return (uint32_t)qemu_answer(q);
}

void qemu_out(struct fake_qemu *q, uint32_t reg, uint32_t len, uint32_t val)
{
	struct proxy_bar m = {.addr = QEMU_PORT + reg, .size = len, .val = val};

	if (q->access) {
		q->access->write(q->arg, false, reg, len, val);
		return;
	}
	qemu_send(q, PROXY_BAR_WRITE, &m, sizeof(m), NULL, 0);
	qemu_answer(q);
}

/* ---- the driver ------------------------------------------------------------------------------------------------- */

#define COMMON(field) (PVBOOT_REG_COMMON + (uint32_t)offsetof(struct virtio_pci_common_cfg, field))

void qemu_start(struct fake_qemu *q)
{
	qemu_cfg_write(q, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	qemu_out(q, COMMON(device_status), 1, 0);
	qemu_out(q, COMMON(device_status), 1, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	qemu_out(q, COMMON(guest_feature_select), 4, 1);
	qemu_out(q, COMMON(guest_feature), 4, 1u << (VIRTIO_F_VERSION_1 - 32));
	qemu_out(q, COMMON(device_status), 1,
		 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	qemu_out(q, COMMON(queue_select), 2, PVBOOT_Q_REQUESTS);
	qemu_out(q, COMMON(queue_size), 2, QEMU_QUEUE_SIZE);
	qemu_out(q, COMMON(queue_desc_lo), 4, QEMU_DESC);
	qemu_out(q, COMMON(queue_avail_lo), 4, QEMU_AVAIL);
	qemu_out(q, COMMON(queue_used_lo), 4, QEMU_USED);
	qemu_out(q, COMMON(queue_enable), 2, 1);
	qemu_out(q, COMMON(device_status), 1,
		 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |
			 VIRTIO_CONFIG_S_DRIVER_OK);
	memset(q->ram + QEMU_AVAIL, 0, 0x2000);
	q->avail = 0;
	assert_int_equal(qemu_in(q, COMMON(device_status), 1), 15);
}

void qemu_submit(struct fake_qemu *q, uint16_t op, const void *args, uint32_t arg_len, uint64_t gpa, uint32_t room)
{
	struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = op, .arg_len = arg_len};
	struct pvboot_rsp rsp = {.status = PVBOOT_S_UNWRITTEN};
	struct vring_desc desc[3] = {
		{REQUEST, (uint32_t)sizeof(req) + arg_len, VRING_DESC_F_NEXT, 1},
		{RESPONSE, sizeof(rsp), (uint16_t)(VRING_DESC_F_WRITE | (room ? VRING_DESC_F_NEXT : 0)), 2},
		{gpa, room, VRING_DESC_F_WRITE, 0},
	};
	uint16_t head = 0;

	memcpy(q->ram + REQUEST, &req, sizeof(req));
	if (arg_len)
		memcpy(q->ram + REQUEST + sizeof(req), args, arg_len);
	memcpy(q->ram + RESPONSE, &rsp, sizeof(rsp));
	memcpy(q->ram + QEMU_DESC, desc, sizeof(desc));
	memcpy(q->ram + QEMU_AVAIL + 4 + 2 * (q->avail % QEMU_QUEUE_SIZE), &head, sizeof(head));
	q->avail++;
	__atomic_store_n((uint16_t *)(q->ram + QEMU_AVAIL + 2), q->avail, __ATOMIC_RELEASE);
	qemu_out(q, PVBOOT_REG_NOTIFY, 2, PVBOOT_Q_REQUESTS);
}

bool qemu_answered(struct fake_qemu *q)
{
	return __atomic_load_n((uint16_t *)(q->ram + QEMU_USED + 2), __ATOMIC_ACQUIRE) == q->avail;
}

struct pvboot_rsp qemu_wait(struct fake_qemu *q)
{
	struct pvboot_rsp rsp;

	for (unsigned int i = 0; !qemu_answered(q) && i < PATIENCE_MS; i++) {
		if (q->turn)
			q->turn(q->arg);
		usleep(1000);
	}
	assert_true(qemu_answered(q));
	memcpy(&rsp, q->ram + RESPONSE, sizeof(rsp));
	return rsp;
}
