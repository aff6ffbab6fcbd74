/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proxy.c - the device's end of QEMU's x-pci-proxy-dev.
 *
 * QEMU holds a vcpu (and, while it realizes the device, its main loop) until an access is answered, so answers are
 * short and come first; whatever takes longer is the backend's and has its turn between messages.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy.h"

void proxy_init(struct proxy *p, int fd, struct pvboot_dev *dev, struct ram *ram)
{
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->dev = dev;
	p->ram = ram;
	p->irq_fd = p->resample_fd = -1;
}

/* ---- interrupts ------------------------------------------------------------------------------------------------ */

/* An eventfd takes this without waiting until it has counted to 2^64 - 2; only QEMU could have made it block. */
static void raise_irq(const struct proxy *p)
{
	uint64_t one = 1;

	if (p->irq_fd >= 0 && write(p->irq_fd, &one, sizeof(one)) < 0)
		return; /* nobody listens: the driver polls */
}

void proxy_set_irq(struct proxy *p, int level)
{
	p->level = level;
	if (level)
		raise_irq(p);
}

void proxy_resample(struct proxy *p)
{
	uint64_t count;

	if (read(p->resample_fd, &count, sizeof(count)) == sizeof(count) && p->level)
		raise_irq(p);
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static enum proxy_result fail(struct proxy *p, const char *error)
{
	while (p->nfds)
		close(p->fds[--p->nfds]);
	p->error = error;
	return PROXY_ERROR;
}

static enum proxy_result answer(struct proxy *p, uint64_t value)
{
	struct {
		struct proxy_hdr hdr;
		uint64_t value;
	} ret = {{PROXY_RET, 0, sizeof(value)}, value};
	ssize_t n;

	do {
		n = send(p->fd, &ret, sizeof(ret), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n == sizeof(ret))
		return PROXY_GOOD;
	return n < 0 && (errno == EPIPE || errno == ECONNRESET) ? PROXY_CLOSED : fail(p, "an answer could not be sent");
}

static enum proxy_result sync_sysmem(struct proxy *p, const uint8_t *body)
{
	unsigned int n = p->nfds;
	struct proxy_sysmem m;

	memcpy(&m, body, sizeof(m));
	p->nfds = 0;
	if (!proxy_ram(p->ram, n, m.gpa, m.size, m.offset, p->fds))
		return fail(p, "the guest's memory cannot be mapped; it has to be a shared memory backend, such as "
			       "-object memory-backend-memfd,id=mem,size=...,share=on -machine memory-backend=mem");
	return PROXY_GOOD;
}

static enum proxy_result set_irqfd(struct proxy *p)
{
	if (p->nfds != 2)
		return fail(p, "SET_IRQFD came without its two descriptors");
	if (p->irq_fd >= 0) {
		close(p->irq_fd);
		close(p->resample_fd);
	}
	p->irq_fd = p->fds[0];
	p->resample_fd = p->fds[1];
	p->nfds = 0;
	if (p->level)
		raise_irq(p);
	return PROXY_GOOD;
}

static enum proxy_result config(struct proxy *p, const uint8_t *body, bool write)
{
	struct proxy_cfg m;

	memcpy(&m, body, sizeof(m));
	if (!write)
		return answer(p, pvboot_dev_cfg_read(p->dev, m.addr, (uint32_t)m.len));
	pvboot_dev_cfg_write(p->dev, m.addr, (uint32_t)m.len, m.val);
	return answer(p, 0);
}

/* The BAR is naturally aligned wherever the guest has put it, so the low bits are the register. */
static enum proxy_result bar(struct proxy *p, const uint8_t *body, bool write)
{
	uint32_t offset;
	struct proxy_bar m;

	memcpy(&m, body, sizeof(m));
	offset = (uint32_t)m.addr & (PVBOOT_BAR_PORTS - 1);
	if (m.memory || m.size > 4)
		return answer(p, UINT64_MAX);
	if (!write)
		return answer(p, pvboot_dev_bar_read(p->dev, offset, m.size));
	pvboot_dev_bar_write(p->dev, offset, m.size, (uint32_t)m.val);
	return answer(p, 0);
}

/* Bodies by command; what has no row is refused. */
static const struct {
	bool known;
	uint32_t size;
} messages[] = {
	[PROXY_SYNC_SYSMEM] = {true, sizeof(struct proxy_sysmem)},
	[PROXY_CFG_WRITE] = {true, sizeof(struct proxy_cfg)},
	[PROXY_CFG_READ] = {true, sizeof(struct proxy_cfg)},
	[PROXY_BAR_WRITE] = {true, sizeof(struct proxy_bar)},
	[PROXY_BAR_READ] = {true, sizeof(struct proxy_bar)},
	[PROXY_SET_IRQFD] = {true, 0},
	[PROXY_DEVICE_RESET] = {true, 0},
};

static enum proxy_result dispatch(struct proxy *p, int32_t cmd)
{
	const uint8_t *body = p->buf + sizeof(struct proxy_hdr);

	switch (cmd) {
	case PROXY_SYNC_SYSMEM:
		return sync_sysmem(p, body);
	case PROXY_CFG_WRITE:
	case PROXY_CFG_READ:
		return config(p, body, cmd == PROXY_CFG_WRITE);
	case PROXY_BAR_WRITE:
	case PROXY_BAR_READ:
		return bar(p, body, cmd == PROXY_BAR_WRITE);
	case PROXY_SET_IRQFD:
		return set_irqfd(p);
	default:
		pvboot_dev_reset(p->dev);
		return answer(p, 0);
	}
}

/* ---- the socket ------------------------------------------------------------------------------------------------ */

/*
 * Read what is there.  A read ends behind the bytes that descriptors came with, so they belong to the last message of
 * those read together.
 */
static enum proxy_result collect(struct proxy *p)
{
	const char *why;
	ssize_t n = receive(p->fd, p->buf + p->have, sizeof(p->buf) - p->have, p->fds, &p->nfds, PROXY_FDS, &why);

	if (n < 0)
		return why ? fail(p, why) : PROXY_CLOSED;
	p->have += (size_t)n;
	return PROXY_GOOD;
}

/* The message at the beginning of the buffer; *used stays 0 until it is whole. */
static enum proxy_result first_message(struct proxy *p, size_t *used)
{
	struct proxy_hdr hdr;

	*used = 0;
	if (p->have < sizeof(hdr))
		return PROXY_GOOD;
	memcpy(&hdr, p->buf, sizeof(hdr));
	if ((size_t)hdr.cmd >= sizeof(messages) / sizeof(messages[0]) || !messages[hdr.cmd].known)
		return fail(p, "QEMU sent a message of an unknown kind");
	if (hdr.size != messages[hdr.cmd].size)
		return fail(p, "QEMU sent a message of a wrong length");
	if (p->have - sizeof(hdr) < hdr.size)
		return PROXY_GOOD;
	*used = sizeof(hdr) + (size_t)hdr.size;
	return dispatch(p, hdr.cmd);
}

enum proxy_result proxy_serve(struct proxy *p)
{
	enum proxy_result result = collect(p);
	size_t used = 1;

	while (result == PROXY_GOOD && used) {
		result = first_message(p, &used);
		p->have -= used;
		memmove(p->buf, p->buf + used, p->have);
	}
	if (result == PROXY_GOOD && !p->have && p->nfds)
		return fail(p, "QEMU sent descriptors with a message that has none");
	return result;
}
