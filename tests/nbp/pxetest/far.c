// SPDX-License-Identifier: BSD-2-Clause
/* far.c - memory below 1 MiB by its linear address, through FS and ES, which are 0 in between. */
#include "pxetest.h"

uint8_t peek8(uint32_t at)
{
	uint8_t v;

	__asm__ volatile("movw %w1, %%fs; movb %%fs:(%2), %0; movw %w3, %%fs"
			 : "=q"(v)
			 : "r"(at >> 4), "r"(at & 15), "r"(0));
	return v;
}

uint32_t peek32(uint32_t at)
{
	uint32_t v;

	__asm__ volatile("movw %w1, %%fs; movl %%fs:(%2), %0; movw %w3, %%fs"
			 : "=r"(v)
			 : "r"(at >> 4), "r"(at & 15), "r"(0));
	return v;
}

uint16_t peek16(uint32_t at)
{
	return peek32(at);
}

void poke8(uint32_t at, uint8_t v)
{
	__asm__ volatile("movw %w1, %%fs; movb %0, %%fs:(%2); movw %w3, %%fs"
			 :
			 : "q"(v), "r"(at >> 4), "r"(at & 15), "r"(0)
			 : "memory");
}

void poke32(uint32_t at, uint32_t v)
{
	for (uint8_t i = 0; i < 4; i++, v >>= 8)
		poke8(at + i, v);
}

/* FILL len bytes, from at. */
void fill(uint32_t at, uint32_t len)
{
	while (len) {
		uint32_t offset = at & 15, n = 0x10000 - offset < len ? 0x10000 - offset : len, count = n, edi = offset;

		__asm__ volatile("movw %w2, %%es; cld; addr32 rep stosb; movw %w4, %%es"
				 : "+c"(count), "+D"(edi)
				 : "r"(at >> 4), "a"(FILL), "r"(0)
				 : "memory");
		at += n;
		len -= n;
	}
}

/* The first byte of [at, at + len) that is not FILL, or at + len. */
uint32_t find_change(uint32_t at, uint32_t len)
{
	while (len) {
		uint32_t offset = at & 15, n = 0x10000 - offset < len ? 0x10000 - offset : len, count = n, edi = offset;
		bool same;

		__asm__ volatile("movw %w3, %%es; cld; addr32 repe scasb; movw %w5, %%es; sete %2"
				 : "+c"(count), "+D"(edi), "=qm"(same)
				 : "r"(at >> 4), "a"(FILL), "r"(0)
				 : "memory", "cc");
		if (!same)
			return at + (n - count) - 1;
		at += n;
		len -= n;
	}
	return at;
}

uint32_t crc(uint32_t at, uint32_t len)
{
	uint32_t c = UINT32_MAX;

	while (len--) {
		c ^= peek8(at++);
		for (uint8_t i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}
