/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_io.c - what a backend may do with a request: write its result, answer it.
 *
 * The writable part of a chain is a struct pvboot_rsp and then the room for the result; offsets here are the result's.
 * A request that was answered, cancelled or reset is not busy, and nothing reaches the guest through it.
 */
#include "pvboot_dev_int.h"

bool pvboot_io_gpa(struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len)
{
	uint16_t i;

	if (!io->busy || !pvboot_dev_running(io->dev) || off >= io->room)
		return false;
	off += sizeof(struct pvboot_rsp);
	for (i = 0; i < io->nsegs; i++) {
		if (off < io->seg[i].len) {
			if (off > UINT64_MAX - io->seg[i].gpa)
				return false;
			*gpa = io->seg[i].gpa + off;
			*len = io->seg[i].len - off;
			if (*len - 1 > UINT64_MAX - *gpa)
				*len = UINT64_MAX - *gpa + 1;
			return true;
		}
		off -= io->seg[i].len;
	}
	return false;
}

void *pvboot_io_map(struct pvboot_io *io, uint64_t off, uint64_t *len)
{
	uint64_t gpa;

	if (!pvboot_io_gpa(io, off, &gpa, len))
		return NULL;
	return pvboot_mem_map(io->dev, gpa, len);
}

bool pvboot_io_write(struct pvboot_io *io, uint64_t off, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	if (!io->busy || off > io->room || len > io->room - off)
		return false;
	while (len) {
		uint64_t n;
		void *to = pvboot_io_map(io, off, &n);

		if (!to)
			return false;
		if (n > len)
			n = len;
		memcpy(to, from, n);
		from += n;
		off += n;
		len -= n;
	}
	return true;
}

/* Write the pvboot_rsp to the beginning of the writable part, which may be scattered over descriptors. */
static bool write_rsp(struct pvboot_io *io, const struct pvboot_rsp *rsp)
{
	const uint8_t *from = (const uint8_t *)rsp;
	size_t left = sizeof(*rsp);
	uint16_t i;

	for (i = 0; left && i < io->nsegs; i++) {
		size_t n = io->seg[i].len < left ? io->seg[i].len : left;

		if (!pvboot_mem_write(io->dev, io->seg[i].gpa, from, n))
			return false;
		from += n;
		left -= n;
	}
	return !left;
}

void pvboot_io_complete(struct pvboot_io *io, uint32_t status, uint32_t detail, uint32_t length)
{
	struct pvboot_dev *dev = io->dev;
	struct pvboot_rsp rsp = {.status = status, .detail = detail, .length = length};

	if (!io->busy)
		return;
	io->busy = false;
	if (!pvboot_dev_running(dev))
		return;
	if (status > PVBOOT_S_LAST || length > io->room) { /* the backend, or the host behind it, erred */
		rsp = (struct pvboot_rsp){.status = PVBOOT_S_FAILED};
		pvboot_dev_complain(dev, "the host gave an answer that cannot be: the request fails");
	}
	if (write_rsp(io, &rsp))
		pvboot_ring_push(dev, &dev->queue[PVBOOT_Q_REQUESTS], io->head, (uint32_t)sizeof(rsp) + rsp.length);
	else
		pvboot_ring_push(dev, &dev->queue[PVBOOT_Q_REQUESTS], io->head, 0);
}
