/* SPDX-License-Identifier: BSD-2-Clause */
/* link_keep.c - the blobs that a device keeps for the next hostd (docs/spec.md 5.5), opaque to the device. */
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

/* Fill a slot and set used last: this process may end between any two stores, and the next one trusts a used slot. */
static void fill(struct link_kept *k, uint32_t key, const void *blob, uint32_t len)
{
	k->used = false;
	__asm__ volatile("" ::: "memory");
	k->key = key;
	k->len = (uint16_t)len;
	memcpy(k->blob, blob, len);
	__asm__ volatile("" ::: "memory");
	k->used = true;
}

bool link_keep(struct link *l, uint32_t key, const uint8_t *blob, uint32_t len)
{
	struct link_kept *k = find(l, key), *spare = &l->kept[PVBOOT_LINK_KEEPS];

	if (len > sizeof(k->blob))
		return false;
	if (k)
		fill(spare, key, blob, len);
	else
		k = unused(l);
	if (!k)
		return false;
	fill(k, key, blob, len);
	spare->used = false;
	return true;
}

void link_keep_in(struct link *l, struct link_kept *slots)
{
	struct link_kept *spare = &slots[PVBOOT_LINK_KEEPS];

	l->kept = slots;
	for (struct link_kept *k = slots; k <= spare; k++) {
		/* read used as a byte: the memory may hold a value that is not a valid bool */
		uint8_t used;

		memcpy(&used, &k->used, sizeof(used));
		k->used = used == 1 && k->len <= sizeof(k->blob);
	}
	if (spare->used && !find(l, spare->key))
		link_keep(l, spare->key, spare->blob, spare->len);
	spare->used = false;
}

static bool is_file(uint32_t key)
{
	return key >= PVBOOT_LINK_KEY_FILE && key - PVBOOT_LINK_KEY_FILE <= UINT16_MAX;
}

bool link_keeps_file(const struct link *l, uint32_t handle)
{
	for (const struct link_kept *k = l->kept; handle && k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		if (k->used && k->key == PVBOOT_LINK_KEY_FILE + (handle & UINT16_MAX))
			return true;
	}
	return false;
}

bool link_keep_lost(const struct link *l)
{
	for (const struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		if (k->used && is_file(k->key) && !link_file_there(l, k->key))
			return true;
	}
	return false;
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

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

#define HAS_NOTE 1u
#define HAS_FRAME_CLOSE 2u

static uint8_t *put(uint8_t *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

size_t link_save(const struct link *l, void *buf, size_t room)
{
	uint32_t flags = (l->note_due ? HAS_NOTE : 0) | (l->frame_close_due ? HAS_FRAME_CLOSE : 0);
	uint8_t *at = buf;

	if (room < LINK_STATE_MAX)
		return 0;
	at = put(at, &flags, sizeof(flags));
	at = put(at, &l->note, sizeof(l->note));
	at = put(at, l->note_args, sizeof(l->note_args));
	for (const struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		uint32_t len = k->len;

		if (!k->used)
			continue;
		at = put(at, &k->key, sizeof(k->key));
		at = put(at, &len, sizeof(len));
		at = put(at, k->blob, k->len);
	}
	return (size_t)(at - (uint8_t *)buf);
}

/* Walk the blobs; if l is not NULL, keep each.  Returns false if they are malformed. */
static bool take_blobs(struct link *l, const uint8_t *at, size_t len)
{
	uint32_t head[2]; /* key, length */
	unsigned int n = 0;

	while (len) {
		if (len < sizeof(head) || n++ == PVBOOT_LINK_KEEPS)
			return false;
		memcpy(head, at, sizeof(head));
		at += sizeof(head);
		len -= sizeof(head);
		if (head[1] > PVBOOT_LINK_KEEP_MAX || head[1] > len)
			return false;
		if (l)
			link_keep(l, head[0], at, head[1]);
		at += head[1];
		len -= head[1];
	}
	return true;
}

bool link_load(struct link *l, const void *buf, size_t len)
{
	struct pvboot_link_request note;
	const uint8_t *at = buf;
	uint32_t flags;
	size_t fixed = sizeof(flags) + sizeof(note) + sizeof(l->note_args);

	if (len < fixed)
		return false;
	memcpy(&flags, at, sizeof(flags));
	memcpy(&note, at + sizeof(flags), sizeof(note));
	if (flags & ~(HAS_NOTE | HAS_FRAME_CLOSE) || note.arg_len > sizeof(l->note_args) ||
	    !take_blobs(NULL, at + fixed, len - fixed))
		return false;
	l->note_due = flags & HAS_NOTE;
	l->frame_close_due = flags & HAS_FRAME_CLOSE;
	l->note = note;
	memcpy(l->note_args, at + sizeof(flags) + sizeof(note), sizeof(l->note_args));
	for (struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++)
		k->used = false;
	return take_blobs(l, at + fixed, len - fixed);
}
