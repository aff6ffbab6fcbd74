/* SPDX-License-Identifier: BSD-2-Clause */
/* serve_world.h - the host around the TFTP responder, and the guest in front of it, both played by a test. */
#ifndef TESTS_SERVE_WORLD_H
#define TESTS_SERVE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "tftp/tftp_keep.h"
#include "tftp/tftp_msg.h"
#include "tftp/tftp_serve.h"

#define AHEAD TFTP_SERVE_AHEAD
#define QUEUE 64
#define PORT 49152
#define RESEND_MS 51 /* a packet that the guest repeats after so long did not cross its answer */

struct packet {
	struct pvboot_pkt pkt;
	uint8_t data[PVBOOT_DGRAM_MAX];
};

/* The host around the responder, and the guest in front of it. */
struct world {
	struct event_base *base;
	struct tftp_serve *serve;
	struct packet queue[QUEUE];
	unsigned head, tail;
	struct file *next_file; /* what open() gives; NULL: it refuses */
	struct file *file;	/* our reference */
	unsigned opens;
	char name[PVBOOT_NAME_MAX + 1];
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
	size_t blob_len;
	unsigned keeps, forgets;
	uint16_t tid; /* of the last packet taken */
	bool hostile; /* a blob may name any server and guest */
};

extern const struct tftp_serve_ops host_ops;
extern const uint8_t server_ip[4], guest_ip[4];
int setup(void **state);
int teardown(void **state);

/* The file that will be opened next. */
void give_file(struct world *w, uint64_t size);

/* One that is there as a whole. */
void give_whole_file(struct world *w, uint64_t size);

bool guest_sends_to(struct world *w, const uint8_t dest[4], uint16_t from, uint16_t to, const void *buf, size_t len);

bool guest_sends(struct world *w, uint16_t from, uint16_t to, const void *buf, size_t len);

/* A request as a literal: "\0\1name\0octet\0tsize\0000\0" */
#define guest_asks(w, from, literal) assert_true(guest_sends(w, from, 69, literal, sizeof(literal) - 1))
#define RRQ(name) "\0\1" name "\0octet\0"
#define TSIZE "tsize\0000\0"

void guest_acks(struct world *w, uint16_t from, uint64_t block);
unsigned waiting(const struct world *w);

/* The next packet for the guest. */
const struct packet *take(struct world *w, uint16_t to, struct tftp_msg *msg);

void expect_error_(struct world *w, uint16_t to, uint16_t code, const char *words, const char *file, int line);
#define expect_error(w, to, code, words) expect_error_(w, to, code, words, __FILE__, __LINE__)

void expect_data_(struct world *w, uint16_t to, uint64_t block, size_t blksize, size_t len, const char *file, int line);
#define expect_data(w, to, block, blksize, len) expect_data_(w, to, block, blksize, len, __FILE__, __LINE__)

/* The raw OACK: pxelinux refuses one with anything it did not ask for. */
void expect_oack_(struct world *w, const void *wire, size_t len);
#define expect_oack(w, literal) expect_oack_(w, literal, sizeof(literal) - 1)

/* Fetch blocks from..to of a file of that size, one ACK each as pxelinux does; blocks may wait already. */
void fetch(struct world *w, uint16_t port, uint64_t size, size_t blksize, uint64_t from, uint64_t to);

/* A whole transfer from the RRQ on, blksize asked for. */
void fetch_all(struct world *w, uint64_t size, uint16_t blksize);

#endif /* TESTS_SERVE_WORLD_H */
