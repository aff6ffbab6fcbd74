/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rom.h - what every C unit of the option ROM stands on: 16-bit real mode, one segment.
 *
 * Theory of operation.  The resident part is one segment of base memory with CS = DS = SS = ES whenever C runs.  A near
 * pointer is an offset in that segment; its physical address is resident_base + offset.  GS is 0 (interrupt vectors,
 * BIOS data).  FS is the segment of the PXE parameter block during an API call.  gcc -m16 uses 32-bit offsets; they
 * must stay below 64 KiB, the segment limit of real mode.
 */
#ifndef ROM_H
#define ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot.h"

#define FAR __seg_fs /* the caller's segment, see above */
#define BDA __seg_gs /* segment 0 */

/* The head of the resident segment (entry.asm).  The ROM's stubs find the segment by it; init stores values in it. */
struct resident {
	uint8_t pxenv_jump[16]; /* PXENV+ is also entered at UNDI_CS:0 (Wyse) */
	char magic[8];		/* RESIDENT_MAGIC */
	uint16_t image_size;	/* bytes that are copied from the ROM, a multiple of 4 */
	uint16_t kib;		/* KiB of base memory that the segment needs */
	uint16_t init_entry;	/* far entries, for the ROM's stubs */
	uint16_t bev_entry;
	uint16_t rom_segment;  /* set by init */
	uint16_t old_fbm;      /* word 0:413h as init found it, KiB */
	uint16_t new_fbm;      /* the same word as init left it */
	uint16_t pci_hint;     /* AX at init */
	uint16_t pnp_bios;     /* "$PnP" stood at ES:DI at init */
	uint16_t loader_entry; /* far, too */
	uint16_t wanted;       /* PVBOOT_BEACON_WANTED while the ROM waits for the device */
	uint16_t reserved;
};
_Static_assert(offsetof(struct resident, magic) == 16, "resident.magic");
_Static_assert(sizeof(struct resident) == 48, "resident header");

#define RESIDENT_MAGIC PVBOOT_BEACON_MAGIC
#define BASE_KIB_MAX 44 /* the most base memory that init may take */

extern struct resident resident;
extern uint32_t resident_base; /* physical address of the segment */

/* ---- memory ---------------------------------------------------------------------------------------------------- */

struct segoff { /* SEGOFF16 of the PXE specification */
	uint16_t offset;
	uint16_t segment;
};

static inline uint32_t linear(struct segoff p)
{
	return ((uint32_t)p.segment << 4) + p.offset;
}

static inline uint32_t near_phys(const void *p)
{
	return resident_base + (uint32_t)p;
}

static inline uint16_t here(void)
{
	return resident_base >> 4;
}

static inline struct segoff far_here(const void *p)
{
	return (struct segoff){.offset = (uint32_t)p, .segment = here()};
}

static inline uint32_t pack(struct segoff p)
{
	return (uint32_t)p.segment << 16 | p.offset;
}

/* Copy between the segment and any memory below 1 MiB; len at most 64 KiB - 16. */
void copy_to_linear(uint32_t dst, const void *src, uint32_t len);
void copy_from_linear(void *dst, uint32_t src, uint32_t len);

/*
 * Store each byte of code that the device wrote to base memory once more with its own value.  An emulator that
 * translates code (QEMU's TCG) sees only the stores of its own processors; otherwise it would run the code that was
 * there before.  at is a multiple of 16; renew_base() stores whole KiB, at least one.
 */
void renew_base(uint32_t at, uint32_t len);

/* Length of a NUL-terminated string at a linear address, at most max. */
uint32_t strlen_linear(uint32_t src, uint32_t max);

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define BDA_FBM 0x413	/* word: KiB of base memory */
#define BDA_TICKS 0x46c /* dword: timer ticks since midnight, 18.2 Hz */

static inline uint16_t peek16(uint32_t address)
{
	return *(volatile uint16_t BDA *)address;
}

static inline uint32_t peek32(uint32_t address)
{
	return *(volatile uint32_t BDA *)address;
}

static inline void poke16(uint32_t address, uint16_t value)
{
	*(volatile uint16_t BDA *)address = value;
}

static inline void poke32(uint32_t address, uint32_t value)
{
	*(volatile uint32_t BDA *)address = value;
}

/* ---- processor ------------------------------------------------------------------------------------------------- */

static inline uint8_t in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %w1, %b0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %w1, %w0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %w1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* "memory" is clobbered: the compiler must store into a ring before the port write that announces the entry. */
static inline void out8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %b0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %w0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline bool interrupts_on(void)
{
	uint32_t flags;

	__asm__ volatile("pushfl; popl %0" : "=r"(flags));
	return flags & 0x200;
}

/* Sleep until the next interrupt.  Call it only while interrupts_on(). */
static inline void halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* ---- BIOS ------------------------------------------------------------------------------------------------------ */

struct regs {
	uint32_t eax, ebx, ecx, edx, esi, edi;
	uint16_t flags; /* out */
	uint16_t es;
};
#define FLAG_CARRY 0x01
#define FLAG_ZERO 0x40

/* Call a BIOS interrupt (bios.asm). */
void bios_call(uint32_t vector, struct regs *regs);

/* Enter the boot program at 0:7C00h on the boot stack (entry.asm).  Returns its AX if it returns. */
uint16_t nbp_enter(uint32_t bang_pxe, uint32_t pxenv);

/* Abandon the current API call, and enter the boot program now at 0:7C00h on a fresh stack (entry.asm). */
_Noreturn void nbp_restart(void);

#endif /* ROM_H */
