/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - the command line of pvboot-device. */
#ifndef QEMU_OPTIONS_H
#define QEMU_OPTIONS_H

#include "pvboot_dev.h"

struct options {
	int fd;		    /* the socket to QEMU */
	const char *attach; /* the name of a struct attach_ops */
	const char *socket; /* where to listen for QEMU, NULL: fd */
	const char *state;  /* keep.h's file, NULL: beside the socket */
	const char *rom;    /* file for the device's own ROM BAR, NULL: none */
	const char *name;
	const char *hostd;    /* hostd's socket */
	int phase_fd;	      /* a pipe that is told each phase, or -1 */
	const char *user;     /* whom to become when started by root */
	uint16_t id_flags;    /* PVBOOT_LINK_ID_*: which of mac and uuid the user named */
	uint32_t rom_wait_ms; /* for the ROM to start, before it is said that it has not; 0: never said */
	bool sandbox;
	bool fd_passing;
	enum pvboot_log_level log_level;
	struct pvboot_dev_conf conf;
};

/*
 * Parse the command line into *o.  Returns -1 to go on, or an exit status: 0 after --help or --version, 2 after an
 * error, which it has printed on stderr.  The strings in *o point into argv.
 */
int options_parse(struct options *o, int argc, char *argv[]);

/*
 * Parse text of the usual form into the 16 bytes of DHCP option 97 (RFC 4578 2.3): the first three fields are stored
 * with their least significant byte first, as SMBIOS has them and as PXE clients send them.  False if it is not one.
 */
bool options_uuid(const char *text, uint8_t uuid[16]);

/*
 * Parse xx:xx:xx:xx:xx:xx (or with dashes).  Returns false if text is not a MAC address, or is a group address, or all
 * zero.
 */
bool options_mac(const char *text, uint8_t mac[6]);

#endif /* QEMU_OPTIONS_H */
