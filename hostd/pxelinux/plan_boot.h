/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_boot.h - what DHCP alone can say of a boot without a boot program: a site's option, a boot file that is a
 * kernel. */
#ifndef HOSTD_PLAN_BOOT_H
#define HOSTD_PLAN_BOOT_H

#include "pxelinux/plan.h"

#define PLAN_KERNEL_HEAD 0x206 /* bytes that tell a Linux kernel from anything else */

/* What a site's option says of a boot. */
enum plan_boot {
	PLAN_BOOT_UNSAID, /* as configured */
	PLAN_BOOT_PROGRAM,
	PLAN_BOOT_DIRECT
};

/*
 * What the option's text (site_text of struct boot_info) says: "program", or "direct", perhaps followed by the command
 * line of a boot file that is a kernel (*options: that, or "").  False if it is neither.
 */
bool plan_boot_parse(const char *text, enum plan_boot *boot, const char **options);

/* Do these PLAN_KERNEL_HEAD bytes begin a Linux kernel that has a header (boot protocol 2.00 and later)? */
bool plan_boot_is_kernel(const uint8_t head[PLAN_KERNEL_HEAD]);

/* Can a file of that name be a kernel?  Not those that pxelinux takes for a boot program by their names. */
bool plan_boot_may_be_kernel(const char *name);

/*
 * The plan of a lease whose boot file is a kernel, with options of two origins (each may be ""), in which initrd= means
 * what it does in pxelinux.  Returns false and fills err.
 */
bool plan_boot_make(struct plan *plan, const char *bootfile, const char *options, const char *more,
		    const struct pxelinux_guest *guest, char *err, size_t err_len);

#endif /* HOSTD_PLAN_BOOT_H */
