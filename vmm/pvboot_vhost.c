/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_vhost.c - the device as a vhost back end, behind the VMM's own virtio front end (docs/spec.md, chapter 7).
 *
 * The front end has the registers, the features and the life cycle.  It tells this file where each queue lies, and when
 * the queue starts and stops.  The device process may end and be started again; only guest memory remains.  So a queue
 * continues at its used index, even if an earlier process wrote it.  The device takes chains that were not returned
 * from the ring again, as if the driver had just submitted them.
 */
#include "pvboot_dev_int.h"

#define USED_IDX offsetof(struct vring_used, idx)

static bool runs(const struct pvboot_dev *dev)
{
	return dev->vhost && pvboot_dev_running(dev);
}

void pvboot_vhost_tell(struct pvboot_io *io)
{
	uint32_t status = io->dev->config.status;

	if (runs(io->dev))
		pvboot_io_put_rsp(io, offsetof(struct pvboot_rsp, detail), &status, sizeof(status));
}

void pvboot_vhost_tell_all(struct pvboot_dev *dev)
{
	uint16_t i;

	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		if (dev->io[i].busy && !dev->parked[i])
			pvboot_vhost_tell(&dev->io[i]);
}

/* Set DRIVER_OK while any queue runs.  A broken queue works again once it is started. */
static void set_running(struct pvboot_dev *dev)
{
	uint16_t i;

	dev->status = 0;
	for (i = 0; i < PVBOOT_NUM_QUEUES; i++)
		if (dev->queue[i].enabled)
			dev->status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				      VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK;
}

void pvboot_vhost_forget(struct pvboot_dev *dev)
{
	pvboot_io_forget(dev);
	dev->dgram_open = dev->frame_open = false;
	dev->waiting_first = dev->waiting_count = 0;
	dev->complaints = 0;
	if (dev->started)
		pvboot_dev_reset_backend(dev);
	dev->started = false;
}

bool pvboot_vhost_start(struct pvboot_dev *dev, uint32_t queue, const struct pvboot_vhost_queue *vq)
{
	struct pvboot_queue *q;
	uint16_t next;

	if (queue >= PVBOOT_NUM_QUEUES)
		return false;
	pvboot_vhost_stop(dev, queue);
	q = &dev->queue[queue];
	q->desc = vq->desc;
	q->avail = vq->avail;
	q->used = vq->used;
	q->size = vq->size;
	if (!pvboot_ring_valid(q) || !pvboot_mem_load16(dev, q->used + USED_IDX, &next))
		return false;
	if (queue == PVBOOT_Q_REQUESTS && !next) /* no chain was returned in this ring: a driver begins */
		pvboot_vhost_forget(dev);
	q->next_avail = q->next_used = next;
	q->flags = 0;
	q->enabled = true;
	dev->vhost = true;
	dev->started = true;
	dev->driver_features = PVBOOT_FEATURES;
	pvboot_pci_set_bus_master(dev);
	set_running(dev);
	if (queue == PVBOOT_Q_PACKETS)
		pvboot_ring_notify(dev, q, false);
	pvboot_vhost_kick(dev, queue);
	return true;
}

static void take_back(struct pvboot_dev *dev)
{
	uint16_t i;

	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		if (dev->io[i].busy && !dev->parked[i])
			dev->be_ops->cancel(dev->be, &dev->io[i]);
	pvboot_io_forget(dev);
}

uint16_t pvboot_vhost_stop(struct pvboot_dev *dev, uint32_t queue)
{
	struct pvboot_queue *q;

	if (queue >= PVBOOT_NUM_QUEUES)
		return 0;
	q = &dev->queue[queue];
	if (!q->enabled)
		return q->next_used;
	if (queue == PVBOOT_Q_REQUESTS)
		take_back(dev);
	q->enabled = false;
	set_running(dev);
	return q->next_used;
}

void pvboot_vhost_kick(struct pvboot_dev *dev, uint32_t queue)
{
	if (queue < PVBOOT_NUM_QUEUES && dev->queue[queue].enabled)
		pvboot_dev_notified(dev, queue);
}

void pvboot_vhost_resume(struct pvboot_dev *dev, bool dgram_open, bool frame_open, uint64_t epoch_ms)
{
	dev->vhost = true;
	dev->started = true;
	dev->dgram_open = dgram_open;
	dev->frame_open = frame_open;
	dev->epoch_ms = epoch_ms;
}
