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
 * Open the file whose name of name_len bytes lies at a physical address.  server and port in network order; server 0:
 * the lease's boot server; flags PVBOOT_OPEN_F_*.  Returns a request's status; the transfer is open after PVBOOT_S_OK
 * only.
 */
uint32_t transfer_open(struct transfer *t, uint32_t server, uint16_t port_be, uint16_t block, uint32_t flags,
		       uint32_t name, uint32_t name_len);

/*
 * Read up to len bytes to a physical address: the host writes them there.  *got is less than len at the end of the
 * file, or with PVBOOT_READ_F_PARTIAL.
 */
uint32_t transfer_read(struct transfer *t, uint32_t phys, uint32_t len, uint32_t flags, uint32_t wait_ms,
		       uint32_t *got);

/* Print that done bytes of it are here, over what was printed of it before; KiB begun count as whole ones. */
void transfer_show(const struct transfer *t, uint64_t done);

/* Close; nothing happens if it is not open.  The status tells whether the file changed while it was read. */
uint32_t transfer_close(struct transfer *t);

#endif /* ROM_TRANSFER_H */
