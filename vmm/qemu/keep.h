/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep.h - what the next process of the same guest needs: a file, mapped, that outlives this one.
 *
 * A process that is killed in mid-boot leaves in it what it kept for hostd and what it knew of the guest beyond the
 * rings; everything else is in guest memory and at hostd.  What is found there is checked as anything that comes from
 * outside.
 */
#ifndef QEMU_KEEP_H
#define QEMU_KEEP_H

#include <sys/types.h>

#include "link.h"

struct keep {
	uint32_t magic, size;
	uint64_t epoch_ms;	   /* when the guest's milliseconds began, on the monotonic clock */
	uint64_t ram_dev, ram_ino; /* of the file in which the guest's memory begins: whose guest it was */
	uint8_t dgram_open;
	uint8_t written; /* PVBOOT_STATUS_WRITTEN; a file from before there was one has 0 here */
	uint8_t pad[6];
	struct pvboot_dgram_open_args dgram;
	struct link_kept slots[LINK_KEPT_SLOTS];
};

/*
 * Map the file at path, which is made if it is not there; what is no such file's contents is cleared.  It stays locked
 * while this process lives.  NULL: errno says why, EWOULDBLOCK that another process has it.
 */
struct keep *keep_open(const char *path, uint64_t now_ms);

/* Clear the kept state: the guest is another one, or the same one begins its boot. */
void keep_forget(struct keep *k, uint64_t now_ms);

#endif /* QEMU_KEEP_H */
