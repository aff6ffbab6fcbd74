/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_host.h - a hostd that the test plays, frame by frame, and a transport without sockets. */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "fake_dev.h"
#include "link.h"

#define HOST_NONCE 0x1122334455667788u
#define HOST_FILES 64
#define HOST_FILE_MAX 4194304u

extern uint8_t host_bytes[HOST_FILE_MAX]; /* what every file holds */

struct fake_host {
	struct pvboot_dev dev;
	struct link link;
	/* what the link sent */
	uint8_t out[65536];
	size_t out_len;
	size_t out_limit; /* bytes that out takes, as a full socket */
	size_t out_piece; /* bytes taken at once */
	bool one_by_one;  /* feed the link bytes one by one */
	unsigned int dropped;
	uint32_t retry_ms;
	/* files: the descriptor is the index */
	struct {
		bool open, special, broken;
		uint64_t size, mtime;
	} file[HOST_FILES];
	unsigned int open_fds;
	/* requests made, to be freed */
	struct fake_io *io[256];
	unsigned int nio;
};

/* A link of the VM "vm" with a MAC of its own; it is not connected. */
struct fake_host *host_new(bool fd_passing);
void host_free(struct fake_host *h);

/* HELLO to RESUME. */
void host_connect(struct fake_host *h, uint32_t features);
void host_hello(struct fake_host *h, uint16_t min, uint16_t max, uint32_t features);
void host_welcome(struct fake_host *h, uint32_t features);

/* A frame with a body in two pieces. */
void host_send(struct fake_host *h, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b,
	       size_t b_len);
void host_reply(struct fake_host *h, uint32_t id, uint32_t status, const void *result, uint32_t len);
void host_reply_read(struct fake_host *h, uint32_t id, uint32_t status, uint32_t detail, uint32_t len);
void host_data(struct fake_host *h, uint32_t id, uint64_t offset, const void *bytes, uint32_t len);

/* A file of that many of host_bytes: a descriptor. */
int host_file(struct fake_host *h, uint64_t size);
/* GROW, with a descriptor unless it is negative. */
void host_grow(struct fake_host *h, uint32_t handle, int fd, uint64_t available, uint64_t size, uint32_t status,
	       uint32_t flags);

/* The next frame the link sent is of that type and length: its body and, returned, its id. */
uint32_t host_expect(struct fake_host *h, uint16_t type, void *body, size_t len);
/* The next frame the link sent is a REQUEST: its id. */
uint32_t host_expect_request(struct fake_host *h, uint16_t op);

/* Have io freed with h. */
struct fake_io *host_io(struct fake_host *h, struct fake_io *io);
/* Submit an OPEN; or a READ, and give the link the turn that is due. */
struct fake_io *host_open(struct fake_host *h);
struct fake_io *host_read(struct fake_host *h, uint32_t handle, uint64_t offset, uint64_t room, uint32_t flags,
			  uint32_t wait_ms);
/* The connection ended and nothing was left over; io, if there is one, waits, and is asked of the next hostd. */
void host_expect_given_up(struct fake_host *h, struct fake_io *io);
/* A DISCOVER that the guest submitted. */
struct fake_io *host_discovering(struct fake_host *h);

#endif /* TESTS_FAKE_HOST_H */
