/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - what a guest boots without a boot program: the kernel, the initrds and the command line that pxelinux 6.04
 * would have given it, from a configuration of pxelinux's.
 *
 * What cannot be said for certain is refused, with file and line, and the boot program is booted instead.
 */
#ifndef HOSTD_PLAN_H
#define HOSTD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pxelinux/pxelinux_names.h"
#include "pxelinux/pxelinux_parse.h"

#define PLAN_INITRDS_MAX 32
#define PLAN_COMMAND_MAX 2047 /* bytes of what is to be booted and its options: pxelinux refuses longer ones */
#define PLAN_CMDLINE_MAX 2064 /* bytes of the command line, NUL included: "BOOT_IMAGE=" and a blank come on top */

/* SYSAPPEND, IPAPPEND */
#define PLAN_SYSAPPEND_IP 0x1u
#define PLAN_SYSAPPEND_BOOTIF 0x2u
#define PLAN_SYSAPPEND_SYSUUID 0x4u
#define PLAN_SYSAPPEND_FSUUID 0x40000u /* pxelinux has no file system, and appends nothing */

/* What happens when a configuration is booted. */
struct plan_choice {
	bool ask; /* show the labels that plan_listed() lets through, and let somebody choose */
	const char *title;
	struct pxelinux_command command; /* what is booted unasked, or when the time is up; text NULL: nothing */
	const char *preferred;		 /* the name of the label to begin at, or NULL; valid if ask */
	uint32_t timeout_ms;		 /* 0: wait for somebody; a key pressed ends it */
	uint32_t total_timeout_ms;	 /* 0: none; a key pressed does not end it */
};

enum plan_kind {
	PLAN_LINUX,
	PLAN_LOCAL /* no boot from the network: on to the BIOS's next device */
};

struct plan {
	enum plan_kind kind;
	char label[64]; /* its beginning; empty where a kernel was named without a LABEL */
	struct pxelinux_file kernel;
	unsigned int n_initrds;
	struct pxelinux_file
		initrd[PLAN_INITRDS_MAX]; /* to be concatenated, each but the last zero-padded to 4 bytes */
	char cmdline[PLAN_CMDLINE_MAX];	  /* as the kernel finds it, before it is cut to the kernel's own limit */
	uint16_t video_mode;		  /* the setup header's vid_mode, by "vga=" */
	uint64_t memory_limit;		  /* by "mem=", 0: none: nothing is to be loaded at or above it */
};

/* Decide what happens.  Returns false and fills err with "FILE:LINE: words" where it cannot be done without the boot
 * program. */
bool plan_choose(struct plan_choice *choice, const struct pxelinux_config *config, char *err, size_t err_len);

/* Is this label one of those that are shown? */
bool plan_listed(const struct pxelinux_label *label);

/*
 * Work out a command: the name of a label or a kernel, perhaps with options, as in DEFAULT.  Returns false and fills
 * err (which begin with "FILE:LINE: " of the label, or of the command where it has any) where it is nothing that can be
 * booted directly.
 */
bool plan_make(struct plan *plan, const struct pxelinux_config *config, const struct pxelinux_command *command,
	       const struct pxelinux_guest *guest, char *err, size_t err_len);

#endif /* HOSTD_PLAN_H */
