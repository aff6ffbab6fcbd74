/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_boot.h - what DHCP alone says about a boot without a boot program: a site's option, or a boot file that is a
 * kernel.
 */
#ifndef HOSTD_PLAN_BOOT_H
#define HOSTD_PLAN_BOOT_H

#include "pxelinux/plan.h"

#define PLAN_KERNEL_HEAD 0x206 /* bytes of a file that show whether it is a Linux kernel */

/* What a site's option says about a boot. */
enum plan_boot {
	PLAN_BOOT_UNSAID, /* nothing: the configuration decides */
	PLAN_BOOT_PROGRAM,
	PLAN_BOOT_DIRECT
};

/*
 * Parse the text of a site's option (site_text of struct boot_info): "program", or "direct", perhaps followed by the
 * command line for a boot file that is a kernel.  *options is that command line, or "".  Returns false if the text is
 * neither.
 */
bool plan_boot_parse(const char *text, enum plan_boot *boot, const char **options);

/* Do these PLAN_KERNEL_HEAD bytes begin a Linux kernel that has a header (boot protocol 2.00 and later)? */
bool plan_boot_is_kernel(const uint8_t head[PLAN_KERNEL_HEAD]);

/* Can a file of this name be a kernel?  Not if pxelinux takes it for a boot program by its name. */
bool plan_boot_may_be_kernel(const char *name);

/*
 * Make the plan for a lease whose boot file is a kernel.  options and more are parts of the command line, each may be
 * ""; initrd= in them has the same meaning as in pxelinux.  On failure returns false and fills err.
 */
bool plan_boot_make(struct plan *plan, const char *bootfile, const char *options, const char *more,
		    const struct pxelinux_guest *guest, char *err, size_t err_len);

#endif /* HOSTD_PLAN_BOOT_H */
