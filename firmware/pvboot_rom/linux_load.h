/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_load.h - the files of a boot without a boot program, and where in memory they go. */
#ifndef ROM_LINUX_LOAD_H
#define ROM_LINUX_LOAD_H

#include "linux_setup.h"
#include "pvboot_req.h"
#include "rom.h"
#include "transfer.h"

#define KERNEL_AT 0x100000u

extern struct transfer linux_load_files[PVBOOT_FILES_MAX]; /* the kernel, then its initrds */

/* The boot begins: see whether the device has written to this machine's memory before (linux_load_renew()). */
void linux_load_begin(void);

/* The functions that return uint32_t return a status of errors.h. */

/* Open the plan's files, and print their names. */
uint32_t linux_load_open(void);
/* Close all: the file of a directory may have changed while it was read. */
uint32_t linux_load_close(void);
/* Read the next len bytes to a physical address; PVBOOT_S_TRUNCATED if there are fewer. */
uint32_t linux_load_exactly(struct transfer *t, uint32_t phys, uint32_t len);
/* The same, up to room bytes or the end of the file. */
uint32_t linux_load_up_to(struct transfer *t, uint32_t phys, uint32_t room, uint32_t *len);
/* len bytes at phys were read and are to be run: have the processor store them once more, where that is needed. */
void linux_load_renew(uint32_t phys, uint32_t len);
/* Where the server does not tell the size, wait until the host has the whole file. */
uint32_t linux_load_size(struct transfer *t);
/* Is there room for the kernel, and where is some for the initrds, whose sizes are learned?  Goes before the next two.
 */
uint32_t linux_load_place(const struct setup_header *h);
/* The kernel's protected-mode part, to KERNEL_AT. */
uint32_t linux_load_kernel(const struct setup_header *h);
/* The initrds, concatenated: where they are, and how long. */
uint32_t linux_load_initrds(uint32_t *where, uint32_t *len);

#endif /* ROM_LINUX_LOAD_H */
