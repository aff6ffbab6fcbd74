/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_conf.h - the settings of a VM: its [vm NAME] section, which conf.h reads. */
#ifndef HOSTD_VM_CONF_H
#define HOSTD_VM_CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "dhcp/dhcp.h"
#include "pvboot_link.h"

#define CONF_MACS_MAX 16
#define CONF_UIDS_MAX 32
#define CONF_PATH_MAX 108   /* bytes of a socket's path, NUL included: sun_path */
#define CONF_STREAM_MAX 128 /* bytes of a stream's name, NUL included: the limit of the Linux host of Palacios */
#define CONF_INITRDS_MAX (PVBOOT_FILES_MAX - 1)
#define CONF_FILE_MAX 512     /* bytes of a kernel's or initrd's name, NUL included */
#define CONF_CMDLINE_MAX 2048 /* bytes of a kernel's command line, NUL included */

enum conf_frames {
	CONF_FRAMES_DEFAULT, /* on with an interface */
	CONF_FRAMES_OFF,
	CONF_FRAMES_ON
};

/* One [vm NAME] section: which devices may connect as this VM, and what the VM may do. */
struct conf_vm {
	struct conf_vm *next;
	char name[PVBOOT_LINK_NAME_MAX]; /* a pattern for fnmatch() if pattern is set */
	bool pattern;
	uint32_t place; /* its index in conf->vms */
	int line;	/* line of the section's head; 0: from the command line */
	struct addr_mac_pattern mac[CONF_MACS_MAX];
	size_t n_macs;	  /* 0: any */
	bool mac_of_card; /* a VM without a MAC in its section uses its card's MAC, which the guest reports */
	bool has_uuid;
	uint8_t uuid[16]; /* wire order (RFC 4578 2.3: as SMBIOS has it) */
	char ifname[IF_NAMESIZE];
	char root[512];
	int root_fd; /* -1 until conf_open_roots() */
	uid_t uid[CONF_UIDS_MAX];
	size_t n_uids;
	bool any_uid;
	enum dhcp_proxy_mode proxy;
	uint32_t dhcp_timeout_ms;	     /* 0: the default */
	char boot_file[PVBOOT_BOOTFILE_MAX]; /* "": the DHCP server's */
	uint16_t tftp_blksize;		     /* 0: the default */
	uint16_t tftp_windowsize;	     /* 0: the default */
	uint32_t host_wait_ms;		     /* 0: the device's default */
	char palacios[CONF_PATH_MAX];	     /* its device file on a Palacios host; "": not a Palacios machine */
	char stream[CONF_STREAM_MAX];	     /* the stream's name there */
	bool source_guest;		     /* fetch with the guest's MAC and IP address */
	enum conf_frames frames;	     /* whether its boot program may send Ethernet frames */
	uint8_t boot_option;	    /* DHCP option by which a site chooses direct boot or a boot program; 0: none */
	bool direct;		    /* boot without a boot program when there is a plan */
	bool sealed;		    /* kernel and initrds are the only files that it may read; root is "/" */
	char kernel[CONF_FILE_MAX]; /* boot this kernel; "": follow a pxelinux configuration */
	char initrd[CONF_INITRDS_MAX][CONF_FILE_MAX];
	size_t n_initrds;
	char append[CONF_CMDLINE_MAX];
	bool cache_off;		  /* fetch every file for this VM alone */
	uint32_t tftp_max_age_ms; /* how old a copy may be to be served without asking its server */
	bool pxelinux_plain;	  /* give pxelinux nothing that its DHCP servers do not send */
	bool serve_stale;	  /* serve an old copy if its server does not answer */
};

/*
 * Does hostd serve the VM from a directory (root, or a sealed section)?  If not, the VM has an interface, and a
 * network.
 */
bool conf_vm_has_directory(const struct conf_vm *vm);
bool conf_vm_allows_mac(const struct conf_vm *vm, const uint8_t mac[6]);
/* Is name the kernel, an initrd or the boot file of this section? */
bool conf_vm_names(const struct conf_vm *vm, const char *name);

#endif /* HOSTD_VM_CONF_H */
