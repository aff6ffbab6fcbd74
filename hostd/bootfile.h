/* SPDX-License-Identifier: BSD-2-Clause */
/* bootfile.h - the boot file that the configuration names in place of the server's. */
#ifndef HOSTD_BOOTFILE_H
#define HOSTD_BOOTFILE_H

#include "pvboot_req.h"

/*
 * Write name, shorter than PVBOOT_BOOTFILE_MAX, into the lease and into the boot server's reply (the packet from which
 * a boot program takes the directory of its own files): its option 67, and its `file` unless options are in there.
 */
void bootfile_override(struct pvboot_discover_res *res, const char *name);

#endif /* HOSTD_BOOTFILE_H */
