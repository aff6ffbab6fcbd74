/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_keep.c - a guest's TFTP transfer as a blob. */
#include "tftp/tftp_keep.h"

#include <string.h>

#include "base/kept_head.h"
#include "tftp/tftp_msg.h"

#define VERSION 1
#define BASE_MAX (UINT64_C(1) << 47) /* blocks; times any blksize it does not overflow a file offset */

/* The name follows. */
struct blob {
	struct kept_head head;
	uint8_t server[4], guest[4];
	uint16_t guest_port, tid, blksize, mode; /* mode: 0, octet */
	uint64_t size, base;
};
_Static_assert(sizeof(struct blob) == 40, "no padding");
_Static_assert(sizeof(struct blob) + PVBOOT_NAME_MAX <= PVBOOT_LINK_KEEP_MAX, "fits a KEEP");

size_t tftp_keep_build(void *buf, const struct tftp_keep *keep)
{
	size_t name_len = strlen(keep->filename);
	struct blob blob = {
		.head = {KEPT_TFTP_MAGIC, VERSION, (uint16_t)name_len},
		.guest_port = keep->guest_port,
		.tid = keep->tid,
		.blksize = keep->blksize,
		.size = keep->size,
		.base = keep->base,
	};

	memcpy(blob.server, keep->server, sizeof(blob.server));
	memcpy(blob.guest, keep->guest, sizeof(blob.guest));
	memcpy(buf, &blob, sizeof(blob));
	memcpy((uint8_t *)buf + sizeof(blob), keep->filename, name_len);
	return sizeof(blob) + name_len;
}

bool tftp_keep_parse(struct tftp_keep *keep, uint16_t key, const void *buf, size_t len)
{
	const char *name = (const char *)buf + sizeof(struct blob);
	struct blob blob;

	if (!kept_head_good(buf, len, KEPT_TFTP_MAGIC, VERSION, sizeof(blob)) || len == sizeof(blob) ||
	    len - sizeof(blob) > PVBOOT_NAME_MAX)
		return false;
	memcpy(&blob, buf, sizeof(blob));
	len -= sizeof(blob);
	if (blob.mode || memchr(name, 0, len))
		return false;
	if (!key || blob.guest_port != key || blob.tid < TFTP_SERVE_TID_FIRST ||
	    blob.tid - TFTP_SERVE_TID_FIRST >= TFTP_SERVE_TIDS)
		return false;
	if (blob.blksize < TFTP_BLKSIZE_MIN || blob.blksize > TFTP_SERVE_BLKSIZE_MAX || blob.base > BASE_MAX)
		return false;
	if (blob.size != PVBOOT_SIZE_UNKNOWN && (blob.size > INT64_MAX || blob.base > blob.size / blob.blksize + 1))
		return false;
	memset(keep, 0, sizeof(*keep));
	memcpy(keep->server, blob.server, sizeof(keep->server));
	memcpy(keep->guest, blob.guest, sizeof(keep->guest));
	keep->guest_port = blob.guest_port;
	keep->tid = blob.tid;
	keep->blksize = blob.blksize;
	keep->size = blob.size;
	keep->base = blob.base;
	memcpy(keep->filename, name, len);
	return true;
}
