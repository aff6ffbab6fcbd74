/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxetest.h - what the cases of pxetest.0 are written with.
 *
 * A case begins with begin(), prepares a parameter block with block() and put*(), makes one or more calls, and ends
 * with end().  It prints one line:
 *
 *   case NAME [CALL=AX/STATUS] ... [WORD=VALUE] ... [BAD WHAT] ...
 *
 * Around each call everything is compared that the standard promises to leave alone: registers, flags, stack, vectors,
 * and base memory from FIELD upwards but for the block and what allow() names.
 */
#ifndef PXETEST_H
#define PXETEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Base memory above the program, up to what the PXE stack took, is filled with FILL before each call. */
#define FIELD 0x10000u
#define FILL 0xc7
#define BLOCK_AT 0x20100u /* linear: where blocks are put unless place() says otherwise */
#define DATA_AT 0x30000u  /* linear: where cases have their buffers */

#define SERVER_IP 0x020015acu /* 172.21.0.2 as in memory */
#define GUEST_IP 0x320015acu  /* 172.21.0.50 */
#define NOBODY_IP 0x630015acu /* 172.21.0.99 */
#define ECHO_PORT 0x5f1b      /* 7007, in network order: what is sent there comes back */

struct registers {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp;
	uint16_t ds, es, fs, gs, ss, flags, msw;
	uint8_t idt[6];
	uint32_t entry, block, stack;
	uint16_t stack_ss, opcode, caller_ds;
	uint8_t pxenv, masked, down, unused[3];
} __attribute__((packed));

struct entry_state {
	uint32_t eax, ebx, ecx, edx, esp;
	uint16_t ss, es;
	uint32_t bang;
	uint16_t flags, unused;
} __attribute__((packed));

extern struct registers before, after;
extern struct entry_state at_entry;
void api_call(void);
void bios_int1a(void);
void leave(void) __attribute__((noreturn));

/* ---- far memory, by linear address below 1 MiB ------------------------------------------------------------------- */

uint8_t peek8(uint32_t at);
uint16_t peek16(uint32_t at);
uint32_t peek32(uint32_t at);
void poke8(uint32_t at, uint8_t value);
void poke32(uint32_t at, uint32_t value);
void fill(uint32_t at, uint32_t len);
uint32_t find_change(uint32_t at, uint32_t len);
static inline uint32_t far_linear(uint32_t far)
{
	return ((far >> 16) << 4) + (far & 0xffff);
}
uint32_t crc(uint32_t at, uint32_t len);

/* ---- console --------------------------------------------------------------------------------------------------------
 */

void print(const char *text);
void show(const char *name, uint32_t value);	     /* " NAME=VALUE" in hexadecimal */
void show_word(const char *name, const char *value); /* " NAME=VALUE" */
void bad(const char *what);			     /* " BAD WHAT" */
static inline void expect(bool good, const char *what)
{
	if (!good)
		bad(what);
}
uint32_t ticks(void);
void wait_ticks(uint32_t n);

/* ---- cases --------------------------------------------------------------------------------------------------------
 */

extern uint8_t blk[]; /* the block, before and after a call */

/* False if the runner wants this case left out (it hangs, say). */
bool begin(const char *name);
void end(void);

/* A block of len bytes, all 0 but Status = FFFFh. */
void block(uint16_t len);
void put8(uint16_t at, uint8_t v);
void put16(uint16_t at, uint16_t v);
void put32(uint16_t at, uint32_t v);
void put_text(uint16_t at, const char *text);
void put_far(uint16_t at, uint16_t segment, uint16_t offset);
void put_linear(uint16_t at, uint32_t linear); /* as a far pointer, offset 0..15 */
uint16_t get16(uint16_t at);
uint32_t get32(uint16_t at);

void place(uint16_t segment, uint16_t offset); /* of the block, until end() */
void allow(uint32_t linear, uint32_t len);     /* calls of this case may write here */
void free_vectors(void);		       /* calls of this case may change interrupt vectors and 0:413h */

extern bool mode_masked, mode_down, mode_pxenv; /* how calls are made until end() */
extern uint16_t mode_stack;			/* bytes of stack that calls get, until end() */
extern bool no_field;				/* leave the field unchecked: for loops of calls */

/* Make a call; returns Status.  The first prints CALL=AX/STATUS, the second prints nothing but what is BAD. */
uint16_t call(const char *name, uint16_t opcode);
uint16_t quiet(uint16_t opcode);

/* ---- groups --------------------------------------------------------------------------------------------------------
 */

void group_entry(void);
void group_info(void);
void group_unknown(void);
void group_tftp(void);
void group_udp(void);
void group_file(void);
void group_modes(void);
void group_undi(void);
void group_frames(void);
void group_exit(void);
void group_restart(void);

#endif /* PXETEST_H */
