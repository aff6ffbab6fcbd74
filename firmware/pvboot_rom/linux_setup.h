/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_setup.h - a Linux kernel's setup header (Linux: Documentation/arch/x86/boot.rst). */
#ifndef ROM_LINUX_SETUP_H
#define ROM_LINUX_SETUP_H

#include "rom.h"

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

/* The length of the kernel's real-mode part in bytes. */
static inline uint32_t linux_setup_len(const struct setup_header *h)
{
	return ((h->setup_sects ? h->setup_sects : 4) + 1) * SECTOR;
}

#endif /* ROM_LINUX_SETUP_H */
