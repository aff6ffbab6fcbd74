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
#define CONF_PATH_MAX 108   /* a socket's name, sun_path */
#define CONF_STREAM_MAX 128 /* a stream's name, NUL included: what the Linux host of Palacios takes */
#define CONF_INITRDS_MAX (PVBOOT_FILES_MAX - 1)
#define CONF_FILE_MAX 512     /* bytes of a kernel's or initrd's name, NUL included */
#define CONF_CMDLINE_MAX 2048 /* bytes of a kernel's command line, NUL included */

enum conf_frames {
	CONF_FRAMES_DEFAULT, /* on with an interface */
	CONF_FRAMES_OFF,
	CONF_FRAMES_ON
};

/* One [vm NAME] section: who may connect as this VM, and what it may do. */
struct conf_vm {
	struct conf_vm *next;
	char name[PVBOOT_LINK_NAME_MAX]; /* as matched by fnmatch() if pattern */
	bool pattern;
	uint32_t place; /* in conf->vms, from 0 */
	int line;	/* where the section begins, 0: from the command line */
	struct addr_mac_pattern mac[CONF_MACS_MAX];
	size_t n_macs;	  /* 0: any */
	bool mac_of_card; /* a VM that names none has the MAC of its machine's card, of which the guest tells */
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
	char boot_file[PVBOOT_BOOTFILE_MAX]; /* "": as the server says */
	uint16_t tftp_blksize;		     /* 0: the default */
	uint16_t tftp_windowsize;	     /* 0: the default */
	uint32_t host_wait_ms;		     /* 0: as the device has it */
	char palacios[CONF_PATH_MAX];	     /* the VM's device file on a Palacios host; "": it connects by itself */
	char stream[CONF_STREAM_MAX];	     /* the stream's name there */
	bool source_guest;		     /* fetch with the guest's MAC and address */
	enum conf_frames frames;	     /* may its boot program send Ethernet frames? */
	uint8_t boot_option;		     /* the DHCP option by which a site says so or not; 0: none */
	bool direct;			     /* boot without a boot program, where there is a plan for that */
	bool sealed;			     /* kernel and initrds are the only files it may have; root is "/" */
	char kernel[CONF_FILE_MAX];	     /* the plan; "": by a configuration of pxelinux's */
	char initrd[CONF_INITRDS_MAX][CONF_FILE_MAX];
	size_t n_initrds;
	char append[CONF_CMDLINE_MAX];
	bool cache_off;		  /* every file is fetched for this VM alone */
	uint32_t tftp_max_age_ms; /* of a copy that is served without asking */
	bool pxelinux_plain;	  /* pxelinux is told nothing that its servers do not say */
	bool serve_stale;	  /* an old copy will do where its server is away */
};

/* Is the VM served from a directory (root, or a sealed section)?  Else it has an interface, and a network. */
bool conf_vm_has_directory(const struct conf_vm *vm);
bool conf_vm_allows_mac(const struct conf_vm *vm, const uint8_t mac[6]);
/* Is it the name of a kernel, initrd or boot file of this section? */
bool conf_vm_names(const struct conf_vm *vm, const char *name);

#endif /* HOSTD_VM_CONF_H */
