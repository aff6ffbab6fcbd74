// SPDX-License-Identifier: BSD-2-Clause
/*
 * pxe_udp.c - the UDP group of the API.
 *
 * The device fills posted buffers; a read looks at the used ring in RAM only, never at a port (a port access may cost
 * as much as a thousand instructions).  Datagrams for other ports are kept, a bounded number: pxelinux has several
 * ports open.
 */
#include "boot.h" // boot_dhcp
#include "pvboot.h"
#include "pxe.h"
#include "request.h"
#include "send.h"
#include "virtio.h"

#define DEFAULT_SOURCE_PORT 2069 /* PXE 2.1: of UDP_WRITE with src_port 0 */
#define BUFFERS 8		 /* datagrams the device may fill; it keeps more itself */
#define KEEP (BUFFERS / 2)	 /* datagrams kept when nobody asks for them */

struct rx_buffer {
	struct pvboot_pkt pkt;
	uint8_t payload[PVBOOT_DGRAM_MAX];
};

/* Where runtime.ld has what a boot program is not loaded with: nothing is written here before it opens UDP. */
static struct rx_buffer buffers[BUFFERS] __attribute__((aligned(4), section(".bss.packets")));
static uint8_t waiting[BUFFERS]; /* indexes of filled buffers, oldest first */
static uint8_t waiting_len;
static bool posted, opened;

void pxe_udp_forget(void)
{
	posted = opened = false;
	waiting_len = 0;
	send_forget();
}

static void post(uint8_t i)
{
	virtio_submit(&virtio_packets, i);
}

static void post_end(void)
{
	if (!(virtio_packets.used.flags & VRING_USED_F_NO_NOTIFY))
		virtio_kick(&virtio_packets);
}

static void post_all(void)
{
	for (uint8_t i = 0; i < BUFFERS; i++) {
		virtio_packets.desc[i] = (struct vring_desc){
			.addr = near_phys(&buffers[i]), .len = sizeof(buffers[i]), .flags = VRING_DESC_F_WRITE};
		post(i);
	}
	posted = true;
	post_end();
}

/* Take what the device has filled to the waiting list. */
static void harvest(void)
{
	struct virtio_queue *q = &virtio_packets;

	while (virtio_has_used(q) && waiting_len < BUFFERS) {
		uint32_t id = q->used.ring[q->last_used % VIRTIO_RING].id;

		q->last_used++;
		if (id < BUFFERS)
			waiting[waiting_len++] = id;
	}
}

/* Give the buffer at place n of the waiting list back to the device. */
static void drop(uint8_t n)
{
	post(waiting[n]);
	waiting_len--;
	for (; n < waiting_len; n++)
		waiting[n] = waiting[n + 1];
}

static void drop_down_to(uint8_t limit)
{
	if (waiting_len <= limit)
		return;
	while (waiting_len > limit)
		drop(0);
	post_end();
}

static uint32_t dgram_op(uint16_t op, const void *args, uint16_t len)
{
	struct request r = {.op = op, .args = args, .arg_len = len};

	return request(&r);
}

uint16_t pxe_udp_open(void FAR *block)
{
	struct pxe_udp_open FAR *p = block;
	struct pvboot_dgram_open_args args = {.reserved = 0};
	uint32_t source = p->source;

	if (!pxe_reopen() || !virtio_dgram)
		return PXE_S_FAILURE;
	if (!posted)
		post_all();
	harvest();
	drop_down_to(0);
	memcpy(args.address, source ? (void *)&source : boot_dhcp.lease.address, sizeof(args.address));
	if (dgram_op(PVBOOT_OP_DGRAM_OPEN, &args, sizeof(args)))
		return PXE_S_FAILURE;
	opened = true;
	return PXE_S_SUCCESS;
}

uint16_t pxe_udp_close(void FAR *block)
{
	send_flush();
	if (opened && virtio_running)
		dgram_op(PVBOOT_OP_DGRAM_CLOSE, NULL, 0);
	opened = false;
	return PXE_S_SUCCESS;
}

/* Of the inputs only the destination counts: source address and port hold stale values in pxelinux. */
static bool matches(const struct pvboot_pkt *pkt, uint32_t dest, uint16_t port_be)
{
	return pkt->type == PVBOOT_PKT_DGRAM && (!port_be || pkt->dst_port_be == port_be) &&
	       (!dest || *(const uint32_t *)pkt->dst == dest);
}

static void deliver(struct pxe_udp_read FAR *p, const struct rx_buffer *b)
{
	uint32_t len = b->pkt.length < PVBOOT_DGRAM_MAX ? b->pkt.length : PVBOOT_DGRAM_MAX;

	if (len > p->buffer_size)
		len = p->buffer_size;
	copy_to_linear(linear(p->buffer), b->payload, len);
	p->buffer_size = len;
	p->source = *(const uint32_t *)b->pkt.src;
	p->dest = *(const uint32_t *)b->pkt.dst;
	p->source_port_be = b->pkt.src_port_be;
	p->dest_port_be = b->pkt.dst_port_be;
}

uint16_t pxe_udp_read(void FAR *block)
{
	struct pxe_udp_read FAR *p = block;
	uint32_t dest = p->dest;
	uint16_t port_be = p->dest_port_be;

	if (!opened || !virtio_running)
		return PXE_S_UDP_CLOSED;
	harvest();
	if (!waiting_len) {
		send_flush(); /* what is awaited may be the answer */
		harvest();
	}
	for (uint8_t i = 0; i < waiting_len; i++) {
		const struct rx_buffer *b = &buffers[waiting[i]];

		if (!matches(&b->pkt, dest, port_be))
			continue;
		deliver(p, b);
		drop(i);
		post_end();
		return PXE_S_SUCCESS;
	}
	send_flush();
	drop_down_to(KEEP);
	request_check_host();
	return PXE_S_FAILURE;
}

/* Does something lie here that was sent to this port?  Then its owner will read before it waits. */
static bool has_unread(uint16_t port_be)
{
	harvest();
	for (uint8_t i = 0; i < waiting_len; i++)
		if (buffers[waiting[i]].pkt.dst_port_be == port_be)
			return true;
	return false;
}

uint16_t pxe_udp_write(void FAR *block)
{
	struct pxe_udp_write FAR *p = block;
	struct pvboot_dgram_args args = {.reserved = 0};

	if (!opened || !virtio_running)
		return PXE_S_UDP_CLOSED;
	if (p->buffer_size > PVBOOT_DGRAM_MAX)
		return PXE_S_OUT_OF_RESOURCES;
	*(uint32_t *)args.dest = p->dest;
	*(uint32_t *)args.gateway = p->gateway;
	args.src_port_be = p->source_port_be ? p->source_port_be : __builtin_bswap16(DEFAULT_SOURCE_PORT);
	args.dst_port_be = p->dest_port_be;
	if (send_datagram(&args, linear(p->buffer), p->buffer_size, has_unread(args.src_port_be)))
		return PXE_S_FAILURE;
	return PXE_S_SUCCESS;
}
