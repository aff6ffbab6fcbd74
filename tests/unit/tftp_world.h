/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_world.h - the owner and the server of a TFTP client, both played by a test, in a time of its own. */
#ifndef TESTS_TFTP_WORLD_H
#define TESTS_TFTP_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "tftp/tftp_client.h"

#define SENT_MAX 256
#define TID 3456
#define SECOND UINT64_C(1000000)

struct sent {
	uint16_t port;
	size_t len;
	uint8_t buf[TFTP_REQUEST_MAX];
};

struct world {
	struct tftp_client c;
	struct tftp_request req;
	uint64_t now;
	struct sent sent[SENT_MAX];
	unsigned head, tail; /* what the client sent and the test did not look at yet */
	unsigned rebinds;
	/* What the owner heard. */
	unsigned opened, done;
	uint64_t size, bytes;
	uint16_t blksize;
	uint32_t status, detail;
	char text[PVBOOT_ERROR_MAX + 1];
	uint64_t room; /* data() takes no more */
	/* What the next start() gives the client. */
	uint16_t large;
	struct tftp_path path;
};

uint8_t file_byte(uint64_t offset);
int setup(void **state);
int teardown(void **state);
void start(struct world *w, uint16_t blksize, uint16_t windowsize);
unsigned unseen(const struct world *w);

/* The next message of the client's, which must go to that port. */
void next_message_(struct world *w, uint16_t port, struct tftp_msg *msg, const char *file, int line);

void expect_rrq_(struct world *w, uint32_t options, const char *file, int line);
#define expect_rrq(w, options) expect_rrq_(w, options, __FILE__, __LINE__)
#define ALL_OPTIONS (TFTP_O_TSIZE | TFTP_O_BLKSIZE | TFTP_O_WINDOWSIZE | TFTP_O_UTIMEOUT)

void expect_ack_(struct world *w, uint16_t port, uint16_t block, const char *file, int line);
#define expect_ack(w, block) expect_ack_(w, TID, block, __FILE__, __LINE__)

void expect_error_(struct world *w, uint16_t port, uint16_t code, const char *file, int line);
#define expect_error(w, port, code) expect_error_(w, port, code, __FILE__, __LINE__)

void expect_silence_(struct world *w, const char *file, int line);
#define expect_silence(w) expect_silence_(w, __FILE__, __LINE__)

void expect_end_(struct world *w, uint32_t status, const char *words, const char *file, int line);
#define expect_end(w, status, words) expect_end_(w, status, words, __FILE__, __LINE__)

#define server_says(w, port, literal) tftp_client_input(&(w)->c, (w)->now, port, literal, sizeof(literal) - 1)

void server_grants(struct world *w, uint32_t options, uint64_t tsize, uint16_t blksize, uint16_t windowsize);
void server_sends_as(struct world *w, uint16_t port, uint64_t block, uint16_t wire, size_t blksize, size_t len);
void server_sends(struct world *w, uint64_t block, size_t blksize, size_t len);

/* Let time pass to the client's next deadline. */
void wait_deadline(struct world *w);

/* Up to the first ACK, with tsize and blksize granted. */
void open_file(struct world *w, uint64_t size, uint16_t blksize, uint16_t windowsize);

#endif /* TESTS_TFTP_WORLD_H */
