/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_info.h - what a lease says of a boot.
 *
 * DHCP's packets are read once, here: whoever needs an option of theirs finds what it says in struct boot_info.  It
 * comes from the DHCP client (dhcp.c) and from a made-up lease (dhcp_local.c).
 */
#ifndef HOSTD_BOOT_INFO_H
#define HOSTD_BOOT_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "pvboot_req.h"

#define BOOT_INFO_TEXT_MAX 256 /* bytes of the site's option, NUL included: it comes in one piece */

/* What a lease names as the boot file. */
enum boot_named {
	BOOT_NAMED_NOTHING,
	BOOT_NAMED_PROGRAM, /* a file on the boot server: a boot program, unless its first bytes are a kernel's */
	BOOT_NAMED_URL	    /* a file on the server that the URL names */
};

struct boot_info {
	struct pvboot_discover_res res; /* what the guest is told; once hostd has restarted, only its lease is known */
	uint8_t mac[6];			/* the guest's, */
	uint8_t uuid[16];		/* and its identifier in wire order (option 97), or one made from the MAC */
	bool well_formed;		/* both packets of res are DHCP messages, so that an option can be added */
	/* As pxelinux sees the network: options 1 and 3, each only if it is one address; 0.0.0.0 otherwise. */
	uint8_t netmask[4];
	uint8_t router[4];
	bool prefix_sent;		    /* a server sends option 210 */
	char prefix[PVBOOT_BOOTFILE_MAX];   /* of pxelinux's files: option 210, or the boot file's own; may be empty */
	char config[PVBOOT_BOOTFILE_MAX];   /* pxelinux's configuration file: option 209, or empty */
	char site_text[BOOT_INFO_TEXT_MAX]; /* the site's option, printable; empty if there is none */
};

/* Say whose lease it is; without a UUID the guest has the one made from its MAC. */
void boot_info_identify(struct boot_info *info, const uint8_t mac[6], bool has_uuid, const uint8_t uuid[16]);

/*
 * Read the packets of info->res, as they were cut for the guest, and the boot file of its lease.  If both the ACK and
 * the boot server's reply have an option, the reply's counts, as in pxelinux.  site_option is the code of the site's
 * option, 0: none.
 */
void boot_info_read(struct boot_info *info, uint8_t site_option);

/* Change the boot file, in the lease and in the boot server's reply (dhcp_edit_boot_file()). */
void boot_info_set_file(struct boot_info *info, const char *name);

/* What does the lease name? */
enum boot_named boot_info_named(const struct boot_info *info);

#endif /* HOSTD_BOOT_INFO_H */
