/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_data.h - struct vm, shared by the files of hostd/vm; each file defines its own part in a struct that is private to
 * it.
 */
#ifndef HOSTD_VM_DATA_H
#define HOSTD_VM_DATA_H

#include "dhcp/dhcp.h"
#include "vm/link.h"
#include "pxelinux/plan_boot.h"
#include "vm/vm_conf.h"
#include "vm/vm_env.h"

struct event;
struct source;
struct vm_dgram;
struct vm_files;
struct vm_frame;
struct vm_plan;
struct vm_prefix;
struct vm_waits;

enum vm_state {
	VM_UNKNOWN, /* waiting for IDENTITY */
	VM_WELCOME, /* waiting for KEPT and RESUME */
	VM_RUNNING
};

struct vm {
	struct vm *next;
	const struct vm_env *env;
	struct link *link;
	uid_t uid;
	pid_t pid;	     /* 0: unknown */
	bool ending;	     /* hostd is ending: send nothing more */
	enum vm_state state; /* changed by vm.c:set_state() alone */
	uint64_t nonce;
	struct event *deadline;	      /* of the greeting */
	const struct conf_vm *stream; /* the section of its stream; NULL: connected to hostd's socket */
	struct event *beat;	      /* on a stream: sends a sign of life */
	bool fds;		      /* both sides agreed on PVBOOT_LINK_F_FD */
	bool lost;		      /* the device has lost the descriptors that hostd passed before */
	struct vm_identity id;
	struct vm_files *files;
	struct vm_waits *waits;
	struct dhcp *dhcp;
	struct boot_info boot;	    /* of the last lease; all 0 before the first one */
	struct vm_plan *plan;	    /* the plan being made, or NULL */
	struct vm_prefix *pxelinux; /* the boot file, from DISCOVER until the guest opens it; or NULL */
	const char *no_prefix;	    /* why pxelinux.0 gets no path prefix, logged when it is opened; or NULL */
	struct vm_dgram *dgram;
	struct vm_frame *frame;
	struct source *source; /* sockets to fetch with; NULL: the host's own */
	bool own_stack;	       /* set by vm_source_own_stack() */
};

#endif /* HOSTD_VM_DATA_H */
