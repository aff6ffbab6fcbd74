/* SPDX-License-Identifier: BSD-2-Clause */
/* attach.h - between attach.c, which puts the plugin under a real guest, and v3dev.c. */
#ifndef PALACIOS_ATTACH_H
#define PALACIOS_ATTACH_H

#include <stdbool.h>

struct v3_vm_info;

/* Start the thread that serves the device at path, which is not there before v3dev_appear(). */
bool v3dev_start(const char *path);
/* The VM exists: so does its device. */
bool v3dev_appear(struct v3_vm_info *vm);
/* The VM is about to be freed. */
void v3dev_vanish(void);

#endif /* PALACIOS_ATTACH_H */
