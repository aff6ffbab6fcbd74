/* SPDX-License-Identifier: BSD-2-Clause */
/* send.h - datagrams and frames from the guest; several short datagrams share a notification. */
#ifndef ROM_SEND_H
#define ROM_SEND_H

#include "pvboot_req.h"
#include "rom.h"

/*
 * Send len bytes at a physical address.  The caller may reuse the memory at return.  If later is true, a short datagram
 * may wait for the next ones or for send_flush(), because a notification costs more than all else.  Returns a request's
 * status.
 */
uint32_t send_datagram(const struct pvboot_dgram_args *args, uint32_t payload, uint16_t len, bool later);

#define SEND_FRAGMENTS 9 /* of a frame: PXE 2.1's immediate data and 8 blocks */
#define SEND_HEADER 14	 /* bytes of an Ethernet header */

struct send_fragment {
	uint32_t phys;
	uint16_t len; /* not 0 */
};

/*
 * Send an Ethernet frame: a near header of SEND_HEADER bytes (NULL: the fragments have it) and n fragments of memory.
 * The device reads them where they are; the caller may reuse both at return.  Returns a request's status.
 */
uint32_t send_frame(const uint8_t *header, const struct send_fragment *fragments, uint32_t n);

/* Send the datagrams that wait. */
uint32_t send_flush(void);

/* The device was reset: no datagram waits. */
void send_forget(void);

#endif /* ROM_SEND_H */
