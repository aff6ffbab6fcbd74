/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kept_head.h - the head of every blob that a device keeps for the next hostd (docs/spec.md 5.5).
 *
 * The next hostd may be a newer or an older program.  It drops a blob of another version: hostd then asks for a lease
 * again, or the guest loses a file or a transfer, but no blob is misread.  A change of what a blob holds must raise its
 * version.  Numbers are in the host's byte order.
 */
#ifndef HOSTD_KEPT_HEAD_H
#define HOSTD_KEPT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each kind of blob has its own magic. */
#define KEPT_LEASE_MAGIC 0x4c4b5650u /* "PVKL" */
#define KEPT_DGRAM_MAGIC 0x444b5650u /* "PVKD" */
#define KEPT_FRAME_MAGIC 0x454b5650u /* "PVKE" */
#define KEPT_FILE_MAGIC 0x464b5650u  /* "PVKF" */
#define KEPT_TFTP_MAGIC 0x53545650u  /* "PVTS" */

struct kept_head {
	uint32_t magic;
	uint16_t version;
	uint16_t tail; /* bytes after the fixed part: a name */
};
_Static_assert(sizeof(struct kept_head) == 8, "no padding");

/*
 * Check the magic, the version and the length of a blob of len bytes.  The length must be fixed, which includes this
 * head, plus the tail that the head gives.
 */
bool kept_head_good(const void *blob, size_t len, uint32_t magic, uint16_t version, size_t fixed);

#endif /* HOSTD_KEPT_HEAD_H */
