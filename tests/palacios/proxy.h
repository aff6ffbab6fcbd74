/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proxy.h - the device's end of QEMU's x-pci-proxy-dev, for tests of our own PCI device with QEMUs before 10.0.
 *
 * QEMU forwards every access to configuration space and BARs as a message and waits for the answer; it shares guest
 * memory and interrupts as descriptors.  QEMU is trusted with its own guest only: a message that makes no sense ends
 * the device.
 */
#ifndef PALACIOS_PROXY_H
#define PALACIOS_PROXY_H

#include "pvboot_dev.h"
#include "ram.h"
#include "receive.h"

#define PROXY_FDS RECEIVE_FDS /* descriptors with one message */

/* ---- the wire: what QEMU 7.2 to 10.2 speak on 64-bit hosts, in host byte order ----------------------------------- */

enum proxy_cmd {
	PROXY_SYNC_SYSMEM, /* struct proxy_sysmem and a descriptor for each range; no answer */
	PROXY_RET,	   /* the answer to all others: 64 bits */
	PROXY_CFG_WRITE,   /* struct proxy_cfg */
	PROXY_CFG_READ,
	PROXY_BAR_WRITE, /* struct proxy_bar */
	PROXY_BAR_READ,
	PROXY_SET_IRQFD, /* two descriptors: interrupt, resample; no answer */
	PROXY_DEVICE_RESET,
};

struct proxy_hdr {
	int32_t cmd;
	uint32_t pad;
	uint64_t size; /* of the body */
};
PVBOOT_ASSERT_SIZE(proxy_hdr, 16);

struct proxy_sysmem {
	uint64_t gpa[PROXY_FDS];
	uint64_t size[PROXY_FDS];
	uint64_t offset[PROXY_FDS]; /* in the file */
};
PVBOOT_ASSERT_SIZE(proxy_sysmem, 192);

struct proxy_cfg {
	uint32_t addr;
	uint32_t val;
	int32_t len;
};
PVBOOT_ASSERT_SIZE(proxy_cfg, 12);

struct proxy_bar {
	uint64_t addr; /* in the address space: the BAR's base included */
	uint64_t val;
	uint32_t size;
	uint8_t memory; /* else I/O */
	uint8_t pad[3];
};
PVBOOT_ASSERT_SIZE(proxy_bar, 24);

/* ---- the server ------------------------------------------------------------------------------------------------- */

struct proxy {
	int fd; /* the socket to QEMU */
	struct pvboot_dev *dev;
	struct ram *ram;
	int irq_fd, resample_fd; /* -1: not given yet */
	int level;		 /* of INTx */
	const char *error;	 /* what was wrong, after PROXY_ERROR */
	int fds[PROXY_FDS];
	unsigned int nfds;
	size_t have;
	uint8_t buf[2 * (sizeof(struct proxy_hdr) + sizeof(struct proxy_sysmem))];
};

enum proxy_result { PROXY_GOOD, PROXY_CLOSED, PROXY_ERROR };

/* Bring *p up on fd, which stays the caller's. */
void proxy_init(struct proxy *p, int fd, struct pvboot_dev *dev, struct ram *ram);

/* fd is readable: serve what is there.  Does not wait for QEMU, except for room for an answer it asked for. */
enum proxy_result proxy_serve(struct proxy *p);

/* As struct pvboot_vmm_ops's set_irq. */
void proxy_set_irq(struct proxy *p, int level);

/* resample_fd is readable: the guest ended an interrupt; raise it again if it is still wanted. */
void proxy_resample(struct proxy *p);

/*
 * Replace the table of guest memory by n ranges; the descriptors become the callee's.  False, with the old table gone,
 * if one of them is not a file that holds its range, or two overlap.  proxy_ram.c, or the program's own.
 */
bool proxy_ram(struct ram *r, unsigned int n, const uint64_t gpa[], const uint64_t size[], const uint64_t offset[],
	       const int fd[]);

#endif /* PALACIOS_PROXY_H */
