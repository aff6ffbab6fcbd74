/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - what a guest boots without a boot program: the kernel, the initrds and the command line that pxelinux 6.04
 * would give it, from a pxelinux configuration.
 *
 * If this is not certain, plan.c refuses, with file and line, and the guest boots the boot program instead.
 */
#ifndef HOSTD_PLAN_H
#define HOSTD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pxelinux/pxelinux_names.h"
#include "pxelinux/pxelinux_parse.h"

#define PLAN_INITRDS_MAX 32
#define PLAN_COMMAND_MAX 2047 /* bytes of a command (file and options): pxelinux refuses longer ones */
#define PLAN_CMDLINE_MAX 2064 /* bytes of the command line, NUL included: the command, "BOOT_IMAGE=" and a blank */

/* SYSAPPEND, IPAPPEND */
#define PLAN_SYSAPPEND_IP 0x1u
#define PLAN_SYSAPPEND_BOOTIF 0x2u
#define PLAN_SYSAPPEND_SYSUUID 0x4u
#define PLAN_SYSAPPEND_FSUUID 0x40000u /* pxelinux has no file system, and appends nothing */

/* What booting a configuration does. */
struct plan_choice {
	bool ask; /* show the labels of plan_listed(), and let the user choose */
	const char *title;
	struct pxelinux_command command; /* booted without asking, or when the time is up; text NULL: nothing */
	const char *preferred;		 /* name of the label selected first, or NULL; valid if ask */
	uint32_t timeout_ms;		 /* 0: wait without limit; a key press cancels it */
	uint32_t total_timeout_ms;	 /* 0: none; a key press does not cancel it */
};

enum plan_kind {
	PLAN_LINUX,
	PLAN_LOCAL /* do not boot from the network: the BIOS tries its next device */
};

struct plan {
	enum plan_kind kind;
	char label[64]; /* its beginning; "" if the command names a kernel, not a LABEL */
	struct pxelinux_file kernel;
	unsigned int n_initrds;
	struct pxelinux_file
		initrd[PLAN_INITRDS_MAX]; /* to be concatenated, each but the last zero-padded to 4 bytes */
	char cmdline[PLAN_CMDLINE_MAX];	  /* as pxelinux passes it, before the kernel's own limit cuts it */
	uint16_t video_mode;		  /* the setup header's vid_mode, from "vga=" */
	uint64_t memory_limit;		  /* load nothing at or above it: from "mem="; 0: no limit */
};

/*
 * Decide what booting the configuration does.  If only the boot program can do it, returns false and fills err with
 * "FILE:LINE: text".
 */
bool plan_choose(struct plan_choice *choice, const struct pxelinux_config *config, char *err, size_t err_len);

/* Is this label shown in the menu? */
bool plan_listed(const struct pxelinux_label *label);

/*
 * Make a plan from a command: the name of a label or a kernel, perhaps with options, as in DEFAULT.  If it cannot be
 * booted directly, returns false and fills err, which begins with "FILE:LINE: " of the label, or of the command if it
 * has any.
 */
bool plan_make(struct plan *plan, const struct pxelinux_config *config, const struct pxelinux_command *command,
	       const struct pxelinux_guest *guest, char *err, size_t err_len);

#endif /* HOSTD_PLAN_H */
