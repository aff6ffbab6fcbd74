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

#define RAM_REGIONS 1024 /* a bound; PAM windows and memory slots make some dozens */
#define RAM_FILES 300	 /* memory backends: QEMU has at most 256 memory slots */

struct pvboot_io;

struct ram_region {
	uint64_t gpa, size, offset;
	int file;      /* index of the file it lies in; -1: it is not shared */
	bool readonly; /* as the guest has it now: shadowed ROM */
};

struct ram_file {
	int fd; /* -1: unused */
	dev_t dev;
	ino_t ino;
	uint64_t size;
	uint8_t *map;
	bool readonly; /* the descriptor is good for reading only */
};

struct ram {
	unsigned int nregions, room;
	struct ram_region *region; /* by gpa, without overlaps */
	struct ram_file file[RAM_FILES];
	int pipe[2];	/* for ram_move() */
	bool no_splice; /* the memory's file system refused it */
	bool stale;	/* a file may be without a range */
};

/* Bring *r to an empty table.  False if there is no pipe. */
bool ram_init(struct ram *r);

/*
 * Add one range; fd becomes the table's in any case, -1 is a range that is not shared.  0, or an errno: EEXIST where it
 * overlaps another, ENOSPC beyond RAM_REGIONS or RAM_FILES, EINVAL for what is not a file that holds the range.
 */
int ram_add(struct ram *r, uint64_t gpa, uint64_t size, uint64_t offset, int fd, bool readonly);

/*
 * Take one range away, which is to be exactly one that was added.  False if there is none.  Its file stays mapped until
 * ram_settle(), for QEMU takes ranges away only to add most of them again.
 */
bool ram_remove(struct ram *r, uint64_t gpa, uint64_t size);

/* Take all ranges away. */
void ram_clear(struct ram *r);

/* Call when the table is complete: unmap the files in which no range lies any more. */
void ram_settle(struct ram *r);

/* As struct pvboot_vmm_ops's map and map_read. */
void *ram_map(struct ram *r, uint64_t gpa, uint64_t *len);
const void *ram_map_read(struct ram *r, uint64_t gpa, uint64_t *len);

/* What to do about guest memory that this process does not see. */
#define RAM_REMEDY                                                                                                     \
	"start QEMU with -object memory-backend-memfd,id=mem,size=...,share=on -machine memory-backend=mem "           \
	"(libvirt: <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>)"

/* A driver has started, and QEMU has given no memory at all. */
#define RAM_NONE "QEMU shares no guest memory, so this device cannot serve the guest: " RAM_REMEDY

/*
 * Returns NULL, or the reason why the memory that QEMU shares cannot be the guest's: there is none, or it shows no sign
 * of a BIOS.  Call once the guest runs a driver.
 */
const char *ram_trouble(struct ram *r);

/*
 * As struct link_ops's file_read: by splice into the memory's file, which spares a fresh page the fault and the
 * zeroing, or by pread where little is moved or splice is refused.
 */
int64_t ram_move(struct ram *r, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);

/* Which file gpa lies in; false if it is in none. */
bool ram_file_id(const struct ram *r, uint64_t gpa, uint64_t *dev, uint64_t *ino);

/* Unmap and close everything. */
void ram_free(struct ram *r);

#endif /* QEMU_RAM_H */
