/* SPDX-License-Identifier: BSD-2-Clause */
/* link_keep.c - the blobs a device keeps for the next hostd (docs/spec.md 5.5).  Nobody here looks into them. */
#include "link.h"

static struct link_kept *find(struct link *l, uint32_t key)
{
	for (struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		if (k->used && k->key == key)
			return k;
	}
	return NULL;
}

static struct link_kept *unused(struct link *l)
{
	for (struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		if (!k->used)
			return k;
	}
	return NULL;
}

bool link_keep(struct link *l, uint32_t key, const uint8_t *blob, uint32_t len)
{
	struct link_kept *k = find(l, key);

	if (!k)
		k = unused(l);
	if (!k || len > sizeof(k->blob))
		return false;
	k->used = true;
	k->key = key;
	k->len = (uint16_t)len;
	memcpy(k->blob, blob, len);
	return true;
}

void link_keep_forget(struct link *l, uint32_t key)
{
	struct link_kept *k = find(l, key);

	if (k)
		k->used = false;
}

void link_keep_reset(struct link *l)
{
	for (struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		if (k->key != PVBOOT_LINK_KEY_LEASE)
			k->used = false;
	}
}
