/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_undi.h - the UNDI group of the API without the frames themselves (pxe_frame.h). */
#ifndef ROM_PXE_UNDI_H
#define ROM_PXE_UNDI_H

#include "rom.h"

/*
 * Calls of the API.  Each takes its parameter block in FS and returns the Status.
 * pxe.c starts the device before OPEN and RESET.
 */
uint16_t pxe_undi_reset(void FAR *block);
uint16_t pxe_undi_open(void FAR *block);
uint16_t pxe_undi_close(void FAR *block);
uint16_t pxe_undi_set_mcast(void FAR *block);
uint16_t pxe_undi_set_station(void FAR *block);
uint16_t pxe_undi_set_filter(void FAR *block);
uint16_t pxe_undi_diags(void FAR *block);
uint16_t pxe_undi_get_mcast(void FAR *block);

/* Are frames open?  They are after a successful UNDI_OPEN until they are closed or the device stops. */
bool pxe_undi_opened(void);

/* The device was reset: no frames are open, and it has no buffers. */
void pxe_undi_forget(void);

#endif /* ROM_PXE_UNDI_H */
