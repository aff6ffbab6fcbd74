/* SPDX-License-Identifier: BSD-2-Clause */
/* pxe_info.h - what the API tells about the stack: cached DHCP packets, the network card there is not. */
#ifndef ROM_PXE_INFO_H
#define ROM_PXE_INFO_H

#include "rom.h"

/* Calls: each takes its parameter block in FS and returns the Status. */
uint16_t pxe_info_cached(void FAR *block);
uint16_t pxe_info_information(void FAR *block);
uint16_t pxe_info_nic_type(void FAR *block);
uint16_t pxe_info_iface(void FAR *block);

#endif /* ROM_PXE_INFO_H */
