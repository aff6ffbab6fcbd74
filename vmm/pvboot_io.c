/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_io.c - the backend's operations on a request: write its result, answer it.
 *
 * The writable part of a chain is a struct pvboot_rsp, then the room for the result; offsets in the interface count
 * from the result's beginning.  A request that was answered, cancelled or reset is not busy, and the backend can write
 * nothing to the guest through it.
 */
#include "pvboot_dev_int.h"

/* Find byte off of the writable part: its address, and in *len how many bytes from there the descriptor covers. */
static bool locate(const struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len)
{
	uint16_t i;

	for (i = 0; i < io->nsegs && off >= io->seg[i].len; i++)
		off -= io->seg[i].len;
	if (i == io->nsegs || off > UINT64_MAX - io->seg[i].gpa)
		return false;
	*gpa = io->seg[i].gpa + off;
	*len = io->seg[i].len - off;
	if (*len - 1 > UINT64_MAX - *gpa)
		*len = UINT64_MAX - *gpa + 1;
	return true;
}

/* Write to the writable part.  It may span several descriptors, and each descriptor several pieces of memory. */
static bool put(struct pvboot_io *io, uint64_t off, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		uint64_t gpa, n;

		if (!locate(io, off, &gpa, &n))
			return false;
		if (n > len)
			n = len;
		if (!pvboot_mem_write(io->dev, gpa, from, n))
			return false;
		from += n;
		off += n;
		len -= n;
	}
	return true;
}

/*
 * [DEV-69] Call when the backend asks for the address of a READ's result: it writes file bytes there next, and the
 * guest may execute them before the answer.
 */
static void note_written(struct pvboot_io *io)
{
	struct pvboot_dev *dev = io->dev;

	if (io->op != PVBOOT_OP_READ || dev->config.status & PVBOOT_STATUS_WRITTEN)
		return;
	pvboot_dev_set_written(dev, true);
	if (dev->vmm_ops->written)
		dev->vmm_ops->written(dev->vmm);
}

bool pvboot_io_gpa(struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len)
{
	if (!io->busy || !pvboot_dev_running(io->dev) || off >= io->room ||
	    !locate(io, off + sizeof(struct pvboot_rsp), gpa, len))
		return false;
	note_written(io);
	return true;
}

void *pvboot_io_map(struct pvboot_io *io, uint64_t off, uint64_t *len)
{
	uint64_t gpa;

	if (!pvboot_io_gpa(io, off, &gpa, len))
		return NULL;
	return pvboot_mem_map(io->dev, gpa, len);
}

void *pvboot_io_pin(struct pvboot_io *io, uint64_t off, uint64_t *len)
{
	struct pvboot_dev *dev = io->dev;
	void *p = dev->pinned ? NULL : pvboot_io_map(io, off, len);

	if (!p)
		return NULL;
	dev->pinned = true;
	dev->stale = dev->cancelled = false;
	dev->pinned_head = io->head;
	return p;
}

void pvboot_io_unpin(struct pvboot_dev *dev)
{
	bool cancelled = dev->cancelled;
	uint16_t i;

	dev->pinned = dev->stale = dev->cancelled = false;
	if (!cancelled)
		return;
	pvboot_io_complete(&dev->io[dev->pinned_head], PVBOOT_S_CANCELLED, 0, 0);
	for (i = 0; i < PVBOOT_QUEUE_MAX; i++) {
		if (!dev->cancel_waits[i])
			continue;
		dev->cancel_waits[i] = false;
		pvboot_io_complete(&dev->io[i], PVBOOT_S_OK, 0, 0);
	}
}

void pvboot_io_forget(struct pvboot_dev *dev)
{
	uint16_t i;

	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		dev->io[i].busy = dev->parked[i] = dev->cancel_waits[i] = false;
	dev->stale = dev->pinned;
	dev->cancelled = false;
}

bool pvboot_io_write(struct pvboot_io *io, uint64_t off, const void *buf, size_t len)
{
	if (!io->busy || !pvboot_dev_running(io->dev) || off > io->room || len > io->room - off)
		return false;
	if (len)
		note_written(io);
	return put(io, off + sizeof(struct pvboot_rsp), buf, len);
}

bool pvboot_io_put_rsp(struct pvboot_io *io, size_t offset, const void *buf, size_t len)
{
	return put(io, offset, buf, len);
}

/* Write the status last: once the driver sees it, the other fields are valid. */
static bool put_rsp(struct pvboot_io *io, const struct pvboot_rsp *rsp)
{
	const size_t rest = offsetof(struct pvboot_rsp, detail);

	if (!put(io, rest, (const uint8_t *)rsp + rest, sizeof(*rsp) - rest))
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return put(io, 0, &rsp->status, sizeof(rsp->status));
}
_Static_assert(offsetof(struct pvboot_rsp, status) == 0, "the rest follows the status");

static void give_back(struct pvboot_dev *dev, struct pvboot_io *io, const struct pvboot_rsp *rsp)
{
	bool written = put_rsp(io, rsp);

	pvboot_ring_push(dev, &dev->queue[PVBOOT_Q_REQUESTS], io->head,
			 written ? (uint32_t)sizeof(*rsp) + rsp->length : 0);
}

void pvboot_io_complete(struct pvboot_io *io, uint32_t status, uint32_t detail, uint32_t length)
{
	struct pvboot_rsp rsp = {.status = status, .detail = detail, .length = length};
	struct pvboot_dev *dev = io->dev;

	if (!io->busy || dev->parked[io->head])
		return;
	if (status > PVBOOT_S_LAST || length > io->room) { /* invalid answer from the backend: fail the request */
		rsp = (struct pvboot_rsp){.status = PVBOOT_S_FAILED};
		pvboot_dev_complain(dev, "the host gave an answer that cannot be: the request fails");
	}
	if (io->op == PVBOOT_OP_FRAME_OPEN && rsp.status == PVBOOT_S_OK)
		dev->frame_open = true;
	if (pvboot_dev_running(dev)) {
		io->busy = false;
		give_back(dev, io, &rsp);
		return;
	}
	/* No bus master now, or broken until reset: store the answer in args, which are no longer needed. */
	memcpy(io->args, &rsp, sizeof(rsp));
	dev->parked[io->head] = true;
}

void pvboot_io_unpark(struct pvboot_dev *dev)
{
	struct pvboot_rsp rsp;
	uint16_t i;

	for (i = 0; i < PVBOOT_QUEUE_MAX && pvboot_dev_running(dev); i++) {
		if (!dev->parked[i])
			continue;
		dev->parked[i] = false;
		dev->io[i].busy = false;
		memcpy(&rsp, dev->io[i].args, sizeof(rsp));
		give_back(dev, &dev->io[i], &rsp);
	}
}
