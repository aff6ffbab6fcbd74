/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_mac.c - a MAC address for a machine that only has a name.
 *
 * FNV-1a alone is not enough: names that differ only in the last letter differ in few bits of the hash, and a pattern
 * may fix just those.  So the hash is mixed with the finalizer of MurmurHash3: then each of its bits depends on every
 * letter.
 */
#include "base/name_mac.h"

#include <string.h>

#include "base/hash.h"

static uint64_t sum(const char *name)
{
	uint64_t hash = hash_add(HASH_NONE, name, strlen(name));

	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

void name_mac(uint8_t mac[6], const char *name, const struct addr_mac_pattern *within)
{
	static const struct addr_mac_pattern ours = {{0x52, 0x54, 0x00}, {0xff, 0xff, 0xff}};
	const struct addr_mac_pattern *want = within ? within : &ours;
	uint64_t hash = sum(name);

	for (int i = 0; i < 6; i++, hash >>= 8)
		mac[i] = (uint8_t)((hash & ~want->mask[i]) | (want->value[i] & want->mask[i]));
	if (!want->mask[0])
		mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
}
