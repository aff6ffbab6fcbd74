/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_info.h - what the API tells of itself: the cached DHCP packets, and a network card that does not exist. */
#ifndef ROM_PXE_INFO_H
#define ROM_PXE_INFO_H

#include "rom.h"

/* Calls of the API.  Each takes its parameter block in FS and returns the Status. */
uint16_t pxe_info_cached(void FAR *block);
uint16_t pxe_info_information(void FAR *block);
uint16_t pxe_info_nic_type(void FAR *block);
uint16_t pxe_info_iface(void FAR *block);

#endif /* ROM_PXE_INFO_H */
