/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_edit.h - change the packets that a boot program sees: the boot file, and pxelinux's path prefix. */
#ifndef HOSTD_DHCP_EDIT_H
#define HOSTD_DHCP_EDIT_H

#include <stdbool.h>

#include "pvboot_req.h"

/*
 * Write name, shorter than PVBOOT_BOOTFILE_MAX, into the lease and into the boot server's reply, from which a boot
 * program takes the directory of its files.  In the reply this sets option 67, and the `file` field unless that holds
 * options.
 */
void dhcp_edit_boot_file(struct pvboot_discover_res *res, const char *name);

/* Add option 210 (RFC 5071), of at most 255 bytes, to the boot server's reply, which must not have one.  Returns false
 * if it does not fit. */
bool dhcp_edit_add_prefix(struct pvboot_discover_res *res, const char *prefix);

#endif /* HOSTD_DHCP_EDIT_H */
