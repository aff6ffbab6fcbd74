/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ram.h - guest memory that QEMU shares by descriptor.
 *
 * Each file is mapped once and whole; QEMU's frequent changes of the memory map (SeaBIOS moving PAM windows about) only
 * replace the table of guest-physical ranges.
 */
#ifndef QEMU_RAM_H
#define QEMU_RAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RAM_REGIONS 8 /* what QEMU can name in one message */

struct pvboot_io;

struct ram_region {
	uint64_t gpa, size, offset;
	unsigned int file; /* index of the file it lies in */
};

struct ram_file {
	int fd; /* -1: unused */
	dev_t dev;
	ino_t ino;
	uint64_t size;
	uint8_t *map;
};

struct ram {
	unsigned int nregions;
	struct ram_region region[RAM_REGIONS];
	struct ram_file file[RAM_REGIONS];
	int pipe[2];	/* for ram_move() */
	bool no_splice; /* the memory's file system refused it */
};

/* Bring *r to an empty table.  False if there is no pipe. */
bool ram_init(struct ram *r);

/*
 * Replace the table by n ranges; the descriptors become the table's.  False, with the old table gone, if one of them is
 * not a file that holds its range; errno says more.
 */
bool ram_sync(struct ram *r, unsigned int n, const uint64_t gpa[], const uint64_t size[], const uint64_t offset[],
	      const int fd[]);

/* As struct pvboot_vmm_ops's map. */
void *ram_map(struct ram *r, uint64_t gpa, uint64_t *len);

/*
 * NULL, or in words why what QEMU shares cannot be the guest's memory: it is nothing, or there is no sign of a BIOS. To
 * be asked once the guest runs a driver.
 */
const char *ram_trouble(struct ram *r);

/*
 * As struct link_ops's file_read: by splice into the memory's file, which spares a fresh page the fault and the
 * zeroing, or by pread where little is moved or splice is refused.
 */
int64_t ram_move(struct ram *r, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);

/* Unmap and close everything. */
void ram_free(struct ram *r);

#endif /* QEMU_RAM_H */
