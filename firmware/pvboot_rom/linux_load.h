/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_load.h - between linux.c (the plan, the kernel, the jump) and linux_load.c (files, and where they go). */
#ifndef ROM_LINUX_LOAD_H
#define ROM_LINUX_LOAD_H

#include "pvboot_req.h"
#include "rom.h"
#include "transfer.h"

#define PLAN_AT 0x8000u /* struct pvboot_plan: within reach of GS, above what the BIOS uses */
#define KERNEL_AT 0x100000u
#define SECTOR 512u

#define HEADER_AT 0x1f1u
#define PROTOCOL_INIT_SIZE 0x020a

struct setup_header { /* at 1F1h */
	uint8_t setup_sects;
	uint16_t root_flags;
	uint32_t syssize;
	uint16_t ram_size, vid_mode, root_dev, boot_flag, jump;
	uint32_t header;
	uint16_t version;
	uint32_t realmode_switch;
	uint16_t start_sys_seg, kernel_version;
	uint8_t type_of_loader, loadflags;
	uint16_t setup_move_size;
	uint32_t code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
	uint16_t heap_end_ptr;
	uint8_t ext_loader_ver, ext_loader_type;
	uint32_t cmd_line_ptr, initrd_addr_max, kernel_alignment;
	uint8_t relocatable_kernel, min_alignment;
	uint16_t xloadflags;
	uint32_t cmdline_size, hardware_subarch, subarch_data[2], payload_offset, payload_length, setup_data[2];
	uint32_t pref_address[2], init_size;
} __attribute__((packed));
_Static_assert(offsetof(struct setup_header, header) == 0x202 - HEADER_AT, "setup_header.header");
_Static_assert(offsetof(struct setup_header, cmd_line_ptr) == 0x228 - HEADER_AT, "setup_header.cmd_line_ptr");
_Static_assert(offsetof(struct setup_header, init_size) == 0x260 - HEADER_AT, "setup_header.init_size");

/* The plan.  Never NULL: PLAN_AT is not 0. */
static inline const struct pvboot_plan BDA *linux_plan(void)
{
	return (const struct pvboot_plan BDA *)PLAN_AT;
}

/* Bytes of the kernel's real-mode part. */
static inline uint32_t linux_setup_len(const struct setup_header *h)
{
	return ((h->setup_sects ? h->setup_sects : 4) + 1) * SECTOR;
}

/* linux.c: a failure in words; ERROR_KERNEL. */
uint32_t linux_refuse(const char *words);
/* linux.c: print len of the plan's bytes. */
void linux_print_bytes(uint32_t at, uint32_t len);

extern struct transfer linux_files[PVBOOT_FILES_MAX]; /* the kernel, then its initrds */
extern bool linux_written;			      /* PVBOOT_STATUS_WRITTEN was set when the boot began */

/* linux_load.c: all return a status of errors.h. */
uint32_t linux_open_files(void);
/* Close all: the file of a directory may have changed while it was read. */
uint32_t linux_close_files(void);
/* Read the next len bytes to a physical address; PVBOOT_S_TRUNCATED if there are fewer. */
uint32_t linux_read(struct transfer *t, uint32_t phys, uint32_t len);
/* The same, up to room bytes or the end of the file. */
uint32_t linux_read_up_to(struct transfer *t, uint32_t phys, uint32_t room, uint32_t *len);
/*
 * What was read there is to be run: have the processor store it once more, as renew_base(), if other code may have been
 * there.
 */
void linux_renew(uint32_t phys, uint32_t len);
/* Where the server does not tell the size, wait until the host has the whole file. */
uint32_t linux_learn_size(struct transfer *t);
/* Is there room for the kernel, and where is some for the initrds, whose sizes are learned?  Goes before the next two.
 */
uint32_t linux_place(const struct setup_header *h);
/* The kernel's protected-mode part, to KERNEL_AT. */
uint32_t linux_load_kernel(const struct setup_header *h);
/* The initrds, concatenated: where they are, and how long. */
uint32_t linux_load_initrds(uint32_t *where, uint32_t *len);

/* linux_multiboot.c: load the kernel, if it is one of that kind, and its modules; then enter it. */
uint32_t linux_multiboot_load(void);
_Noreturn void linux_multiboot_enter(void);

#endif /* ROM_LINUX_LOAD_H */
