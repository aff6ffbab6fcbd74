/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_dev.h - the backend's half of pvboot_dev.h without a device or a guest: what a backend says is written down.
 */
#ifndef TESTS_FAKE_DEV_H
#define TESTS_FAKE_DEV_H

#include "pvboot_dev.h"

#define FAKE_ROOM 262144 /* bytes of result a request can have */
#define FAKE_PIECE 1500	 /* contiguous bytes of it */

struct pvboot_dev {
	uint64_t now_ms;
	uint16_t status;
	uint8_t mac[6], uuid[16];
	bool mac_set, uuid_set;
	uint32_t host_wait_ms;
	char error[PVBOOT_ERROR_MAX + 1];
	char log[512]; /* the latest line */
	unsigned int delivered;
	bool pinned;
	struct pvboot_pkt pkt;
	uint8_t payload[PVBOOT_FRAME_MAX];
};

/* A request; the test frees it. */
struct fake_io {
	struct pvboot_io io; /* first */
	unsigned int answers;
	uint32_t status, detail, length;
	bool no_memory; /* the guest's buffer is none */
	uint8_t result[FAKE_ROOM];
};

/* A request with those arguments and that room. */
struct fake_io *fake_io_new(struct pvboot_dev *dev, uint16_t op, const void *args, uint32_t arg_len, uint64_t room);

/* A READ. */
struct fake_io *fake_io_read(struct pvboot_dev *dev, uint32_t handle, uint64_t offset, uint64_t room, uint32_t flags,
			     uint32_t wait_ms);

#endif /* TESTS_FAKE_DEV_H */
