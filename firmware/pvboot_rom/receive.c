// SPDX-License-Identifier: BSD-2-Clause
/*
 * receive.c - packets to the guest (queue 0).
 *
 * The device fills posted buffers.  The ROM looks for packets in the used ring in RAM only: a port access may cost as
 * much as a thousand instructions.  The ROM keeps a few packets that no call has asked for, because pxelinux has
 * several ports open.
 */
#include "receive.h"

#include "pvboot.h"
#include "virtio.h"

/* They share memory with the overlay (runtime.ld): nothing is written here before a boot program opens UDP or UNDI. */
static struct packet buffers[RECEIVE_BUFFERS] __attribute__((section(".bss.packets")));
static uint8_t waiting[RECEIVE_BUFFERS]; /* indexes of filled buffers, oldest first */
static uint8_t waiting_len;
static uint8_t taken;  /* index of the buffer that the boot program has, plus 1; 0: none */
static uint8_t posted; /* this many buffers were given to the device since its reset */
static bool lent;      /* the buffers after the first few are lent */

_Static_assert(RECEIVE_BUFFERS <= VIRTIO_RING, "a descriptor for each buffer");
_Static_assert(sizeof(buffers[0].payload) >= PVBOOT_DGRAM_MAX, "a datagram fits"); /* [DRV-16], [DRV-18] */

void receive_forget(void)
{
	posted = waiting_len = taken = 0;
	lent = false;
}

static void post(uint8_t i)
{
	virtio_submit(&virtio_packets, i);
}

void receive_kick(void)
{
	if (!(virtio_packets.used.flags & VRING_USED_F_NO_NOTIFY))
		virtio_kick(&virtio_packets);
}

void receive_start(uint8_t n)
{
	if (lent && n > RECEIVE_FEW)
		n = RECEIVE_FEW;
	if (posted >= n)
		return;
	for (; posted < n; posted++) {
		struct vring_desc *d = &virtio_packets.desc[posted];

		d->addr = near_phys(&buffers[posted]);
		d->len = sizeof(buffers[0]);
		d->flags = VRING_DESC_F_WRITE;
		post(posted);
	}
	receive_kick();
}

uint8_t *receive_lend(void)
{
	if (posted > RECEIVE_FEW)
		return NULL;
	lent = true;
	return (uint8_t *)&buffers[RECEIVE_FEW];
}

/* Move filled buffers from the used ring to the list of waiting ones. */
static void harvest(void)
{
	struct virtio_queue *q = &virtio_packets;

	while (virtio_has_used(q) && waiting_len < RECEIVE_BUFFERS) {
		const volatile struct vring_used_elem *e = &q->used.ring[q->last_used % VIRTIO_RING];
		uint32_t id = e->id, len = e->len;

		q->last_used++;
		if (id >= posted)
			continue;
		waiting[waiting_len++] = id;
		if (buffers[id].pkt.length > PVBOOT_FRAME_MAX || len < sizeof(buffers[id].pkt) + buffers[id].pkt.length)
			receive_drop(waiting_len - 1);
	}
}

struct packet *receive_next(uint16_t type, uint8_t *n)
{
	harvest();
	for (; *n < waiting_len; ++*n)
		if (buffers[waiting[*n]].pkt.type == type)
			return &buffers[waiting[*n]];
	return NULL;
}

static uint8_t remove(uint8_t n)
{
	uint8_t index = waiting[n];

	waiting_len--;
	for (; n < waiting_len; n++)
		waiting[n] = waiting[n + 1];
	return index;
}

void receive_drop(uint8_t n)
{
	post(remove(n));
}

void receive_take(uint8_t n)
{
	taken = remove(n) + 1;
}

void receive_return(void)
{
	if (!taken)
		return;
	post(taken - 1);
	taken = 0;
	receive_kick();
}

void receive_drop_type(uint16_t type)
{
	for (uint8_t n = 0; receive_next(type, &n);)
		receive_drop(n);
	receive_kick();
}

void receive_trim(void)
{
	if (waiting_len <= posted / 2)
		return;
	while (waiting_len > posted / 2)
		receive_drop(0);
	receive_kick();
}
