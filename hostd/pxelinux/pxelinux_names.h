/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_names.h - the names under which pxelinux looks for its configuration, and the meaning of its file names (RFC
 * 5071, pxelinux(1)).
 */
#ifndef HOSTD_PXELINUX_NAMES_H
#define HOSTD_PXELINUX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp/boot_info.h"

#define PXELINUX_NAMES_MAX 12	    /* option 209, UUID, MAC, eight from the address, default */
#define PXELINUX_WRITTEN_MAX 255    /* bytes of a file name in a configuration: pxelinux cuts longer ones */
#define PXELINUX_NAME_TEXT_MAX 1100 /* bytes of pxelinux_file_text(), NUL included */

/* The guest that boots, as pxelinux sees it. */
struct pxelinux_guest {
	uint8_t mac[6];
	uint8_t uuid[16];   /* wire order (RFC 4578 2.3), as pxelinux shows it */
	uint8_t address[4]; /* the guest's own; here and below 0.0.0.0: unknown */
	uint8_t server[4];
	uint8_t router[4];
	uint8_t netmask[4];
	char prefix[PVBOOT_BOOTFILE_MAX]; /* put before every file name that is not a URL; may be empty */
	char config[PVBOOT_BOOTFILE_MAX]; /* option 209, or empty */
};

/* A file on a server. */
struct pxelinux_file {
	uint8_t server[4];		/* 0.0.0.0: the boot server */
	uint16_t port;			/* 0: the scheme's default */
	bool is_url;			/* name is a URL of a scheme other than TFTP's */
	char name[PVBOOT_NAME_MAX + 1]; /* a TFTP path, or that URL */
};

struct pxelinux_names {
	unsigned int count;
	struct pxelinux_file file[PXELINUX_NAMES_MAX];
};

/* Fill in guest from a lease. */
void pxelinux_guest_make(struct pxelinux_guest *guest, const struct boot_info *info);

/* Does pxelinux take this for a UUID?  It looks at one byte only, and so ignores one that is made from the MAC. */
bool pxelinux_uuid_valid(const uint8_t uuid[16]);

/*
 * Resolve the file name of len bytes from a configuration.  "::path", "address::path" and URLs get no prefix; those of
 * TFTP are read by url_parse_pxelinux(), and other URLs stay as they are.  Any other name gets the prefix.  On failure
 * returns false and fills error: the name is empty or too long, or url_parse_pxelinux() refuses it.
 */
bool pxelinux_file_resolve(struct pxelinux_file *file, const char *prefix, const char *name, size_t len, char *error,
			   size_t cap);

/* Write the name for a person: "path" or "address::path", or the URL. */
void pxelinux_file_text(char text[PXELINUX_NAME_TEXT_MAX], const struct pxelinux_file *file);

/*
 * List the configurations that pxelinux asks for, in its order; it reads the first that exists.  A name in option 209
 * that pxelinux_file_resolve() refuses is left out.
 */
void pxelinux_names(struct pxelinux_names *names, const struct pxelinux_guest *guest);

#endif /* HOSTD_PXELINUX_NAMES_H */
