/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_internal.h - a VM as its own files see it: vm.c (link and dispatch), vm_file.c, vm_lease.c, vm_dgram.c. */
#ifndef HOSTD_VM_INTERNAL_H
#define HOSTD_VM_INTERNAL_H

#include "dhcp/dhcp.h"
#include "file/file.h"
#include "vm/link.h"
#include "pxelinux/plan_boot.h"
#include "vm/vm.h"
#include "vm/vm_conf.h"
#include "vm/vm_env.h"

struct event;
struct source;
struct vm_dgram;
struct vm_frame;
struct vm_prefix;

#define VM_READS_MAX 64 /* READ and DISCOVER waiting; a guest's queue holds no more */

#define VM_BLOCK_MAX 65464  /* RFC 2348 */
#define VM_FILE_HEAD 65536u /* bytes that tell a fetched file from another one of its size */

enum vm_state {
	VM_UNKNOWN, /* IDENTITY is awaited */
	VM_WELCOME, /* KEPT and RESUME are awaited */
	VM_RUNNING
};

/* An open file, or one that is being opened. */
struct vm_file {
	struct file_watch watch;
	struct vm *vm;
	struct file *file; /* NULL: a free slot, or (complete) all there was to do is done */
	bool used;
	bool answered; /* the OPEN was */
	bool restored; /* from a kept blob */
	bool complete; /* the device has all of it */
	bool counting; /* a STAT without tsize: fetched only to be measured */
	uint32_t handle;
	uint32_t open_id; /* request */
	uint32_t flags;	  /* PVBOOT_OPEN_F_* */
	uint32_t block_size;
	uint64_t size;	   /* of the file the guest opened; restored: as an earlier hostd saw it, and the next two */
	uint64_t stamp;	   /* of a root's file: file_stamp(); else a hash of its first head_len bytes */
	uint32_t head_len; /* at most VM_FILE_HEAD */
	bool headed;	   /* the hash of VM_FILE_HEAD bytes is kept */
	uint8_t server[4];
	uint16_t port; /* host order */
	uint64_t announced;
	uint64_t announced_ms, begun_ms;
	struct event *timer; /* the next GROW */
	char name[PVBOOT_NAME_MAX + 1];
};

/* A READ (inline only) or DISCOVER that waits. */
struct vm_wait {
	bool used;
	uint16_t op;
	uint32_t id;
	uint64_t room;
	struct vm_file *vf;
	uint64_t offset, sent;
	bool partial, expired;
	struct event *timer;
	struct vm *vm;
};

struct vm {
	struct vm *next;
	const struct vm_env *env;
	struct link *link;
	uid_t uid;
	pid_t pid;   /* 0: not known */
	bool ending; /* nothing is sent any more */
	enum vm_state state;
	uint64_t nonce;
	struct event *deadline;	      /* of the greeting */
	const struct conf_vm *stream; /* whose stream it is; NULL: a socket */
	struct event *beat;	      /* on a stream: a sign of life */
	bool fds;		      /* PVBOOT_LINK_F_FD is agreed on */
	bool lost;		      /* the device has none of the descriptors passed before */
	struct vm_identity id;
	struct vm_file files[PVBOOT_FILES_MAX];
	uint32_t last_handle;
	struct vm_wait waits[VM_READS_MAX];
	struct dhcp *dhcp;
	struct pvboot_lease lease;
	struct pxelinux_guest guest;	    /* what a plan needs of the lease and its packets */
	char boot_text[PLAN_BOOT_TEXT_MAX]; /* what a site's DHCP option says of the boot; "": nothing */
	struct vm_plan *plan;		    /* being made, or NULL */
	struct vm_prefix *pxelinux;	    /* the boot file, from DISCOVER until it is opened; or NULL */
	const char *no_prefix; /* why pxelinux.0 gets no path prefix, to be said when it is opened; or NULL */
	struct vm_dgram *dgram;
	struct vm_frame *frame;
	struct source *source; /* NULL: the host's own */
	bool own_stack;	       /* the boot program's: vm_source_own_stack() */
};

/* What the parts of a VM do for each other.  A request's args are a copy that is arg_len bytes long, unaligned. */

/* A free wait, used and filled in; NULL after answering that there is none. */
struct vm_wait *vm_wait_begin(struct vm *vm, uint16_t op, uint32_t id, uint64_t room);
void vm_wait_end(struct vm_wait *wait);

/* vm_file.c */
void vm_file_open(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_file_read(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_file_close(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_file_progress(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Give up an OPEN.  False if id is not one. */
bool vm_file_cancel(struct vm *vm, uint32_t id);
/* Bulk output has room again. */
void vm_file_drained(struct vm *vm);
void vm_file_reset(struct vm *vm);
/* Answer what READs can be answered, all those of one file (NULL: of every file). */
void vm_read_step(struct vm *vm, struct vm_file *vf);

/* vm_file.c, for vm_file_keep.c */
struct vm_file *vm_file_slot(struct vm *vm);		      /* a free one, or NULL */
struct vm_file *vm_file_find(struct vm *vm, uint32_t handle); /* an open one, or NULL */
bool vm_file_begin(struct vm_file *vf, bool stat_only);	      /* begin to get its file; false if memory ran out */
void vm_file_release(struct vm_file *vf);		      /* let go of its file */
void vm_file_drop(struct vm_file *vf);			      /* and free the slot */
void vm_file_step(struct vm_file *vf);			      /* do what can be done now */
void vm_file_send_grow(struct vm_file *vf, int fd, uint32_t status, const char *text, bool done);

/* vm_file_keep.c: an open file as a blob for the next hostd */
void vm_file_keep(struct vm_file *vf);
bool vm_file_restore(struct vm *vm, uint32_t handle, const uint8_t *blob, size_t len);
/* Take a restored file up again where it is the same file, as soon as one can tell; else let it fail. */
void vm_file_resume(struct vm_file *vf);

/* vm_open.c: where a file comes from.  NULL only if memory ran out. */
struct file *vm_open(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name, bool stat_only);
/* vm_lease.c */
void vm_lease_discover(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
void vm_lease_cancelled(struct vm *vm);
/* Answer every DISCOVER that waits; prefix: for pxelinux, or NULL. */
void vm_lease_answer(struct vm *vm, const struct dhcp_result *result, const char *prefix);
void vm_lease_reset(struct vm *vm);
bool vm_lease_restore(struct vm *vm, const uint8_t *blob, size_t len);

/* vm_prefix.c */
/* Find out whether the boot program is a pxelinux.0 that is to have a prefix.  True if vm_lease_answer() was called, or
 * will be; the result is copied. */
bool vm_prefix_begin(struct vm *vm, const struct dhcp_result *result);
bool vm_prefix_waits(const struct vm *vm); /* vm_lease_answer() will be called */
/* The boot file, if that is what is opened now and it is here already: a reference for the caller; else NULL. */
struct file *vm_prefix_take(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name);
void vm_prefix_reset(struct vm *vm);

/* vm_plan.c */
void vm_plan_ask(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
/* Give up the plan that is being made; with an id: if it is that request's.  False if it is not. */
bool vm_plan_cancel(struct vm *vm, uint32_t id);
void vm_plan_reset(struct vm *vm);
/* Does this VM boot without a boot program, by its section or a site's DHCP option? */
bool vm_plan_wanted(const struct vm *vm);
/* May this VM have that file of its root? */
bool vm_plan_allows(const struct vm *vm, const char *name);

#endif /* HOSTD_VM_INTERNAL_H */
