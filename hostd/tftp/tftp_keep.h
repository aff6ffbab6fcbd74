/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_keep.h - a guest's TFTP transfer as a blob that its device keeps for the next hostd (PVBOOT_LINK_KEEP).
 *
 * The blob comes back through a process that may be hostile: nothing in it is believed that a guest could not have
 * asked for anyway.
 */
#ifndef HOSTD_TFTP_KEEP_H
#define HOSTD_TFTP_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_link.h"

#define TFTP_SERVE_BLKSIZE_MAX (PVBOOT_DGRAM_MAX - 4) /* what one datagram to the guest carries */
#define TFTP_SERVE_TID_FIRST 32768		      /* our ports: each session has its own (RFC 1350 4) */
#define TFTP_SERVE_TIDS 16384

struct tftp_keep {
	uint8_t server[4], guest[4];
	uint16_t guest_port; /* the guest's TID, the key of the blob */
	uint16_t tid;	     /* ours */
	uint16_t blksize;
	uint64_t size; /* of the file, or PVBOOT_SIZE_UNKNOWN */
	uint64_t base; /* blocks acknowledged when it was kept: the guest is at most 32768 and a few further */
	char filename[PVBOOT_NAME_MAX + 1];
};

/* Returns the length, at most PVBOOT_LINK_KEEP_MAX; buf has that much room. */
size_t tftp_keep_build(void *buf, const struct tftp_keep *keep);
/* False if it is no blob of this version for this key, or a value in it is out of range. */
bool tftp_keep_parse(struct tftp_keep *keep, uint16_t key, const void *blob, size_t len);

#endif /* HOSTD_TFTP_KEEP_H */
