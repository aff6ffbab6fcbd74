/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_data.h - a VM as the files of its room see it; what belongs to one of them is a struct that only it knows. */
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
	VM_UNKNOWN, /* IDENTITY is awaited */
	VM_WELCOME, /* KEPT and RESUME are awaited */
	VM_RUNNING
};

struct vm {
	struct vm *next;
	const struct vm_env *env;
	struct link *link;
	uid_t uid;
	pid_t pid;	     /* 0: not known */
	bool ending;	     /* nothing is sent any more */
	enum vm_state state; /* changed by vm.c:set_state() alone */
	uint64_t nonce;
	struct event *deadline;	      /* of the greeting */
	const struct conf_vm *stream; /* whose stream it is; NULL: a socket */
	struct event *beat;	      /* on a stream: a sign of life */
	bool fds;		      /* PVBOOT_LINK_F_FD is agreed on */
	bool lost;		      /* the device has none of the descriptors passed before */
	struct vm_identity id;
	struct vm_files *files;
	struct vm_waits *waits;
	struct dhcp *dhcp;
	struct boot_info boot;	    /* of its lease; all 0 before the first one */
	struct vm_plan *plan;	    /* being made, or NULL */
	struct vm_prefix *pxelinux; /* the boot file, from DISCOVER until it is opened; or NULL */
	const char *no_prefix;	    /* why pxelinux.0 gets no path prefix, to be said when it is opened; or NULL */
	struct vm_dgram *dgram;
	struct vm_frame *frame;
	struct source *source; /* NULL: the host's own */
	bool own_stack;	       /* the boot program's: vm_source_own_stack() */
};

#endif /* HOSTD_VM_DATA_H */
