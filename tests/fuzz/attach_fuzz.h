/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_fuzz.h - what the fuzzers of the attachments share: a device, and a peer that sends anything to its server,
 * with any descriptors.
 *
 * The input is a row of steps: a byte that says which descriptors go along, a length byte, and as many bytes.  A fuzzer
 * has its server, the operations that concern it, and what one step does.
 */
#ifndef TESTS_FUZZ_ATTACH_H
#define TESTS_FUZZ_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "pvboot_dev.h"
#include "ram.h"

#define ATTACH_RAM_BYTES 65536
#define ATTACH_FDS_MAX 32

struct attach_fuzz {
	struct pvboot_dev *dev;
	struct ram ram;
	int memory;	  /* a descriptor of memory, of ATTACH_RAM_BYTES */
	int event;	  /* an eventfd */
	int server, peer; /* the ends of a socket */
};

/* The run under way. */
extern struct attach_fuzz fuzz;

/* ---- a run, in this order ---- */

/* Make the descriptors, and memory for the device.  The fuzzer begins its server next. */
void attach_begin(void);
/* Make the device new, with a backend that fails each request but DISCOVER, which waits. */
void attach_device(const struct pvboot_vmm_ops *vmm_ops);
/* Call step for each step of the input until it returns false.  What the server sends is thrown away. */
void attach_run(const uint8_t *data, size_t size, bool (*step)(uint8_t which, const uint8_t *p, size_t len));
/* After the server has ended, its end of the socket closed: free all but the device; abort if descriptors leak. */
void attach_end(void);

/* ---- the peer ---- */

/* Add n copies of a descriptor to the `have` in fds, which has room for ATTACH_FDS_MAX.  Returns how many there are. */
unsigned int attach_add_fds(int *fds, unsigned int have, int fd, unsigned int n);
/* Send the parts with n descriptors; nothing if they have no bytes.  What the socket has no room for is lost. */
void attach_send(const struct iovec *iov, size_t parts, const int *fds, unsigned int n);

/* ---- the VMM's operations that every fuzzer has ---- */

void *attach_map(void *vmm, uint64_t gpa, uint64_t *len);
uint64_t attach_now_ms(void *vmm);
void attach_log(void *vmm, enum pvboot_log_level level, const char *text);
#define ATTACH_VMM_OPS .map = attach_map, .now_ms = attach_now_ms, .log = attach_log

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* TESTS_FUZZ_ATTACH_H */
