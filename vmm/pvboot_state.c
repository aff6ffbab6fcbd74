/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_state.c - the device's state for a checkpoint (docs/spec.md 3.6).
 *
 * The state is a head with the registers, configuration space, the text of the last error, one record for each request
 * in flight, and one for each waiting packet; all little-endian.  A request is saved as its arguments and the
 * descriptors of its room.  After a load the backend gets it again and repeats its work, into the same memory.  The
 * device treats the state as hostile: it passes the same checks as a guest's input.
 */
#include "pvboot_dev_int.h"

#define STATE_MAGIC 0x53425650u /* "PVBS" */
#define STATE_VERSION 1

struct state_queue {
	uint64_t desc, avail, used;
	uint16_t size, enabled, next_avail, next_used, flags, reserved[3];
};

struct state_head {
	uint32_t magic;
	uint32_t version;
	uint32_t requests, packets; /* records that follow */
	struct pvboot_config config;
	uint32_t rom_size;
	uint32_t elapsed_ms;
	uint32_t device_select, driver_select;
	uint64_t driver_features;
	uint16_t queue_select;
	uint8_t generation, status, isr, frame_open, started, dgram_open;
	struct state_queue queue[PVBOOT_NUM_QUEUES];
	uint32_t error_len, reserved;
};
_Static_assert(sizeof(struct state_queue) == 40, "no padding");
_Static_assert(sizeof(struct state_head) == 16 + 56 + 16 + 8 + 8 + 80 + 8, "no padding");

/* A request: then arg_len bytes (parked: a struct pvboot_rsp), then nsegs struct state_seg. */
struct state_io {
	uint64_t room;
	uint32_t arg_len;
	uint32_t order; /* of submission, where it matters */
	uint16_t op, head, nsegs, parked;
};
struct state_seg {
	uint64_t gpa;
	uint32_t len, reserved;
};
_Static_assert(sizeof(struct state_io) == 24 && sizeof(struct state_seg) == 16, "no padding");

#define STATE_MAX                                                                                                      \
	(sizeof(struct state_head) + PVBOOT_CFG_SPACE + PVBOOT_ERROR_MAX +                                             \
	 PVBOOT_QUEUE_MAX *                                                                                            \
		 (sizeof(struct state_io) + PVBOOT_ARGS_MAX + PVBOOT_QUEUE_MAX * sizeof(struct state_seg)) +           \
	 PVBOOT_PKT_WAITING * sizeof(struct pvboot_waiting))

struct cursor {
	uint8_t *at;
	size_t left;
};

static void put(struct cursor *c, const void *from, size_t len)
{
	memcpy(c->at, from, len);
	c->at += len;
	c->left -= len;
}

static bool get(struct cursor *c, void *to, size_t len)
{
	if (len > c->left)
		return false;
	memcpy(to, c->at, len);
	c->at += len;
	c->left -= len;
	return true;
}

/* ---- save ------------------------------------------------------------------------------------------------------ */

size_t pvboot_dev_state_max(void)
{
	return STATE_MAX;
}

static void save_io(struct cursor *c, const struct pvboot_dev *dev, const struct pvboot_io *io)
{
	struct state_io s = {
		.room = io->room,
		.arg_len = io->arg_len,
		.order = io->be_id,
		.op = io->op,
		.head = io->head,
		.nsegs = io->nsegs,
		.parked = dev->parked[io->head],
	};
	uint16_t i;

	if (s.parked)
		s.arg_len = sizeof(struct pvboot_rsp);
	put(c, &s, sizeof(s));
	put(c, io->args, s.arg_len);
	for (i = 0; i < io->nsegs; i++)
		put(c, &(struct state_seg){.gpa = io->seg[i].gpa, .len = io->seg[i].len}, sizeof(struct state_seg));
}

static void save_head(struct cursor *c, struct pvboot_dev *dev, uint32_t requests)
{
	struct state_head h;
	uint16_t i;

	memset(&h, 0, sizeof(h));
	h.magic = STATE_MAGIC;
	h.version = STATE_VERSION;
	h.requests = requests;
	h.packets = dev->waiting_count;
	h.config = dev->config;
	h.rom_size = dev->rom_size;
	h.elapsed_ms = (uint32_t)(pvboot_dev_now_ms(dev) - dev->epoch_ms);
	h.device_select = dev->device_select;
	h.driver_select = dev->driver_select;
	h.driver_features = dev->driver_features;
	h.queue_select = dev->queue_select;
	h.generation = dev->generation;
	h.status = dev->status;
	h.isr = dev->isr;
	h.started = dev->started;
	h.dgram_open = dev->dgram_open;
	h.frame_open = dev->frame_open;
	for (i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		const struct pvboot_queue *q = &dev->queue[i];

		h.queue[i] = (struct state_queue){.desc = q->desc,
						  .avail = q->avail,
						  .used = q->used,
						  .size = q->size,
						  .enabled = q->enabled,
						  .next_avail = q->next_avail,
						  .next_used = q->next_used,
						  .flags = q->flags};
	}
	h.error_len = dev->error_len;
	put(c, &h, sizeof(h));
	put(c, dev->cfg, sizeof(dev->cfg));
	put(c, dev->error, dev->error_len);
}

size_t pvboot_dev_save(struct pvboot_dev *dev, void *buf, size_t room)
{
	struct cursor c = {buf, room};
	uint32_t requests = 0, i;

	if (room < STATE_MAX || dev->pinned)
		return 0;
	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		requests += dev->io[i].busy;
	save_head(&c, dev, requests);
	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		if (dev->io[i].busy)
			save_io(&c, dev, &dev->io[i]);
	for (i = 0; i < dev->waiting_count; i++) {
		const struct pvboot_waiting *w = &dev->waiting[(dev->waiting_first + i) % PVBOOT_PKT_WAITING];

		put(&c, w, sizeof(w->pkt) + w->pkt.length);
	}
	return room - c.left;
}

/* ---- load ------------------------------------------------------------------------------------------------------ */

static bool head_is_good(const struct state_head *h)
{
	const uint8_t known = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK |
			      VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED;
	uint16_t i;

	if (h->magic != STATE_MAGIC || h->version != STATE_VERSION || h->requests > PVBOOT_QUEUE_MAX ||
	    h->packets > PVBOOT_PKT_WAITING)
		return false;
	if (h->status & ~known || h->isr & ~3 || h->frame_open > 1 || h->started > 1 || h->dgram_open > 1 ||
	    h->reserved || h->error_len > PVBOOT_ERROR_MAX || h->config.abi_version != PVBOOT_ABI_VERSION)
		return false;
	if (h->status & VIRTIO_CONFIG_S_FEATURES_OK && h->driver_features & ~PVBOOT_FEATURES)
		return false;
	for (i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		const struct state_queue *s = &h->queue[i];
		struct pvboot_queue q = {.desc = s->desc, .avail = s->avail, .used = s->used, .size = s->size};

		if (!s->size || s->size > PVBOOT_QUEUE_MAX || s->size & (s->size - 1) || s->enabled > 1 ||
		    (s->enabled && !pvboot_ring_valid(&q)))
			return false;
	}
	return true;
}

static void load_head(struct pvboot_dev *dev, const struct state_head *h)
{
	uint16_t written = dev->config.status & PVBOOT_STATUS_WRITTEN, i;

	dev->config = h->config;
	dev->config.status |= written; /* [DEV-69] this machine's bit, not the saved one's */
	dev->epoch_ms = pvboot_dev_now_ms(dev) - h->elapsed_ms;
	dev->device_select = h->device_select;
	dev->driver_select = h->driver_select;
	dev->driver_features = h->driver_features;
	dev->queue_select = h->queue_select;
	dev->generation = h->generation;
	dev->status = h->status;
	dev->isr = h->isr;
	dev->started = h->started;
	dev->dgram_open = h->dgram_open;
	dev->frame_open = h->frame_open;
	for (i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		const struct state_queue *s = &h->queue[i];

		dev->queue[i] = (struct pvboot_queue){.desc = s->desc,
						      .avail = s->avail,
						      .used = s->used,
						      .size = s->size,
						      .enabled = s->enabled,
						      .next_avail = s->next_avail,
						      .next_used = s->next_used,
						      .flags = s->flags};
	}
}

/* Load configuration space and the text of the last error. */
static bool load_bytes(struct pvboot_dev *dev, struct cursor *c, uint32_t error_len)
{
	if (c->left < PVBOOT_CFG_SPACE || c->left - PVBOOT_CFG_SPACE < error_len)
		return false;
	pvboot_pci_load(dev, c->at);
	pvboot_dev_set_error(dev, (const char *)c->at + PVBOOT_CFG_SPACE, error_len);
	c->at += PVBOOT_CFG_SPACE + error_len;
	c->left -= PVBOOT_CFG_SPACE + error_len;
	return true;
}

static bool load_io(struct pvboot_dev *dev, struct cursor *c)
{
	struct state_io s;
	struct state_seg seg;
	struct pvboot_io *io;
	uint64_t total = 0;
	uint16_t i;

	if (!get(c, &s, sizeof(s)) || s.head >= dev->queue[PVBOOT_Q_REQUESTS].size || dev->io[s.head].busy ||
	    s.arg_len > PVBOOT_ARGS_MAX || s.nsegs > PVBOOT_QUEUE_MAX || s.parked > 1 ||
	    (s.parked && s.arg_len != sizeof(struct pvboot_rsp)))
		return false;
	io = &dev->io[s.head];
	if (!get(c, io->args, s.arg_len))
		return false;
	for (i = 0; i < s.nsegs; i++) {
		if (!get(c, &seg, sizeof(seg)) || seg.len > UINT32_MAX - total)
			return false;
		io->seg[i] = (struct pvboot_seg){.gpa = seg.gpa, .len = seg.len};
		total += seg.len;
	}
	if (total < sizeof(struct pvboot_rsp) || s.room != total - sizeof(struct pvboot_rsp))
		return false;
	io->op = s.op;
	io->arg_len = s.arg_len;
	io->room = s.room;
	io->head = s.head;
	io->nsegs = s.nsegs;
	io->be_id = s.order;
	io->be_offset = io->be_deadline_ms = io->sent = 0;
	if (!s.parked && !pvboot_req_good(dev, io))
		return false;
	io->busy = true;
	dev->parked[s.head] = s.parked;
	return true;
}

static bool load_packet(struct pvboot_dev *dev, struct cursor *c)
{
	struct pvboot_waiting *w = &dev->waiting[dev->waiting_count];

	if (!get(c, &w->pkt, sizeof(w->pkt)) || !pvboot_pkt_wanted(dev, &w->pkt) || !get(c, w->payload, w->pkt.length))
		return false;
	dev->waiting_count++;
	return true;
}

/* Submit the requests to the backend again, in the order in which the guest made them. */
static void resubmit(struct pvboot_dev *dev, uint32_t count)
{
	bool given[PVBOOT_QUEUE_MAX] = {false};

	while (count--) {
		struct pvboot_io *first = NULL;
		uint16_t i;

		for (i = 0; i < PVBOOT_QUEUE_MAX; i++) {
			struct pvboot_io *io = &dev->io[i];

			if (io->busy && !dev->parked[i] && !given[i] &&
			    (!first || (int32_t)(io->be_id - first->be_id) < 0))
				first = io;
		}
		if (!first)
			return;
		given[first->head] = true;
		first->be_id = 0;
		dev->be_ops->submit(dev->be, first);
	}
}

bool pvboot_dev_load(struct pvboot_dev *dev, const void *buf, size_t len)
{
	struct cursor c = {(uint8_t *)(uintptr_t)buf, len};
	struct state_head h;
	uint32_t i;

	if (dev->pinned)
		return false;
	pvboot_dev_reset(dev);
	if (!get(&c, &h, sizeof(h)) || !head_is_good(&h) || h.rom_size != dev->rom_size)
		return false;
	load_head(dev, &h);
	if (!load_bytes(dev, &c, h.error_len))
		goto fail;
	for (i = 0; i < h.requests; i++)
		if (!load_io(dev, &c))
			goto fail;
	for (i = 0; i < h.packets; i++)
		if (!load_packet(dev, &c))
			goto fail;
	if (c.left)
		goto fail;
	pvboot_dev_update_irq(dev); /* the reset has lowered it */
	return true;

fail:
	dev->started = false; /* the backend has got no request yet */
	pvboot_dev_reset(dev);
	return false;
}

void pvboot_dev_resume(struct pvboot_dev *dev)
{
	resubmit(dev, PVBOOT_QUEUE_MAX);
}
