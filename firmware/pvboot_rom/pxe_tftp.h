/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_tftp.h - the TFTP group of the API. */
#ifndef ROM_PXE_TFTP_H
#define ROM_PXE_TFTP_H

#include "rom.h"

/*
 * Calls of the API.  Each takes its parameter block in FS and returns the Status.
 * pxe.c starts the device before all but CLOSE and READ.
 */
uint16_t pxe_tftp_open(void FAR *block);
uint16_t pxe_tftp_close(void FAR *block);
uint16_t pxe_tftp_read(void FAR *block);
uint16_t pxe_tftp_read_file(void FAR *block);
uint16_t pxe_tftp_get_fsize(void FAR *block);
uint16_t pxe_tftp_restart(void FAR *block);

/* The device was reset: no file is open. */
void pxe_tftp_forget(void);

#endif /* ROM_PXE_TFTP_H */
