/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.h - hostd's configuration: one file, and command line options that mirror it (docs/hostd.conf.5). */
#ifndef HOSTD_CONF_H
#define HOSTD_CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dhcp/dhcp.h"
#include "pvboot_link.h"

#define CONF_FILE_DEFAULT "/etc/pvboot/hostd.conf"
#define CONF_MACS_MAX 16
#define CONF_UIDS_MAX 32
#define CONF_PATH_MAX 108   /* a socket's name, sun_path */
#define CONF_STREAM_MAX 128 /* a stream's name, NUL included: what the Linux host of Palacios takes */
#define CONF_STREAM_DEFAULT "pvboot"
#define CONF_INITRDS_MAX (PVBOOT_FILES_MAX - 1)
#define CONF_FILE_MAX 512     /* bytes of a kernel's or initrd's name, NUL included */
#define CONF_CMDLINE_MAX 2048 /* bytes of a kernel's command line, NUL included */

/* A MAC or a pattern of it: each byte given or any. */
struct conf_mac {
	uint8_t value[6];
	uint8_t mask[6]; /* ff: must be equal, 0: any */
};

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
	struct conf_mac mac[CONF_MACS_MAX];
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

enum conf_log {
	CONF_LOG_AUTO, /* stderr in the foreground, else syslog */
	CONF_LOG_STDERR,
	CONF_LOG_SYSLOG
};

struct conf {
	char socket[CONF_PATH_MAX];
	mode_t socket_mode;
	char socket_group[64]; /* "": as it comes */
	enum conf_log log;
	int log_level;
	char user[64]; /* "": stay who we are */
	char pid_file[512];
	uint64_t max_file, max_memory;
	char cache_dir[512]; /* "": the default; "none" */
	uint64_t cache_size;
	char http_proxy[256]; /* "": none */
	char tls_ca[512];     /* "": the system's */
	struct conf_vm *vms, **tail;
	struct conf_vm *cur; /* the section being read */
	char error[512];     /* of a failure: file, line and what is wrong */
};

/* The defaults, and no VM. */
void conf_init(struct conf *conf);
void conf_free(struct conf *conf);

/*
 * Parse len bytes of configuration; name is what errors call them.  False, with conf->error, at the first thing that is
 * wrong.
 */
bool conf_parse(struct conf *conf, const char *name, const char *buf, size_t len);
/* The same from a file. */
bool conf_load(struct conf *conf, const char *path);

/* Set one key as in [hostd]; or, with vm, as in its section.  False with conf->error (no file or line in it). */
bool conf_set(struct conf *conf, struct conf_vm *vm, const char *key, const char *value);

/* A new section for VMs of this name or pattern, at the end.  NULL with conf->error. */
struct conf_vm *conf_add_vm(struct conf *conf, const char *name, int line);

/*
 * What no single line can get wrong: every VM has an interface or a root, ...  Also fills in allow_uid where there is
 * none: the caller's own uid.  False with conf->error.
 */
bool conf_check(struct conf *conf, const char *name);

/* Open the directories of all root keys; name is the file's, as for conf_parse().  False with conf->error. */
bool conf_open_roots(struct conf *conf, const char *name);

/* The section for a VM of this name: its own, else the first pattern that matches; NULL: none. */
const struct conf_vm *conf_find_vm(const struct conf *conf, const char *name);
/* The section, other than vm, that has exactly this MAC for its own; NULL: none. */
const struct conf_vm *conf_find_mac(const struct conf *conf, const struct conf_vm *vm, const uint8_t mac[6]);

bool conf_vm_allows_uid(const struct conf_vm *vm, uid_t uid);
bool conf_vm_allows_mac(const struct conf_vm *vm, const uint8_t mac[6]);
/* The one MAC that the section names without a pattern; NULL: none or several. */
const uint8_t *conf_vm_own_mac(const struct conf_vm *vm);

/* Does anything here go by HTTP, or may it? */
bool conf_wants_http(const struct conf *conf);
/* Is it the name of a kernel, initrd or boot file of this section? */
bool conf_vm_names(const struct conf_vm *vm, const char *name);

/* Does it name all six bytes? */
bool conf_mac_is_exact(const struct conf_mac *mac);

/* Text forms; false if text is none.  uuid is written in wire order: its first three fields little-endian. */
bool conf_parse_mac(const char *text, struct conf_mac *mac);
bool conf_parse_uuid(const char *text, uint8_t uuid[16]);

#endif /* HOSTD_CONF_H */
