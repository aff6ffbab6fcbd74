// SPDX-License-Identifier: BSD-2-Clause
/*
 * mkrom.c - build tool: make an option ROM of nasm's output.  It pads, fills in lengths and sums, and prints the size.
 *
 * The length in the image's header covers the used bytes only, so that the image takes little of the ROM area even
 * before init shrinks it.  The file is always 32 KiB, which is also what a device that must size the ROM BAR itself
 * assumes (tests/palacios/attach_proxy.c).
 *
 *   mkrom RAW ROM KIB [ID]    KIB: base memory that the resident part takes; ID: PCI device id, in hexadecimal
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROM_MAX 32768
#define BLOCK 512
#define SCAN_STEP 2048 /* a BIOS looks for ROMs at multiples of this */
#define TRAILER 8      /* rom.asm's: offsets of the PCIR length and of $PnP, blocks that stay, offset of rest_dwords */
#define SUM_AT 6
#define PCIR_AT 0x18 /* PCI Firmware Specification 3.0, 5.1.1 and 5.1.2 */
#define DEVICE_AT 6

static uint8_t rom[ROM_MAX + BLOCK + TRAILER];

static uint16_t get16(size_t at)
{
	return rom[at] | rom[at + 1] << 8;
}

static void put32(size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		rom[at + i] = v >> 8 * i;
}

static uint8_t sum(size_t from, size_t len)
{
	uint8_t s = 0;

	while (len--)
		s += rom[from++];
	return s;
}

static uint32_t sum32(size_t from, size_t end)
{
	uint32_t s = 0;

	for (; from < end; from += 4)
		s += get16(from) | (uint32_t)get16(from + 2) << 16;
	return s;
}

static void die(const char *what, const char *name)
{
	fprintf(stderr, "mkrom: %s %s\n", what, name);
	exit(1);
}

int main(int argc, char **argv)
{
	size_t used, padded;
	uint16_t pcir_blocks, pnp, kept, rest;
	FILE *f;

	if (argc != 4 && argc != 5)
		die("usage: mkrom RAW ROM KIB [ID], not", argv[0]);
	f = fopen(argv[1], "rb");
	if (!f)
		die("cannot read", argv[1]);
	used = fread(rom, 1, sizeof(rom), f);
	fclose(f);
	if (used < TRAILER || used - TRAILER > ROM_MAX)
		die("more than 32768 bytes in", argv[1]);
	used -= TRAILER;
	pcir_blocks = get16(used);
	pnp = get16(used + 2);
	kept = get16(used + 4);
	rest = get16(used + 6);
	if (argc == 5) {
		unsigned long id = strtoul(argv[4], NULL, 16);

		rom[get16(PCIR_AT) + DEVICE_AT] = id;
		rom[get16(PCIR_AT) + DEVICE_AT + 1] = id >> 8;
	}
	padded = (used + BLOCK - 1) / BLOCK * BLOCK;
	memset(rom + used, 0, sizeof(rom) - used); /* the trailer, too */
	/* A BIOS that scans for ROMs after the shrunk image must find none in the rest. */
	for (size_t at = SCAN_STEP; at < padded; at += SCAN_STEP)
		if (get16(at) == 0xaa55)
			die("55AAh where a ROM may begin in", argv[1]);
	rom[rest] = (padded - kept * BLOCK) / 4;
	rom[rest + 1] = (padded - kept * BLOCK) / 4 >> 8;
	put32(rest + 2, sum32(kept * BLOCK, padded));
	rom[2] = padded / BLOCK;
	rom[pcir_blocks] = padded / BLOCK;
	rom[pnp + 9] = -sum(pnp, 32);
	rom[SUM_AT] = -sum(0, padded);
	f = fopen(argv[2], "wb");
	if (!f || fwrite(rom, 1, ROM_MAX, f) != ROM_MAX || fclose(f))
		die("cannot write", argv[2]);
	printf("  SIZE    %s: %zu of %d bytes, %zu free; %u stay in the ROM area; %s KiB of base memory\n", argv[2],
	       used, ROM_MAX, ROM_MAX - used, kept * BLOCK, argv[3]);
	return 0;
}
