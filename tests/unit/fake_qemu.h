/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_qemu.h - QEMU's end of x-pci-proxy-dev, played by the test, with a guest's memory and a small driver in it.
 */
#ifndef TESTS_FAKE_QEMU_H
#define TESTS_FAKE_QEMU_H

#include "proxy.h"

#define QEMU_RAM 33554432u /* bytes of guest memory, from guest-physical 0 */
#define QEMU_PORT 0xc000u  /* where the BAR is */
#define QEMU_DESC 0x1000u  /* the driver's queue 1: two requests' worth of rings, one in use */
#define QEMU_AVAIL 0x2000u
#define QEMU_USED 0x3000u
#define QEMU_QUEUE_SIZE 16u

/* How another attachment's QEMU gets at the device. */
struct qemu_access {
	uint32_t (*read)(void *arg, bool config, uint32_t offset, uint32_t len);
	void (*write)(void *arg, bool config, uint32_t offset, uint32_t len, uint32_t val);
};

struct fake_qemu {
	int fd; /* this end of the socketpair */
	int device_fd;
	int ram_fd;
	uint8_t *ram;
	int irq[2];		 /* interrupt, resample */
	void (*turn)(void *arg); /* give the device its turn; NULL: it is a process of its own */
	void *arg;
	const struct qemu_access *access; /* NULL: by the messages of x-pci-proxy-dev */
	uint16_t avail;			  /* of queue 1 */
};

/* A socketpair and guest memory. */
void qemu_new(struct fake_qemu *q);
void qemu_free(struct fake_qemu *q);

/* One message, and with it some descriptors; the answer is not waited for. */
void qemu_send(struct fake_qemu *q, int cmd, const void *body, size_t len, const int *fds, unsigned int nfds);
/* The answer to the message before. */
uint64_t qemu_answer(struct fake_qemu *q);
/* Whether the device has closed its end. */
bool qemu_closed(struct fake_qemu *q);

/* Share the memory as Linux guests of 7.2 have it: two ranges of one file with a hole between them. */
void qemu_share_ram(struct fake_qemu *q);
void qemu_share_irq(struct fake_qemu *q);

uint32_t qemu_cfg_read(struct fake_qemu *q, uint32_t addr, int32_t len);
void qemu_cfg_write(struct fake_qemu *q, uint32_t addr, int32_t len, uint32_t val);
uint32_t qemu_in(struct fake_qemu *q, uint32_t reg, uint32_t len);
void qemu_out(struct fake_qemu *q, uint32_t reg, uint32_t len, uint32_t val);

/* The driver, up to DRIVER_OK. */
void qemu_start(struct fake_qemu *q);
/* Submit a request whose result of room bytes is to land at gpa. */
void qemu_submit(struct fake_qemu *q, uint16_t op, const void *args, uint32_t arg_len, uint64_t gpa, uint32_t room);
/* Wait for the answer of the latest request. */
struct pvboot_rsp qemu_wait(struct fake_qemu *q);
/* Its status has been written. */
bool qemu_answered(struct fake_qemu *q);

#endif /* TESTS_FAKE_QEMU_H */
