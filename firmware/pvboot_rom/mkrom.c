// SPDX-License-Identifier: BSD-2-Clause
/*
 * mkrom.c - make an option ROM of nasm's output: pad, lengths, sums; say how much is used.  A build tool.
 *
 * The image's own length is what is used, so that little of the ROM area is taken even for a moment; the file is always
 * 32 KiB, so that an attachment that must size the ROM BAR itself (x-pci-proxy-dev) need not know it.
 *
 *   mkrom RAW ROM KIB    KIB: of base memory that the resident part takes
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROM_MAX 32768
#define BLOCK 512
#define TRAILER 6 /* rom.asm's: offsets of the PCIR length and of $PnP, blocks that stay */
#define SUM_AT 6

static uint8_t rom[ROM_MAX + BLOCK + TRAILER];

static uint16_t get16(size_t at)
{
	return rom[at] | rom[at + 1] << 8;
}

static uint8_t sum(size_t from, size_t len)
{
	uint8_t s = 0;

	while (len--)
		s += rom[from++];
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
	uint16_t pcir_blocks, pnp, kept;
	FILE *f;

	if (argc != 4)
		die("usage: mkrom RAW ROM KIB, not", argv[0]);
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
	padded = (used + BLOCK - 1) / BLOCK * BLOCK;
	memset(rom + used, 0, padded - used);
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
