/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dir.h - a backend without a host: files of a local directory and a lease that is made up.
 *
 * For tests and for trying the firmware: no DHCP, no TFTP, no daemon, and datagrams are lost.  Whoever runs the device
 * reads the directory with its own rights.
 */
#ifndef PVBOOT_BACKEND_DIR_H
#define PVBOOT_BACKEND_DIR_H

#include <stdbool.h>

#include "backend.h"

struct pvboot_dir;

extern const struct pvboot_backend_ops pvboot_dir_ops;

/*
 * Serve the directory at path; bootfile is what the lease names, NULL for "pxelinux.0" (cut at PVBOOT_BOOTFILE_MAX - 1
 * bytes).  The result is the backend pointer for pvboot_dev_init() and the caller's to free after the device's last
 * use; NULL with errno set if path is no directory that can be opened.
 */
struct pvboot_dir *pvboot_dir_new(const char *path, const char *bootfile);
void pvboot_dir_free(struct pvboot_dir *dir);

/*
 * Go on with reads that were too long for one turn (1 MiB).  To be called, between register accesses, until it returns
 * false: nothing is left to do.
 */
bool pvboot_dir_run(struct pvboot_dir *dir);

#endif /* PVBOOT_BACKEND_DIR_H */
