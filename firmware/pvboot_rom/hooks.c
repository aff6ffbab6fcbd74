// SPDX-License-Identifier: BSD-2-Clause
/* hooks.c - the BIOS's interrupts that this ROM hooks and restores. */
#include "hooks.h"

#define E820_FUNCTION 0xe820
#define E820_SIGNATURE 0x534d4150u /* "SMAP" */

extern char int15_entry[], int1a_entry[], int19_entry[]; /* int_hooks.asm, entry.asm */
extern uint32_t int15_old, int1a_old, int19_old, int15_start, int15_end;
extern uint8_t int19_over;

struct hook {
	uint8_t vector;
	const char *entry;
	uint32_t *old; /* the vector before the hook; 0: not hooked */
};

static const struct hook int15 = {0x15, int15_entry, &int15_old};
static const struct hook int19 = {0x19, int19_entry, &int19_old};
static const struct hook int1a = {0x1a, int1a_entry, &int1a_old};

static bool map_needs_us; /* without a hook, INT 15h AX=E820h offers the resident part as RAM */

static void take(const struct hook *h)
{
	if (*h->old)
		return;
	*h->old = peek32(h->vector * 4);
	poke32(h->vector * 4, pack(far_here(h->entry)));
}

static bool is_ours(const struct hook *h)
{
	return *h->old && peek32(h->vector * 4) == pack(far_here(h->entry));
}

/*
 * Another program has chained to the hook and may call it: the vector is neither the ROM's nor the one before (some
 * BIOSes restore their own INT 19h).
 */
static bool is_chained(const struct hook *h)
{
	return *h->old && !is_ours(h) && peek32(h->vector * 4) != *h->old;
}

static void give_back(const struct hook *h)
{
	if (is_ours(h))
		poke32(h->vector * 4, *h->old);
}

bool hooks_map(struct e820_entry *e, uint32_t *next)
{
	struct regs r = {
		.eax = E820_FUNCTION,
		.ebx = *next,
		.ecx = sizeof(*e),
		.edx = E820_SIGNATURE,
		.edi = (uint32_t)e,
		.es = here(),
	};

	bios_call(int15.vector, &r);
	*next = r.ebx;
	return !(r.flags & FLAG_CARRY) && r.eax == E820_SIGNATURE;
}

/* Does the BIOS's memory map offer a byte of [start, end) as RAM? */
static bool map_offers(uint32_t start, uint32_t end)
{
	struct e820_entry e;
	uint32_t next = 0;

	for (uint32_t n = 0; n < E820_MAX; n++) {
		if (!hooks_map(&e, &next))
			return false;
		if (e.type == E820_RAM && !e.base[1] && e.base[0] < end &&
		    (e.base[0] >= start || e.length[1] || e.length[0] > start - e.base[0]))
			return true;
		if (!next)
			return false;
	}
	return false;
}

void hooks_take_boot(void)
{
	take(&int19);
}

void hooks_boot(void)
{
	int19_over = 1;
	give_back(&int19);
	int15_start = resident_base;
	int15_end = (uint32_t)resident.old_fbm << 10;
	if (!int15_old)
		map_needs_us = map_offers(int15_start, int15_end);
}

void hooks_install(void)
{
	take(&int1a);
	if (map_needs_us)
		take(&int15);
}

bool hooks_remove(void)
{
	if (is_chained(&int15) || is_chained(&int19) || is_chained(&int1a))
		return false;
	give_back(&int15);
	give_back(&int1a);
	int15_old = int1a_old = 0;
	return true;
}
