// SPDX-License-Identifier: BSD-2-Clause
/* nbp.c - the boot program (NBP): the host writes it to base memory, at 0:7C00h. */
#include "nbp.h"

#include "console.h"
#include "errors.h"
#include "pvboot_req.h"
#include "pxe_abi.h"
#include "request.h"
#include "transfer.h"
#include "virtio.h"

#define CHUNK 32768	/* bytes of one read, after which progress may be printed */
#define PROGRESS_MS 500 /* between two lines of progress */

static uint32_t load_chunks(struct transfer *t, uint32_t limit)
{
	uint32_t shown = virtio_milliseconds();

	while (!t->eof) {
		uint32_t done = t->offset, got, status;

		if (done == limit)
			return ERROR_TOO_BIG;
		status = transfer_read(t, PXE_NBP_ADDRESS + done, limit - done < CHUNK ? limit - done : CHUNK, 0, 0,
				       &got);
		if (status)
			return status | ERROR_READ;
		if (!got && !t->eof)
			return PVBOOT_S_TRUNCATED;
		if (request_interactive && !t->eof && virtio_milliseconds() - shown >= PROGRESS_MS) {
			shown = virtio_milliseconds();
			transfer_show(t, t->offset);
		}
	}
	if (!t->offset)
		return ERROR_EMPTY;
	renew_base(PXE_NBP_ADDRESS, t->offset); /* limit is a multiple of a KiB */
	return PVBOOT_S_OK;
}

uint32_t nbp_load(uint32_t server, uint32_t name, uint32_t name_len)
{
	uint16_t kib = peek16(BDA_FBM);
	uint32_t limit, status;
	struct transfer t;

	status = transfer_open(&t, server, 0, 0, 0, name, name_len);
	if (status)
		return status;
	if (kib > resident.new_fbm)
		kib = resident.new_fbm;
	limit = ((uint32_t)kib << 10) - PXE_NBP_ADDRESS;
	if (t.size != PVBOOT_SIZE_UNKNOWN && t.size > limit) {
		status = ERROR_TOO_BIG;
		if (request_interactive)
			print("  %d KiB, and room for %d", (uint32_t)(t.size >> 10), limit >> 10);
	} else if (!t.size) {
		status = ERROR_EMPTY;
	} else {
		status = load_chunks(&t, limit);
	}
	if (!status && request_interactive)
		transfer_show(&t, t.offset);
	transfer_close(&t);
	return status;
}
