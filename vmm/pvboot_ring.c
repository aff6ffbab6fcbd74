/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_ring.c - split virtqueues (virtio 1.2 2.7), the device's side.
 *
 * The driver is hostile and runs at the same time as the device.  The device copies every index and descriptor once,
 * checks the copy, and uses the copy.  No loop is longer than the queue: a chain has at most as many descriptors as the
 * queue, and a run takes at most as many chains.  The top of pvboot_dev.c lists what breaks the device
 * (pvboot_dev_break()).
 */
#include "pvboot_dev_int.h"

#define AVAIL_FLAGS offsetof(struct vring_avail, flags)
#define AVAIL_IDX offsetof(struct vring_avail, idx)
#define AVAIL_RING sizeof(struct vring_avail)
#define USED_FLAGS offsetof(struct vring_used, flags)
#define USED_IDX offsetof(struct vring_used, idx)
#define USED_RING sizeof(struct vring_used)
_Static_assert(AVAIL_RING == 4 && USED_RING == 4, "rings begin after flags and idx");

static bool fits(uint64_t base, uint64_t len, uint64_t align)
{
	return base % align == 0 && len - 1 <= UINT64_MAX - base;
}

bool pvboot_ring_valid(const struct pvboot_queue *q)
{
	uint64_t n = q->size;

	if (!n || n > PVBOOT_QUEUE_MAX || n & (n - 1))
		return false;
	return fits(q->desc, n * sizeof(struct vring_desc), VRING_DESC_ALIGN_SIZE) &&
	       fits(q->avail, AVAIL_RING + n * sizeof(uint16_t), VRING_AVAIL_ALIGN_SIZE) &&
	       fits(q->used, USED_RING + n * sizeof(struct vring_used_elem), VRING_USED_ALIGN_SIZE);
}

enum pvboot_ring pvboot_ring_count(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t *count)
{
	uint16_t idx;

	*count = 0;
	if (!q->enabled || !pvboot_dev_running(dev))
		return PVBOOT_RING_END;
	if (!pvboot_mem_load16(dev, q->avail + AVAIL_IDX, &idx)) {
		pvboot_dev_break(dev, "the available ring is not in guest memory");
		return PVBOOT_RING_BROKEN;
	}
	if ((uint16_t)(idx - q->next_avail) > q->size) {
		pvboot_dev_break(dev, "the available index runs ahead of the queue");
		return PVBOOT_RING_BROKEN;
	}
	*count = (uint16_t)(idx - q->next_avail);
	return *count ? PVBOOT_RING_MORE : PVBOOT_RING_END;
}

bool pvboot_ring_kept(struct pvboot_dev *dev, const struct pvboot_queue *q)
{
	uint16_t avail, used;

	return pvboot_mem_load16(dev, q->avail + AVAIL_IDX, &avail) &&
	       pvboot_mem_load16(dev, q->used + USED_IDX, &used) && used == q->next_used &&
	       (uint16_t)(avail - q->next_avail) <= q->size;
}

enum pvboot_ring pvboot_ring_pop(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain)
{
	uint64_t slot = q->next_avail % q->size;
	uint16_t head;

	if (!pvboot_mem_read(dev, q->avail + AVAIL_RING + slot * sizeof(head), &head, sizeof(head))) {
		pvboot_dev_break(dev, "the available ring is not in guest memory");
		return PVBOOT_RING_BROKEN;
	}
	if (head >= q->size) {
		pvboot_dev_break(dev, "a chain begins outside the descriptor table");
		return PVBOOT_RING_BROKEN;
	}
	q->next_avail++;
	*chain = (struct pvboot_chain){.head = head, .next = head, .left = q->size, .more = true};
	return PVBOOT_RING_MORE;
}

void pvboot_ring_unpop(struct pvboot_queue *q)
{
	q->next_avail--;
}

/* Return the error in a descriptor at this place of its chain, or NULL. */
static const char *check_desc(const struct pvboot_queue *q, const struct pvboot_chain *chain,
			      const struct vring_desc *desc)
{
	if (desc->flags & VRING_DESC_F_INDIRECT)
		return "an indirect descriptor, which was not offered";
	if (desc->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
		return "a descriptor with unknown flags";
	if (chain->writable && !(desc->flags & VRING_DESC_F_WRITE))
		return "a readable descriptor after a writable one";
	if (desc->flags & VRING_DESC_F_NEXT && desc->next >= q->size)
		return "a chain leads outside the descriptor table";
	if (desc->len > UINT32_MAX - chain->total)
		return "a chain of 4 GiB or more";
	return NULL;
}

enum pvboot_ring pvboot_ring_walk(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain,
				  struct pvboot_seg *seg)
{
	struct vring_desc desc;
	const char *why = NULL;

	if (!chain->more)
		return PVBOOT_RING_END;
	if (!chain->left)
		why = "a chain longer than the queue, or a loop";
	else if (!pvboot_mem_read(dev, q->desc + (uint64_t)chain->next * sizeof(desc), &desc, sizeof(desc)))
		why = "the descriptor table is not in guest memory";
	else
		why = check_desc(q, chain, &desc);
	if (why) {
		pvboot_dev_break(dev, why);
		return PVBOOT_RING_BROKEN;
	}
	chain->left--;
	chain->next = desc.next;
	chain->more = desc.flags & VRING_DESC_F_NEXT;
	chain->writable = desc.flags & VRING_DESC_F_WRITE;
	chain->total += desc.len;
	seg->gpa = desc.addr;
	seg->len = desc.len;
	return PVBOOT_RING_MORE;
}

void pvboot_ring_push(struct pvboot_dev *dev, struct pvboot_queue *q, uint16_t head, uint32_t len)
{
	struct vring_used_elem elem = {.id = head, .len = len};
	uint64_t slot = q->next_used % q->size;
	uint16_t flags;

	if (!q->enabled || !pvboot_dev_running(dev))
		return;
	if (!pvboot_mem_write(dev, q->used + USED_RING + slot * sizeof(elem), &elem, sizeof(elem)) ||
	    !pvboot_mem_store16(dev, q->used + USED_IDX, q->next_used + 1)) {
		pvboot_dev_break(dev, "the used ring is not in guest memory");
		return;
	}
	q->next_used++;
	/*
	 * The driver sets its flag, then reads the index.  The device writes the index, then reads the flag (virtio 1.2
	 * 2.7.7.1).
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!pvboot_mem_load16(dev, q->avail + AVAIL_FLAGS, &flags)) {
		pvboot_dev_break(dev, "the available ring is not in guest memory");
		return;
	}
	if (flags & VRING_AVAIL_F_NO_INTERRUPT)
		return;
	if (dev->vmm_ops->call)
		dev->vmm_ops->call(dev->vmm, (uint32_t)(q - dev->queue));
	else
		pvboot_dev_interrupt(dev, 1);
}

void pvboot_ring_notify(struct pvboot_dev *dev, struct pvboot_queue *q, bool wanted)
{
	uint16_t flags = wanted ? 0 : VRING_USED_F_NO_NOTIFY;

	if (!q->enabled || !pvboot_dev_running(dev) || q->flags == flags)
		return;
	if (!pvboot_mem_store16(dev, q->used + USED_FLAGS, flags)) {
		pvboot_dev_break(dev, "the used ring is not in guest memory");
		return;
	}
	q->flags = flags;
	/*
	 * After asking for notifications, the caller checks the available ring again.  The fence keeps that check
	 * behind the flag.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
