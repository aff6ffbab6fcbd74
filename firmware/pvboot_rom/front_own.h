/* SPDX-License-Identifier: BSD-2-Clause */
/* front_own.h - pvboot's own device: its configuration is a register file (struct pvboot_config). */
#ifndef ROM_FRONT_OWN_H
#define ROM_FRONT_OWN_H

#include "virtio.h"

extern const struct virtio_front front_own;

/* At POST: does PVBOOT_CFG_F_BOOT_FIRST ask the ROM to go before the BIOS's own boot devices? */
bool front_own_boots_first(void);

#endif /* ROM_FRONT_OWN_H */
