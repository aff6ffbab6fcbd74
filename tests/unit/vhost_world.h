/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost_world.h - a front end of vhost-user, played by the test, with a guest's memory and a small driver in it, and
 * the device of this process behind it.
 */
#ifndef TESTS_VHOST_WORLD_H
#define TESTS_VHOST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "backend.h"
#include "vhost_user.h"

#define WORLD_RAM 0x400000u	  /* bytes of guest memory: one file, two ranges with a hole between them */
#define WORLD_LOW 0xa0000u	  /* the first range */
#define WORLD_HIGH 0x100000u	  /* where the second begins */
#define WORLD_UVA 0x7f0000000000u /* where the front end has the memory */
#define WORLD_SIZE 16u		  /* of the queues */
#define WORLD_DESC(q) (0x1000u + (q)*0x4000u)
#define WORLD_AVAIL(q) (0x2000u + (q)*0x4000u)
#define WORLD_USED(q) (0x3000u + (q)*0x4000u)
#define WORLD_REQUEST 0x10000u
#define WORLD_RESPONSE 0x20000u /* status to length, then the result */
#define WORLD_HELD 8

struct world {
	struct vhost_user server;
	struct ram ram;
	struct pvboot_dev *dev;
	int fd; /* the front end's end of the socket */
	int ram_fd;
	uint8_t *mem;
	int kick[PVBOOT_NUM_QUEUES], call[PVBOOT_NUM_QUEUES];
	uint16_t avail[PVBOOT_NUM_QUEUES];
	enum vhost_user_result result; /* of the latest turn */
	/* the backend: requests wait until the test answers them */
	struct pvboot_io *held[WORLD_HELD];
	unsigned int nheld, cancels, resets, submits;
};

/* Connected, nothing said yet.  world_free() expects that no descriptor was lost. */
struct world *world_new(void);
void world_free(struct world *w);
/* The back end starts over with an empty process, its guest as it was. */
void world_restart(struct world *w);

/* One message and descriptors with it, and a turn of the server's.  Flags are added to the version. */
void world_send(struct world *w, uint32_t request, uint32_t flags, const void *body, uint32_t size, const int *fds,
		unsigned int nfds);
void world_send64(struct world *w, uint32_t request, uint64_t value);
/* The answer to it. */
void world_answer(struct world *w, uint32_t request, void *body, uint32_t size);
uint64_t world_ask64(struct world *w, uint32_t request);
/* No answer is there. */
void world_silent(struct world *w);

/* Both ranges of the memory. */
void world_memory(struct world *w);
/* NUM, BASE, ADDR, KICK and CALL of a queue. */
void world_queue(struct world *w, uint32_t q, uint32_t num);
/* All that QEMU says when a driver of ours starts. */
void world_start(struct world *w);
/* GET_VRING_BASE: what it answered. */
uint32_t world_stop_queue(struct world *w, uint32_t q);

/* Make a request available, room bytes of result behind its answer; kick it; head 0, 4 or 8. */
void world_submit(struct world *w, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint32_t room);
void world_kick(struct world *w, uint32_t q);
struct pvboot_rsp world_rsp(const struct world *w, uint16_t head);
uint16_t world_used(const struct world *w, uint32_t q);
/* How often the queue's driver was called since it was asked last. */
uint64_t world_calls(struct world *w, uint32_t q);

#endif /* TESTS_VHOST_WORLD_H */
