/* SPDX-License-Identifier: BSD-2-Clause */
/* send.h - datagrams from the guest, several to one notification of the device. */
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

/* Send what waits. */
uint32_t send_flush(void);

/* The device was reset: nothing waits any more. */
void send_forget(void);

#endif /* ROM_SEND_H */
