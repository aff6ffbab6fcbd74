/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_udp.h - the UDP group of the API. */
#ifndef ROM_PXE_UDP_H
#define ROM_PXE_UDP_H

#include "rom.h"

/*
 * Calls of the API.  Each takes its parameter block in FS and returns the Status.
 * pxe.c starts the device before OPEN.
 */
uint16_t pxe_udp_open(void FAR *block);
uint16_t pxe_udp_close(void FAR *block);
uint16_t pxe_udp_read(void FAR *block);
uint16_t pxe_udp_write(void FAR *block);

/* The device was reset: UDP is closed, and no datagram waits. */
void pxe_udp_forget(void);

#endif /* ROM_PXE_UDP_H */
