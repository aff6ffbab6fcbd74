/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_file_internal.h - what vm_file.c, vm_file_keep.c and vm_file_read.c share. */
#ifndef HOSTD_VM_FILE_INTERNAL_H
#define HOSTD_VM_FILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file/file.h"
#include "pvboot_req.h"

#define VM_BLOCK_MAX 65464  /* RFC 2348 */
#define VM_FILE_HEAD 65536u /* bytes that tell a fetched file from another one of its size */

struct event;
struct vm;

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

/* vm_file.c */
struct vm_file *vm_file_slot(struct vm *vm);		      /* a free one, or NULL */
struct vm_file *vm_file_find(struct vm *vm, uint32_t handle); /* an open one, or NULL */
bool vm_file_begin(struct vm_file *vf, bool stat_only);	      /* begin to get its file; false if memory ran out */
void vm_file_release(struct vm_file *vf);		      /* let go of its file */
void vm_file_drop(struct vm_file *vf);			      /* and free the slot */
void vm_file_step(struct vm_file *vf);			      /* do what can be done now */
void vm_file_send_grow(struct vm_file *vf, int fd, uint32_t status, const char *text, bool done);

#endif /* HOSTD_VM_FILE_INTERNAL_H */
