/* SPDX-License-Identifier: BSD-2-Clause */
/* send.h - datagrams, several to one notification of the device, and frames from the guest. */
#ifndef ROM_SEND_H
#define ROM_SEND_H

#include "pvboot_req.h"
#include "rom.h"

/*
 * Send len bytes at a physical address; the caller's memory is free again at return.  With later, a short datagram may
 * wait for the next ones (SEND_SLOTS at most) or for send_flush(): a notification costs more than all the rest.
 * Returns a request's status.
 */
uint32_t send_datagram(const struct pvboot_dgram_args *args, uint32_t payload, uint16_t len, bool later);

#define SEND_FRAGMENTS 9 /* of a frame: PXE 2.1's immediate data and 8 blocks */
#define SEND_HEADER 14	 /* bytes of an Ethernet header */

struct send_fragment {
	uint32_t phys;
	uint16_t len; /* not 0 */
};

/*
 * Send an Ethernet frame: header (near, SEND_HEADER bytes; NULL: it is in the fragments) and n fragments of the
 * caller's memory, which the device reads itself; both are free again at return.  Returns a request's status.
 */
uint32_t send_frame(const uint8_t *header, const struct send_fragment *fragments, uint32_t n);

/* Send what waits. */
uint32_t send_flush(void);

/* The device was reset: nothing waits any more. */
void send_forget(void);

#endif /* ROM_SEND_H */
