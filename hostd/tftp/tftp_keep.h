/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_keep.h - a guest's TFTP transfer as a blob that its device keeps for the next hostd (PVBOOT_LINK_KEEP).
 *
 * The blob comes back through a process that may be hostile.  hostd accepts in it only what a guest could ask for
 * anyway.
 */
#ifndef HOSTD_TFTP_KEEP_H
#define HOSTD_TFTP_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_link.h"

#define TFTP_SERVE_BLKSIZE_MAX (PVBOOT_DGRAM_MAX - 4) /* bytes of DATA that fit one datagram to the guest */
#define TFTP_SERVE_TID_FIRST 32768		      /* hostd's ports: each session has a different one (RFC 1350 4) */
#define TFTP_SERVE_TIDS 16384

struct tftp_keep {
	uint8_t server[4], guest[4];
	uint16_t guest_port; /* the guest's TID, the key of the blob */
	uint16_t tid;	     /* hostd's TID */
	uint16_t blksize;
	uint64_t size; /* of the file, or PVBOOT_SIZE_UNKNOWN */
	uint64_t base; /* blocks acknowledged when it was kept: the guest is at most 32768 and a few further */
	char filename[PVBOOT_NAME_MAX + 1];
};

/* Write the blob to buf, which has room for PVBOOT_LINK_KEEP_MAX bytes.  Returns its length. */
size_t tftp_keep_build(void *buf, const struct tftp_keep *keep);
/* Parse a blob of len bytes.  Returns false if its version or key is wrong, or if a value in it is out of range. */
bool tftp_keep_parse(struct tftp_keep *keep, uint16_t key, const void *blob, size_t len);

#endif /* HOSTD_TFTP_KEEP_H */
