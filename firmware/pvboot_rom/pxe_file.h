/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_file.h - the FILE group, iPXE's extension of the API. */
#ifndef ROM_PXE_FILE_H
#define ROM_PXE_FILE_H

#include "rom.h"

/*
 * Calls of the API.  Each takes its parameter block in FS and returns the Status.
 * pxe.c starts the device before OPEN.
 */
uint16_t pxe_file_open(void FAR *block);
uint16_t pxe_file_close(void FAR *block);
uint16_t pxe_file_select(void FAR *block);
uint16_t pxe_file_read(void FAR *block);
uint16_t pxe_file_size(void FAR *block);
uint16_t pxe_file_api_check(void FAR *block);

/* The device was reset: no file is open. */
void pxe_file_forget(void);

#endif /* ROM_PXE_FILE_H */
