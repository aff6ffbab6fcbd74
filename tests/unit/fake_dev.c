/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_dev.c - the backend's half of pvboot_dev.h without a device or a guest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"

struct fake_io *fake_io_new(struct pvboot_dev *dev, uint16_t op, const void *args, uint32_t arg_len, uint64_t room)
{
	struct fake_io *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->io.op = op;
	f->io.arg_len = arg_len;
	f->io.room = room;
	f->io.dev = dev;
	if (arg_len)
		memcpy(f->io.args, args, arg_len);
	return f;
}

struct fake_io *fake_io_read(struct pvboot_dev *dev, uint32_t handle, uint64_t offset, uint64_t room, uint32_t flags,
			     uint32_t wait_ms)
{
	struct pvboot_read_args a = {.handle = handle, .flags = flags, .offset = offset, .wait_ms = wait_ms};

	return fake_io_new(dev, PVBOOT_OP_READ, &a, sizeof(a), room);
}

void *pvboot_io_map(struct pvboot_io *io, uint64_t off, uint64_t *len)
{
	struct fake_io *f = (struct fake_io *)io;

	if (f->no_memory || off >= io->room || off >= FAKE_ROOM)
		return NULL;
	*len = FAKE_PIECE - off % FAKE_PIECE;
	if (*len > io->room - off)
		*len = io->room - off;
	if (*len > FAKE_ROOM - off)
		*len = FAKE_ROOM - off;
	return f->result + off;
}

void *pvboot_io_pin(struct pvboot_io *io, uint64_t off, uint64_t *len)
{
	void *p = io->dev->pinned ? NULL : pvboot_io_map(io, off, len);

	io->dev->pinned |= p != NULL;
	return p;
}

void pvboot_io_unpin(struct pvboot_dev *dev)
{
	if (!dev->pinned)
		abort();
	dev->pinned = false;
}

bool pvboot_io_gpa(struct pvboot_io *io, uint64_t off, uint64_t *gpa, uint64_t *len)
{
	return false;
}

bool pvboot_io_write(struct pvboot_io *io, uint64_t off, const void *buf, size_t len)
{
	struct fake_io *f = (struct fake_io *)io;

	if (f->no_memory || off > io->room || len > io->room - off || off > FAKE_ROOM || len > FAKE_ROOM - off)
		return false;
	memcpy(f->result + off, buf, len);
	return true;
}

void pvboot_io_complete(struct pvboot_io *io, uint32_t status, uint32_t detail, uint32_t length)
{
	struct fake_io *f = (struct fake_io *)io;

	if (f->answers++)
		abort(); /* a request is answered once */
	if (length > io->room)
		abort();
	f->status = status;
	f->detail = detail;
	f->length = length;
}

bool pvboot_dev_deliver(struct pvboot_dev *dev, const struct pvboot_pkt *pkt, const void *payload)
{
	if (pkt->length > sizeof(dev->payload))
		abort();
	dev->delivered++;
	dev->pkt = *pkt;
	memcpy(dev->payload, payload, pkt->length);
	return true;
}

void pvboot_dev_set_status(struct pvboot_dev *dev, uint16_t status)
{
	dev->status = status;
}

void pvboot_dev_set_identity(struct pvboot_dev *dev, const uint8_t mac[6], const uint8_t uuid[16],
			     uint32_t host_wait_ms)
{
	dev->mac_set = mac != NULL;
	dev->uuid_set = uuid != NULL;
	if (mac)
		memcpy(dev->mac, mac, sizeof(dev->mac));
	if (uuid)
		memcpy(dev->uuid, uuid, sizeof(dev->uuid));
	dev->host_wait_ms = host_wait_ms;
}

void pvboot_dev_set_error(struct pvboot_dev *dev, const char *text, size_t len)
{
	if (len > PVBOOT_ERROR_MAX)
		len = PVBOOT_ERROR_MAX;
	memcpy(dev->error, text, len);
	dev->error[len] = '\0';
}

uint64_t pvboot_dev_now_ms(struct pvboot_dev *dev)
{
	return dev->now_ms;
}

void pvboot_dev_log(struct pvboot_dev *dev, enum pvboot_log_level level, const char *text)
{
	snprintf(dev->log, sizeof(dev->log), "%s", text);
}
