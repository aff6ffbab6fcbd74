/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_pkt.c - queue 0: packets to the guest.
 *
 * The device writes a packet into the next buffer at once.  If there is no buffer, the packet waits, and only then does
 * the device ask for notifications.  So a guest that keeps buffers posted never sends a notification.
 */
#include "pvboot_dev_int.h"

/* Walk the next buffer into dev->seg.  MORE: there is one, of chain->total bytes. */
static enum pvboot_ring next_buffer(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain)
{
	struct pvboot_seg *seg = dev->seg;
	enum pvboot_ring r;
	uint16_t count;

	r = pvboot_ring_count(dev, q, &count);
	if (r != PVBOOT_RING_MORE)
		return r;
	if (pvboot_ring_pop(dev, q, chain) == PVBOOT_RING_BROKEN)
		return PVBOOT_RING_BROKEN;
	while ((r = pvboot_ring_walk(dev, q, chain, seg)) == PVBOOT_RING_MORE) {
		if (!chain->writable) {
			pvboot_dev_break(dev, "a readable descriptor in the packet queue");
			return PVBOOT_RING_BROKEN;
		}
		if (chain->more)
			seg++; /* stays in bounds: the walk ends after the queue's size */
	}
	return r == PVBOOT_RING_BROKEN ? r : PVBOOT_RING_MORE;
}

/* Fill the current buffer, which is large enough.  Returns false if a needed part of it is not guest memory. */
static bool fill(struct pvboot_dev *dev, const uint8_t *from, uint32_t left)
{
	const struct pvboot_seg *seg = dev->seg;

	for (; left; seg++) {
		uint32_t n = seg->len < left ? seg->len : left;

		if (!pvboot_mem_write(dev, seg->gpa, from, n))
			return false;
		from += n;
		left -= n;
	}
	return true;
}

/* Deliver the oldest waiting packet.  END: there is no buffer. */
static enum pvboot_ring deliver_first(struct pvboot_dev *dev, struct pvboot_queue *q)
{
	const struct pvboot_waiting *w = &dev->waiting[dev->waiting_first];
	uint32_t size = (uint32_t)sizeof(w->pkt) + w->pkt.length;
	struct pvboot_chain chain;
	enum pvboot_ring r = next_buffer(dev, q, &chain);

	if (r != PVBOOT_RING_MORE)
		return r;
	dev->waiting_first = (dev->waiting_first + 1) % PVBOOT_PKT_WAITING;
	dev->waiting_count--;
	if (chain.total < size) {
		pvboot_ring_unpop(q);
		dev->dropped++;
	} else if (fill(dev, (const uint8_t *)w, size)) {
		pvboot_ring_push(dev, q, chain.head, size);
	} else {
		pvboot_ring_push(dev, q, chain.head, 0);
		dev->dropped++;
	}
	return PVBOOT_RING_MORE;
}

void pvboot_pkt_run(struct pvboot_dev *dev)
{
	struct pvboot_queue *q = &dev->queue[PVBOOT_Q_PACKETS];

	while (dev->waiting_count) {
		enum pvboot_ring r = deliver_first(dev, q);

		if (r == PVBOOT_RING_BROKEN)
			return;
		if (r == PVBOOT_RING_MORE)
			continue;
		/*
		 * No buffer: ask for notifications, then check once more, because a buffer may have come just before.
		 */
		pvboot_ring_notify(dev, q, true);
		if (deliver_first(dev, q) != PVBOOT_RING_MORE)
			return;
	}
	pvboot_ring_notify(dev, q, false);
}

/* Log the number of lost packets: nothing else shows that a guest is too slow for its network. */
static void tell_dropped(struct pvboot_dev *dev)
{
	static const char words[] = " packets were dropped: the guest did not take them";
	char line[10 + sizeof(words)], *at = line + 10;
	uint32_t n = dev->dropped;

	dev->dropped = 0;
	if (!n)
		return;
	memcpy(at, words, sizeof(words));
	for (; n; n /= 10)
		*--at = (char)('0' + n % 10);
	pvboot_dev_complain(dev, at);
}

void pvboot_pkt_drop(struct pvboot_dev *dev, uint16_t type)
{
	uint32_t count = dev->waiting_count, kept = 0, i;

	for (i = 0; type && i < count; i++) {
		const struct pvboot_waiting *from = &dev->waiting[(dev->waiting_first + i) % PVBOOT_PKT_WAITING];
		struct pvboot_waiting *to = &dev->waiting[(dev->waiting_first + kept) % PVBOOT_PKT_WAITING];

		if (from->pkt.type == type)
			continue;
		if (to != from)
			memcpy(to, from, sizeof(from->pkt) + from->pkt.length);
		kept++;
	}
	dev->waiting_count = kept;
	if (!kept) {
		dev->waiting_first = 0;
		pvboot_ring_notify(dev, &dev->queue[PVBOOT_Q_PACKETS], false);
	}
	tell_dropped(dev);
}

bool pvboot_pkt_wanted(const struct pvboot_dev *dev, const struct pvboot_pkt *pkt)
{
	if (pkt->type == PVBOOT_PKT_DGRAM)
		return dev->dgram_open && pkt->length <= PVBOOT_DGRAM_MAX;
	return pkt->type == PVBOOT_PKT_FRAME && dev->frame_open && pkt->length >= PVBOOT_FRAME_MIN &&
	       pkt->length <= PVBOOT_FRAME_MAX;
}

bool pvboot_dev_deliver(struct pvboot_dev *dev, const struct pvboot_pkt *pkt, const void *payload)
{
	struct pvboot_waiting *w;

	if (!pvboot_dev_running(dev) || !pvboot_pkt_wanted(dev, pkt))
		return false;
	if (dev->waiting_count == PVBOOT_PKT_WAITING) {
		dev->dropped++;
		return false;
	}
	w = &dev->waiting[(dev->waiting_first + dev->waiting_count) % PVBOOT_PKT_WAITING];
	w->pkt = *pkt;
	w->pkt.flags = 0;
	w->pkt.reserved = 0;
	memcpy(w->payload, payload, pkt->length);
	dev->waiting_count++;
	pvboot_pkt_run(dev);
	return true;
}
