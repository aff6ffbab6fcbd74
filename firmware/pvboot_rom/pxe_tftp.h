/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_tftp.h - the TFTP group of the API. */
#ifndef ROM_PXE_TFTP_H
#define ROM_PXE_TFTP_H

#include "rom.h"

/* Calls: each takes its parameter block in FS and returns the Status.  All but CLOSE and READ need the device. */
uint16_t pxe_tftp_open(void FAR *block);
uint16_t pxe_tftp_close(void FAR *block);
uint16_t pxe_tftp_read(void FAR *block);
uint16_t pxe_tftp_read_file(void FAR *block);
uint16_t pxe_tftp_get_fsize(void FAR *block);
uint16_t pxe_tftp_restart(void FAR *block);

/* The device was reset: no file is open. */
void pxe_tftp_forget(void);

#endif /* ROM_PXE_TFTP_H */
