/* SPDX-License-Identifier: BSD-2-Clause */
/* transfer.h - one open file on the host. */
#ifndef ROM_TRANSFER_H
#define ROM_TRANSFER_H

#include "pvboot_req.h"
#include "rom.h"

struct transfer {
	uint32_t handle; /* 0: not open */
	uint32_t block;	 /* bytes of a TFTP block, as negotiated */
	uint64_t size;	 /* or PVBOOT_SIZE_UNKNOWN */
	uint64_t offset; /* the next byte */
	bool eof;
};

/*
 * Open the file whose name, name_len bytes, is at a physical address.  server and port_be are in network order; server
 * 0 is the lease's boot server.  flags: PVBOOT_OPEN_F_*.  Returns a request's status; t is open only after PVBOOT_S_OK.
 */
uint32_t transfer_open(struct transfer *t, uint32_t server, uint16_t port_be, uint16_t block, uint32_t flags,
		       uint32_t name, uint32_t name_len);

/*
 * Have the host write up to len bytes to a physical address.  *got is less than len at the end of the file, or with
 * PVBOOT_READ_F_PARTIAL.  Returns a request's status.
 */
uint32_t transfer_read(struct transfer *t, uint32_t phys, uint32_t len, uint32_t flags, uint32_t wait_ms,
		       uint32_t *got);

/* Print that done bytes have been read, in KiB rounded up, over the line that the last call printed. */
void transfer_show(const struct transfer *t, uint64_t done);

/* Close t if it is open.  The status tells whether the file changed while it was read. */
uint32_t transfer_close(struct transfer *t);

#endif /* ROM_TRANSFER_H */
