/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_info.h - what a lease says about a boot.
 *
 * hostd reads the DHCP packets once, here.  All other code takes the values of their options from struct boot_info. The
 * DHCP client (dhcp.c) and the made-up lease (dhcp_local.c) fill it.
 */
#ifndef HOSTD_BOOT_INFO_H
#define HOSTD_BOOT_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "pvboot_req.h"

#define BOOT_INFO_TEXT_MAX 256 /* bytes of the site's option, NUL included: it is sent in one piece */

/* What a lease names as the boot file. */
enum boot_named {
	BOOT_NAMED_NOTHING,
	BOOT_NAMED_PROGRAM, /* a file on the boot server: a kernel if its first bytes say so, else a boot program */
	BOOT_NAMED_URL	    /* a file on the server that the URL names */
};

struct boot_info {
	struct pvboot_discover_res res; /* what the guest is told; after a restart of hostd only its lease is set */
	uint8_t mac[6];			/* the guest's MAC address */
	uint8_t uuid[16];		/* its UUID in wire order (option 97), or one made from the MAC address */
	bool well_formed;		/* both packets of res are DHCP messages, so that an option can be added */
	/* Options 1 and 3 as pxelinux reads them: 0.0.0.0 unless the option is exactly one address. */
	uint8_t netmask[4];
	uint8_t router[4];
	bool prefix_sent;		  /* a server sends option 210 */
	char prefix[PVBOOT_BOOTFILE_MAX]; /* of pxelinux's files: option 210, or the boot file's directory; may be empty
					   */
	char config[PVBOOT_BOOTFILE_MAX]; /* pxelinux's configuration file: option 209, or empty */
	char site_text[BOOT_INFO_TEXT_MAX]; /* the site's option, printable; empty if there is none */
};

/* Set the guest's MAC address and UUID (16 bytes in wire order).  Without a UUID, use the one made from the MAC. */
void boot_info_identify(struct boot_info *info, const uint8_t mac[6], bool has_uuid, const uint8_t uuid[16]);

/*
 * Read the packets of info->res, which are cut to the guest's buffers, and the boot file of its lease.  If the ACK and
 * the boot server's reply both have an option, use the reply's, as pxelinux does.  site_option is the code of the
 * site's option; 0: none.
 */
void boot_info_read(struct boot_info *info, uint8_t site_option);

/* Change the boot file, in the lease and in the boot server's reply (dhcp_edit_boot_file()). */
void boot_info_set_file(struct boot_info *info, const char *name);

/* Returns what the lease names as the boot file. */
enum boot_named boot_info_named(const struct boot_info *info);

#endif /* HOSTD_BOOT_INFO_H */
