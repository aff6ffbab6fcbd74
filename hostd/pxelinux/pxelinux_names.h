/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_names.h - which configuration pxelinux would read, and what its file names mean (RFC 5071, pxelinux(1)). */
#ifndef HOSTD_PXELINUX_NAMES_H
#define HOSTD_PXELINUX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp/boot_info.h"

#define PXELINUX_NAMES_MAX 12	    /* option 209, UUID, MAC, eight of the address, default */
#define PXELINUX_WRITTEN_MAX 255    /* bytes of a file name as written in a configuration: pxelinux cuts longer ones */
#define PXELINUX_NAME_TEXT_MAX 1100 /* bytes of pxelinux_file_text(), NUL included */

/* Who boots, as pxelinux sees it. */
struct pxelinux_guest {
	uint8_t mac[6];
	uint8_t uuid[16];   /* wire order (RFC 4578 2.3), as pxelinux shows it */
	uint8_t address[4]; /* the guest's own; 0.0.0.0 where one is not known, here and below */
	uint8_t server[4];
	uint8_t router[4];
	uint8_t netmask[4];
	char prefix[PVBOOT_BOOTFILE_MAX]; /* put before every file name that is no URL; may be empty */
	char config[PVBOOT_BOOTFILE_MAX]; /* option 209, or empty */
};

/* A file on a server. */
struct pxelinux_file {
	uint8_t server[4];		/* 0.0.0.0: the boot server */
	uint16_t port;			/* 0: the scheme's own */
	bool is_url;			/* name is a URL of another scheme than TFTP's */
	char name[PVBOOT_NAME_MAX + 1]; /* a TFTP path, or that URL */
};

struct pxelinux_names {
	unsigned int count;
	struct pxelinux_file file[PXELINUX_NAMES_MAX];
};

/* The guest of a lease. */
void pxelinux_guest_make(struct pxelinux_guest *guest, const struct boot_info *info);

/* Is this an identifier to pxelinux?  It looks at one byte alone; one made from the MAC it so leaves aside. */
bool pxelinux_uuid_valid(const uint8_t uuid[16]);

/*
 * The file that a name of len bytes in a configuration means: "::path", "address::path" and URLs stand without the
 * prefix, and those of TFTP are read by url_parse_pxelinux(); other URLs stay as they are, and all else is behind the
 * prefix.  On failure returns false and fills err: the name is empty or too long, or is refused by
 * url_parse_pxelinux().
 */
bool pxelinux_file_resolve(struct pxelinux_file *file, const char *prefix, const char *name, size_t len, char *error,
			   size_t cap);

/* The name for a person: "path" or "address::path", or the URL. */
void pxelinux_file_text(char text[PXELINUX_NAME_TEXT_MAX], const struct pxelinux_file *file);

/* The configurations that pxelinux asks for, in its order: it reads the first that exists.  A name in option 209 that
 * pxelinux_file_resolve() refuses is left out. */
void pxelinux_names(struct pxelinux_names *names, const struct pxelinux_guest *guest);

#endif /* HOSTD_PXELINUX_NAMES_H */
