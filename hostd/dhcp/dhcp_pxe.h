/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_pxe.h - read what a DHCP message says about booting (PXE 2.1, RFC 4578, RFC 5071, RFC 5859). */
#ifndef HOSTD_DHCP_PXE_H
#define HOSTD_DHCP_PXE_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp/dhcp_msg.h"
#include "pvboot_req.h"

/* Option 43, sub-option 6: how a client may discover boot servers. */
#define DHCP_PXE_NO_BROADCAST 0x01
#define DHCP_PXE_NO_MULTICAST 0x02
#define DHCP_PXE_LISTED_ONLY 0x04
#define DHCP_PXE_FILE_NOW 0x08 /* boot the file named here, even if there is a menu */

struct dhcp_pxe {
	bool is_pxe; /* option 60 begins with "PXEClient": a proxy, a boot server, or a DHCP server that is one too */
	char file[PVBOOT_BOOTFILE_MAX]; /* empty: none */
	const char *file_from;		/* "file field" or "option 67" */
	bool file_full;			/* the name fills the file field, so its end is probably cut off */
	bool file_too_long;		/* the name does not fit and is ignored */
	uint8_t server[4];		/* where the file is; 0.0.0.0: the message does not say */
	const char *server_from;	/* "siaddr", "option 66", ... */
	char server_name[65]; /* option 66 or sname if it is a host name, which is only logged: hostd does not resolve
				 it */
	uint8_t control;      /* option 43, sub-option 6 */
	bool has_item;	      /* there is a menu; item is its first entry that is not "boot locally" */
	uint16_t item;
	char item_text[64];
	bool has_item_server; /* sub-option 8 lists a boot server for that item */
	uint8_t item_server[4];
	char prefix[PVBOOT_BOOTFILE_MAX]; /* option 210, plain or inside 43 */
	char config[PVBOOT_BOOTFILE_MAX]; /* option 209, plain or inside 43 */
};

/*
 * Fill *pxe from msg.  The file is the `file` field, else option 67.  Its server is siaddr, else option 66 or sname if
 * that is an address, else the first address of option 150, else option 54.
 */
void dhcp_pxe_read(struct dhcp_pxe *pxe, const struct dhcp_msg *msg);

#endif /* HOSTD_DHCP_PXE_H */
