/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_load.h - the files of a boot without a boot program: open, read, and their places in memory. */
#ifndef ROM_LINUX_LOAD_H
#define ROM_LINUX_LOAD_H

#include "linux_setup.h"
#include "pvboot_req.h"
#include "rom.h"
#include "transfer.h"

#define KERNEL_AT 0x100000u

extern struct transfer linux_load_files[PVBOOT_FILES_MAX]; /* the kernel, then its initrds */

/* A boot begins: note whether the device has written to this machine's memory before, for linux_load_renew(). */
void linux_load_begin(void);

/* Functions below that return uint32_t return a status of errors.h. */

/* Open the plan's files, and print their names. */
uint32_t linux_load_open(void);
/* Close them.  Fails if a file changed while it was read. */
uint32_t linux_load_close(void);
/* Read the next len bytes to a physical address.  Returns PVBOOT_S_TRUNCATED if there are fewer. */
uint32_t linux_load_exactly(struct transfer *t, uint32_t phys, uint32_t len);
/* Read up to room bytes, or to the end of the file, to a physical address.  *len: how many they were. */
uint32_t linux_load_up_to(struct transfer *t, uint32_t phys, uint32_t room, uint32_t *len);
/* Have the processor store len bytes of code at phys once more, if that is needed (linux_renew.h). */
void linux_load_renew(uint32_t phys, uint32_t len);
/* Make t->size known: if the server does not tell it, wait until the host has the whole file. */
uint32_t linux_load_size(struct transfer *t);
/*
 * Learn the sizes of the initrds, check that there is memory for the kernel, and find memory for the initrds.  Call it
 * before the next two.
 */
uint32_t linux_load_place(const struct setup_header *h);
/* Read the kernel's protected-mode part to KERNEL_AT. */
uint32_t linux_load_kernel(const struct setup_header *h);
/* Read the initrds, one after the other.  *where and *len: their address, and the length of all. */
uint32_t linux_load_initrds(uint32_t *where, uint32_t *len);

#endif /* ROM_LINUX_LOAD_H */
