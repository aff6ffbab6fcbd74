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
#define VM_FILE_HEAD 65536u /* bytes at the start of a fetched file by which it is recognised */

struct event;
struct vm;

/* An open file, or a file for which an OPEN or STAT is under way. */
struct vm_file {
	struct file_watch watch;
	struct vm *vm;
	struct file *file; /* NULL: a free slot, or (complete) hostd needs it no more */
	bool used;
	bool answered; /* hostd has answered the OPEN */
	bool restored; /* from a kept blob */
	bool complete; /* the device has all of it */
	bool counting; /* a STAT whose server sends no tsize: fetched only to be measured */
	uint32_t handle;
	uint32_t open_id; /* the OPEN's request id */
	uint32_t flags;	  /* PVBOOT_OPEN_F_* */
	uint32_t block_size;
	uint64_t size;	   /* of the opened file; if restored: as the earlier hostd saw it, like the next two */
	uint64_t stamp;	   /* root file: file_stamp(); fetched file: a hash of the first head_len bytes */
	uint32_t head_len; /* at most VM_FILE_HEAD */
	bool headed;	   /* the device keeps the hash of VM_FILE_HEAD bytes */
	uint8_t server[4];
	uint16_t port; /* host order */
	uint64_t announced;
	uint64_t announced_ms, begun_ms;
	struct event *timer; /* sends the next GROW */
	char name[PVBOOT_NAME_MAX + 1];
};

/* vm_file.c */
struct vm_file *vm_file_slot(struct vm *vm);		      /* a free slot, or NULL */
struct vm_file *vm_file_find(struct vm *vm, uint32_t handle); /* the open file of that handle, or NULL */
bool vm_file_begin(struct vm_file *vf, bool stat_only);	      /* begin to fetch or open it; false if memory ran out */
void vm_file_release(struct vm_file *vf);		      /* give up its reference to the file */
void vm_file_drop(struct vm_file *vf);			      /* the same, and free the slot */
void vm_file_step(struct vm_file *vf);			      /* do all that is possible now */
void vm_file_send_grow(struct vm_file *vf, int fd, uint32_t status, const char *text, bool done);

#endif /* HOSTD_VM_FILE_INTERNAL_H */
