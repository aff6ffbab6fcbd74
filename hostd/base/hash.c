/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.c - FNV-1a of 64 bits. */
#include "base/hash.h"

uint64_t hash_add(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}
