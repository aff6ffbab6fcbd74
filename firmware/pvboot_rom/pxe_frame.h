/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_frame.h - Ethernet frames of the UNDI group. */
#ifndef ROM_PXE_FRAME_H
#define ROM_PXE_FRAME_H

#include "rom.h"

/* Calls of the API.  Each takes its parameter block in FS and returns the Status. */
uint16_t pxe_frame_transmit(void FAR *block);
uint16_t pxe_frame_isr(void FAR *block);
uint16_t pxe_frame_statistics(void FAR *block);
uint16_t pxe_frame_clear_statistics(void FAR *block);

#endif /* ROM_PXE_FRAME_H */
