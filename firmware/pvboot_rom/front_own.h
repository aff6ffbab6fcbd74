/* SPDX-License-Identifier: BSD-2-Clause */
/* front_own.h - pvboot's own device, whose configuration is in registers (struct pvboot_config). */
#ifndef ROM_FRONT_OWN_H
#define ROM_FRONT_OWN_H

#include "virtio.h"

extern const struct virtio_front front_own;

/* Called at POST: does PVBOOT_CFG_F_BOOT_FIRST ask the ROM to boot before the BIOS's own boot devices? */
bool front_own_boots_first(void);

#endif /* ROM_FRONT_OWN_H */
