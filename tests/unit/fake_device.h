/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_device.h - the device's end of a link to hostd, driven step by step by a test, honest or not. */
#ifndef TESTS_FAKE_DEVICE_H
#define TESTS_FAKE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_link.h"

struct event_base;
struct server;

struct fake_device {
	uint16_t id_flags; /* more PVBOOT_LINK_ID_* for its IDENTITY */
	struct event_base *base;
	int fd;
	size_t have;
	uint8_t buf[1 << 18];
	int fds[8];
	unsigned int nfds;
	uint64_t nonce; /* of the HELLO */
	/* the message fake_device_next() found */
	struct pvboot_link_hdr hdr;
	const uint8_t *body;
	int msg_fd; /* -1: none; the test's to close */
	/* what fake_device_reply() took apart */
	struct pvboot_link_reply reply;
	char text[PVBOOT_ERROR_MAX + 1];
	const uint8_t *result;
};

/* Connect to the server as uid, and take its HELLO. */
void fake_device_connect(struct fake_device *dev, struct event_base *base, struct server *server, unsigned int uid);
/* The same for another process. */
void fake_device_connect_as(struct fake_device *dev, struct event_base *base, struct server *server, unsigned int uid,
			    int pid);
void fake_device_close(struct fake_device *dev);

void fake_device_send(struct fake_device *dev, uint16_t type, uint32_t id, const void *body, size_t len);
void fake_device_raw(struct fake_device *dev, const void *bytes, size_t len);
/* IDENTITY; mac may be NULL. */
void fake_device_identify(struct fake_device *dev, const char *name, const uint8_t *mac, uint32_t features);
/* All of a greeting: IDENTITY, WELCOME, RESUME. */
void fake_device_join(struct fake_device *dev, const char *name, uint32_t features);
void fake_device_request(struct fake_device *dev, uint32_t id, uint16_t op, const void *args, size_t len,
			 uint64_t room);
/* OPEN of name at the lease's server. */
void fake_device_open(struct fake_device *dev, uint32_t id, const char *name, uint32_t flags);

/* Run hostd's loop until it has nothing to do. */
void fake_device_turn(struct fake_device *dev);
/* The next message, after a turn; false: none, or the link has ended. */
bool fake_device_next(struct fake_device *dev);
/* Skip messages up to one of this type; fails the test if there is none. */
void fake_device_expect(struct fake_device *dev, uint16_t type);
/* Skip up to the REPLY to id, and take it apart. */
void fake_device_reply(struct fake_device *dev, uint32_t id);
/* Has hostd ended the link? */
bool fake_device_ended(struct fake_device *dev);

#endif /* TESTS_FAKE_DEVICE_H */
