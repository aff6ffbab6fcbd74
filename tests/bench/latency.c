// SPDX-License-Identifier: BSD-2-Clause
/*
 * latency.c - in place of the ROM's boot: from the doorbell to the answer of a request that the device answers itself.
 *
 * Linked with the ROM's own units (build.mk).  Each round is a whole request() of LAST_ERROR: chain written, doorbell,
 * the used ring polled in RAM.  Times are the processor's time stamp counter, set against the BIOS's ticks.
 */
#include "boot.h"
#include "console.h"
#include "pci.h"
#include "request.h"
#include "virtio.h"

#define ROUNDS 1000
#define SHIFT 6		  /* of the counter: 32 bits are enough then */
#define TICKS 36	  /* of the BIOS, to set the counter against */
#define TICKS_US 1977408u /* so many microseconds */

_Static_assert(ROUNDS * sizeof(uint32_t) <= sizeof(boot_dhcp), "the lease's place is free");

void __wrap_boot_main(void);

static uint32_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << (32 - SHIFT) | low >> SHIFT;
}

static uint32_t tick(void)
{
	uint32_t ticks = peek32(BDA_TICKS);

	while (peek32(BDA_TICKS) == ticks)
		relax();
	return now();
}

/* How many units of now() are a microsecond, times 16. */
static uint32_t units_of_us(void)
{
	uint32_t start = tick(), end = start;

	for (uint32_t i = 0; i < TICKS; i++)
		end = tick();
	return (end - start) / (TICKS_US / 16);
}

static void sort(uint32_t *t)
{
	for (uint32_t i = 1; i < ROUNDS; i++) {
		uint32_t v = t[i], k = i;

		for (; k && t[k - 1] > v; k--)
			t[k] = t[k - 1];
		t[k] = v;
	}
}

void __wrap_boot_main(void)
{
	uint32_t *t = (uint32_t *)&boot_dhcp, per_us;
	const char *words;

	if (!pci_find(pci_bdf) || virtio_start() || request_begin()) {
		print("\nlatency: the device does not start\n");
		return;
	}
	per_us = units_of_us();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t start = now();

		request_last_error(&words);
		t[i] = now() - start;
	}
	sort(t);
	print("\nlatency: least %d median %d most %d, in tenths of a microsecond\n", t[0] * 160 / per_us,
	      t[ROUNDS / 2] * 160 / per_us, t[ROUNDS - 1] / per_us * 160);
	for (;;)
		halt();
}
