/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfio_user.c - a vfio-user server: messages, guest memory, and accesses to the device.
 *
 * QEMU holds a vcpu, or its main loop, until a command is answered, and gives a server up for good that takes five
 * seconds; so answers are short and come first, and whatever takes longer is the backend's and has its turn between
 * messages.
 */
#include <errno.h>
#include <jansson.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio_user.h"

#define HDR sizeof(struct vfio_user_hdr)

/* ---- answers ---------------------------------------------------------------------------------------------------- */

enum vfio_user_result vfio_user_fail(struct vfio_user *v, const char *error)
{
	while (v->nfds)
		close(v->fds[--v->nfds]);
	v->error = error;
	return VFIO_USER_ERROR;
}

/* All of it: QEMU reads answers in a thread of its own, whatever the guest does. */
static enum vfio_user_result send_all(struct vfio_user *v, struct iovec *iov, size_t n)
{
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = n};

	while (mh.msg_iovlen) {
		ssize_t sent = sendmsg(v->fd, &mh, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EPIPE || errno == ECONNRESET ? VFIO_USER_CLOSED
								     : vfio_user_fail(v, "an answer could not be sent");
		while (mh.msg_iovlen && (size_t)sent >= mh.msg_iov->iov_len) {
			sent -= (ssize_t)mh.msg_iov->iov_len;
			mh.msg_iov++;
			mh.msg_iovlen--;
		}
		if (mh.msg_iovlen) {
			mh.msg_iov->iov_base = (uint8_t *)mh.msg_iov->iov_base + sent;
			mh.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return VFIO_USER_GOOD;
}

enum vfio_user_result vfio_user_answer(struct vfio_user *v, const void *body, size_t len, const void *more,
				       size_t more_len)
{
	struct vfio_user_hdr hdr = {
		.id = v->hdr.id,
		.cmd = v->hdr.cmd,
		.size = (uint32_t)(HDR + len + more_len),
		.flags = VFIO_USER_F_REPLY,
	};
	struct iovec iov[3] = {{&hdr, HDR}, {(void *)body, len}, {(void *)more, more_len}};

	return v->hdr.flags & VFIO_USER_F_NO_REPLY ? VFIO_USER_GOOD : send_all(v, iov, 3);
}

enum vfio_user_result vfio_user_refuse(struct vfio_user *v, int error)
{
	struct vfio_user_hdr hdr = {
		.id = v->hdr.id,
		.cmd = v->hdr.cmd,
		.size = HDR,
		.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR,
		.error = (uint32_t)error,
	};
	struct iovec iov = {&hdr, HDR};

	return v->hdr.flags & VFIO_USER_F_NO_REPLY ? VFIO_USER_GOOD : send_all(v, &iov, 1);
}

/* ---- guest memory ----------------------------------------------------------------------------------------------- */

/*
 * "VFIO_USER_DMA_MAP": without a descriptor the range is not shared (the BIOS's ROM, a display's memory), and without
 * WRITE it is ROM for the moment.  All that is checked of the range is what the table checks.
 */
static enum vfio_user_result dma_map(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_user_dma_map m;
	int fd = -1, error;

	memcpy(&m, body, sizeof(m));
	if (v->nfds > 1)
		return vfio_user_fail(v, "DMA_MAP came with more than one descriptor");
	if (v->nfds)
		fd = v->fds[--v->nfds];
	if (m.flags & ~(uint32_t)(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) {
		if (fd >= 0)
			close(fd);
		return vfio_user_refuse(v, EINVAL);
	}
	if (!(m.flags & VFIO_DMA_MAP_FLAG_READ) && fd >= 0) {
		close(fd);
		fd = -1;
	}
	error = ram_add(v->ram, m.address, m.size, m.offset, fd, !(m.flags & VFIO_DMA_MAP_FLAG_WRITE));
	return error ? vfio_user_refuse(v, error) : vfio_user_answer(v, NULL, 0, NULL, 0);
}

/* "VFIO_USER_DMA_UNMAP": the device uses no range but while it serves a request, so none is in use now. */
static enum vfio_user_result dma_unmap(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_user_dma_unmap m;

	memcpy(&m, body, sizeof(m));
	if (m.argsz < sizeof(m) || m.flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL)
		return vfio_user_refuse(v, EINVAL);
	if (m.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (m.address || m.size)
			return vfio_user_refuse(v, EINVAL);
		ram_clear(v->ram);
	} else if (!ram_remove(v->ram, m.address, m.size)) {
		return vfio_user_refuse(v, ENOENT);
	}
	m.argsz = sizeof(m);
	return vfio_user_answer(v, &m, sizeof(m), NULL, 0);
}

/* ---- accesses ("Read and Write Operations") ---------------------------------------------------------------------- */

/* The widest aligned access at the beginning of count bytes. */
static uint32_t piece(uint64_t offset, uint32_t count)
{
	uint32_t n = 4;

	while (n > count || offset & (n - 1))
		n >>= 1;
	return n;
}

/* Which of the device's registers: not the ROM. */
static bool access_valid(const struct vfio_user_rw *m)
{
	if (m->region == VFIO_PCI_BAR0_REGION_INDEX)
		return (m->count == 1 || m->count == 2 || m->count == 4) && !(m->offset & (m->count - 1)) &&
		       m->offset < PVBOOT_BAR_PORTS;
	return m->region == VFIO_PCI_CONFIG_REGION_INDEX && m->count && m->offset < PCI_CFG_SPACE_SIZE &&
	       m->count <= PCI_CFG_SPACE_SIZE - m->offset;
}

static enum vfio_user_result region_read(struct vfio_user *v, const uint8_t *body)
{
	uint8_t data[PCI_CFG_SPACE_SIZE];
	struct vfio_user_rw m;
	uint32_t at, n, value;

	memcpy(&m, body, sizeof(m));
	if (m.region == VFIO_PCI_ROM_REGION_INDEX && m.count && m.count <= VFIO_USER_XFER && m.offset < v->rom_size &&
	    m.count <= v->rom_size - m.offset)
		return vfio_user_answer(v, &m, sizeof(m), v->rom + m.offset, m.count);
	if (!access_valid(&m))
		return vfio_user_refuse(v, EINVAL);
	for (at = 0; at < m.count; at += n) {
		n = piece(m.offset + at, m.count - at);
		value = m.region == VFIO_PCI_BAR0_REGION_INDEX
				? pvboot_dev_bar_read(v->dev, (uint32_t)m.offset, n)
				: pvboot_dev_cfg_read(v->dev, (uint32_t)m.offset + at, n);
		memcpy(data + at, &value, n);
	}
	return vfio_user_answer(v, &m, sizeof(m), data, m.count);
}

static enum vfio_user_result region_write(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_user_rw m;
	uint32_t at, n;

	memcpy(&m, body, sizeof(m));
	if (m.count != v->len - sizeof(m))
		return vfio_user_fail(v, "QEMU sent a REGION_WRITE with less or more data than it says");
	if (!access_valid(&m))
		return vfio_user_refuse(v, EINVAL);
	for (at = 0; at < m.count; at += n) {
		uint32_t value = 0;

		n = piece(m.offset + at, m.count - at);
		memcpy(&value, body + sizeof(m) + at, n);
		if (m.region == VFIO_PCI_BAR0_REGION_INDEX)
			pvboot_dev_bar_write(v->dev, (uint32_t)m.offset, n, value);
		else
			pvboot_dev_cfg_write(v->dev, (uint32_t)m.offset + at, n, value);
	}
	return vfio_user_answer(v, &m, sizeof(m), NULL, 0);
}

static enum vfio_user_result device_reset(struct vfio_user *v, const uint8_t *body)
{
	pvboot_dev_reset(v->dev);
	return vfio_user_answer(v, NULL, 0, NULL, 0);
}

static enum vfio_user_result not_offered(struct vfio_user *v, const uint8_t *body)
{
	return vfio_user_refuse(v, ENOTSUP);
}

/* ---- messages ("Header") ----------------------------------------------------------------------------------------- */

/* Bodies by command, and how many bytes they have; what has no row is refused by closing. */
static const struct {
	enum vfio_user_result (*serve)(struct vfio_user *v, const uint8_t *body);
	uint32_t min, max;
} commands[] = {
	[VFIO_USER_VERSION] = {vfio_user_negotiate, sizeof(struct vfio_user_version), VFIO_USER_BODY},
	[VFIO_USER_DMA_MAP] = {dma_map, sizeof(struct vfio_user_dma_map), sizeof(struct vfio_user_dma_map)},
	[VFIO_USER_DMA_UNMAP] = {dma_unmap, sizeof(struct vfio_user_dma_unmap), sizeof(struct vfio_user_dma_unmap)},
	[VFIO_USER_DEVICE_GET_INFO] = {vfio_user_get_info, sizeof(struct vfio_user_device_info),
				       sizeof(struct vfio_user_device_info)},
	[VFIO_USER_DEVICE_GET_REGION_INFO] = {vfio_user_get_region_info, sizeof(struct vfio_region_info),
					      sizeof(struct vfio_region_info)},
	[VFIO_USER_DEVICE_GET_REGION_IO_FDS] = {not_offered, 16, 16},
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = {vfio_user_get_irq_info, sizeof(struct vfio_irq_info),
					   sizeof(struct vfio_irq_info)},
	[VFIO_USER_DEVICE_SET_IRQS] = {vfio_user_set_irqs, sizeof(struct vfio_irq_set),
				       sizeof(struct vfio_irq_set) + 1},
	[VFIO_USER_REGION_READ] = {region_read, sizeof(struct vfio_user_rw), sizeof(struct vfio_user_rw)},
	[VFIO_USER_REGION_WRITE] = {region_write, sizeof(struct vfio_user_rw) + 1,
				    sizeof(struct vfio_user_rw) + PCI_CFG_SPACE_SIZE},
	[VFIO_USER_DEVICE_RESET] = {device_reset, 0, 0},
	[VFIO_USER_DEVICE_FEATURE] = {not_offered, 8, VFIO_USER_BODY},
};

static const char *header_trouble(const struct vfio_user *v, const struct vfio_user_hdr *hdr)
{
	if (hdr->flags & ~VFIO_USER_F_NO_REPLY)
		return "QEMU sent a message that is no command";
	if (hdr->error)
		return "QEMU sent a command with an error in it";
	if (hdr->cmd >= sizeof(commands) / sizeof(commands[0]) || !commands[hdr->cmd].serve)
		return "QEMU sent a command of an unknown kind";
	if (hdr->size < HDR + commands[hdr->cmd].min || hdr->size > HDR + commands[hdr->cmd].max)
		return "QEMU sent a command of a wrong length";
	if ((hdr->cmd == VFIO_USER_VERSION) == v->negotiated)
		return v->negotiated ? "QEMU negotiates a version for a second time"
				     : "QEMU sent another command before its version";
	if (hdr->cmd == VFIO_USER_VERSION && hdr->flags)
		return "QEMU wants no answer to its version";
	return NULL;
}

/* The message at the beginning of the buffer; *used stays 0 until it is whole. */
static enum vfio_user_result first_message(struct vfio_user *v, size_t *used)
{
	enum vfio_user_result result;
	unsigned int later = 0;
	const char *trouble;

	*used = 0;
	if (v->have < HDR)
		return VFIO_USER_GOOD;
	memcpy(&v->hdr, v->buf, HDR);
	trouble = header_trouble(v, &v->hdr);
	if (trouble)
		return vfio_user_fail(v, trouble);
	if (v->have < v->hdr.size)
		return VFIO_USER_GOOD;
	*used = v->hdr.size;
	v->len = v->hdr.size - HDR;
	if (v->fds_end > v->hdr.size) { /* the descriptors are a later message's */
		later = v->nfds;
		v->nfds = 0;
	}
	if (v->hdr.cmd != VFIO_USER_DMA_MAP && v->hdr.cmd != VFIO_USER_DMA_UNMAP)
		ram_settle(v->ram);
	result = commands[v->hdr.cmd].serve(v, v->buf + HDR);
	if (result == VFIO_USER_GOOD && v->nfds)
		result = vfio_user_fail(v, "QEMU sent descriptors with a command that takes none");
	if (later) {
		v->nfds = later;
		v->fds_end -= *used;
	} else {
		v->fds_end = 0;
	}
	return result;
}

/* ---- the socket ------------------------------------------------------------------------------------------------- */

/* How much to read: with descriptors in hand no more than the rest of the message they came with. */
static size_t wanted(const struct vfio_user *v)
{
	if (!v->nfds)
		return sizeof(v->buf) - v->have;
	return (v->have < HDR ? HDR : v->hdr.size) - v->have;
}

/*
 * Read what is there.  The kernel ends a read behind the bytes that descriptors came with (unix(7)), so they belong to
 * the message that the last of these bytes lies in.
 */
static enum vfio_user_result collect(struct vfio_user *v)
{
	unsigned int before = v->nfds;
	const char *why;
	/* One command's descriptors come at a time. */
	ssize_t n =
		receive(v->fd, v->buf + v->have, wanted(v), v->fds, &v->nfds, before ? before : VFIO_USER_FDS, &why);

	if (n < 0)
		return why ? vfio_user_fail(v, why) : VFIO_USER_CLOSED;
	v->have += (size_t)n;
	if (v->nfds != before)
		v->fds_end = v->have;
	return VFIO_USER_GOOD;
}

enum vfio_user_result vfio_user_serve(struct vfio_user *v)
{
	enum vfio_user_result result = collect(v);
	size_t used = 1;

	while (result == VFIO_USER_GOOD && used) {
		result = first_message(v, &used);
		v->have -= used;
		memmove(v->buf, v->buf + used, v->have);
	}
	return result;
}

void vfio_user_init(struct vfio_user *v, int fd, struct pvboot_dev *dev, struct ram *ram, const uint8_t *rom,
		    uint32_t rom_size)
{
	memset(v, 0, sizeof(*v));
	v->fd = fd;
	v->dev = dev;
	v->ram = ram;
	v->rom = rom;
	v->rom_size = rom_size;
	v->irq_fd = v->unmask_fd = -1;
	json_object_seed(0);
}

void vfio_user_end(struct vfio_user *v)
{
	while (v->nfds)
		close(v->fds[--v->nfds]);
	if (v->irq_fd >= 0)
		close(v->irq_fd);
	if (v->unmask_fd >= 0)
		close(v->unmask_fd);
	v->irq_fd = v->unmask_fd = -1;
}
