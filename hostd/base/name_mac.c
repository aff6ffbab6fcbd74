/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_mac.c - a MAC address for a machine that has a name only.
 *
 * FNV-1a alone does not do: names that differ in their last letter differ in few of its bits, and a pattern may leave
 * just those out.  So its sum is mixed (the finalizer of MurmurHash3): each bit of it then depends on each of the name.
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
