/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_world.h - a hostd with some sections and a device at it, for tests. */
#ifndef TESTS_VM_WORLD_H
#define TESTS_VM_WORLD_H

#include "conf.h"
#include "fake_device.h"
#include "pvboot_link.h"

#define UID 4242
#define ROOM (1u << 20)

extern const uint8_t lease_ip[4];

struct fixture {
	struct event_base *base;
	struct server *server;
	struct conf conf;
	char root[64];
	struct fake_device dev, other;
};

void write_file(struct fixture *f, const char *name, const void *bytes, size_t len);
int setup(void **state);
int teardown(void **state);
void join(struct fixture *f, const char *name, uint32_t features);
void discover(struct fixture *f, uint32_t id, uint32_t flags);

/* As far as a lease from the network. */
void lease(struct fixture *f);

void expect_refusal_(struct fixture *f, const char *words, int line);
#define expect_refusal(f, words) expect_refusal_(f, words, __LINE__)

/* What hostd logs from the first on is what the second returns. */
void capture_log(void);
const char *captured_log(void);

void expect_status(struct fixture *f, uint32_t id, uint32_t status);
struct pvboot_link_grow expect_grow(struct fixture *f, bool with_fd);

#endif /* TESTS_VM_WORLD_H */
