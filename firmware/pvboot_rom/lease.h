/* SPDX-License-Identifier: BSD-2-Clause */
/* lease.h - the guest's DHCP lease and packets, as the host got them. */
#ifndef ROM_LEASE_H
#define ROM_LEASE_H

#include "pvboot_req.h"
#include "rom.h"

/* The lease and its three packets.  GET_CACHED_INFO gives boot programs their address: boot programs may write them. */
extern struct pvboot_discover_res lease_dhcp;

/* Have the host get a lease, and print it.  Returns a request's status. */
uint32_t lease_ask(void);

/*
 * End the reply before the option 210 that hostd added to it, which is for pxelinux alone.  pxelinux has read it when
 * it closes UDP; the program that it loads then sees what the server sent.
 */
void lease_drop_prefix(void);

#endif /* ROM_LEASE_H */
