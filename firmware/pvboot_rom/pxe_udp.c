// SPDX-License-Identifier: BSD-2-Clause
/* pxe_udp.c - the UDP group of the API. */
#include "pxe_udp.h"

#include "lease.h"
#include "pvboot.h"
#include "pxe_abi.h"
#include "receive.h"
#include "request.h"
#include "send.h"
#include "virtio.h"

#define DEFAULT_SOURCE_PORT 2069 /* PXE 2.1: of UDP_WRITE with src_port 0 */

static bool opened;

void pxe_udp_forget(void)
{
	opened = false;
	send_forget();
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

	if (!virtio_dgram)
		return PXE_S_FAILURE;
	receive_start(RECEIVE_FEW);
	receive_drop_type(PVBOOT_PKT_DGRAM);
	memcpy(args.address, source ? (void *)&source : lease_dhcp.lease.address, sizeof(args.address));
	if (dgram_op(PVBOOT_OP_DGRAM_OPEN, &args, sizeof(args)))
		return PXE_S_FAILURE;
	opened = true;
	return PXE_S_SUCCESS;
}

uint16_t pxe_udp_close(void FAR *block)
{
	send_flush();
	lease_drop_prefix();
	if (opened && virtio_running)
		dgram_op(PVBOOT_OP_DGRAM_CLOSE, NULL, 0);
	opened = false;
	return PXE_S_SUCCESS;
}

/* Compares the destination only: pxelinux leaves stale values in source address and port. */
static bool matches(const struct pvboot_pkt *pkt, uint32_t dest, uint16_t port_be)
{
	return (!port_be || pkt->dst_port_be == port_be) && (!dest || *(const uint32_t *)pkt->dst == dest);
}

static void deliver(struct pxe_udp_read FAR *p, const struct packet *b)
{
	uint32_t len = b->pkt.length < p->buffer_size ? b->pkt.length : p->buffer_size;

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
	const struct packet *b;
	uint8_t n = 0;

	if (!opened || !virtio_running)
		return PXE_S_UDP_CLOSED;
	if (!receive_next(PVBOOT_PKT_DGRAM, &n))
		send_flush(); /* the caller may be waiting for the answer to it */
	for (; (b = receive_next(PVBOOT_PKT_DGRAM, &n)); n++) {
		if (!matches(&b->pkt, dest, port_be))
			continue;
		deliver(p, b);
		receive_drop(n);
		receive_kick();
		return PXE_S_SUCCESS;
	}
	send_flush();
	receive_trim();
	request_check_host();
	return PXE_S_FAILURE;
}

/* Does an unread datagram to this port wait?  Then the boot program will read it before it waits for another. */
static bool has_unread(uint16_t port_be)
{
	const struct packet *b;

	for (uint8_t n = 0; (b = receive_next(PVBOOT_PKT_DGRAM, &n)); n++)
		if (b->pkt.dst_port_be == port_be)
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
	receive_start(RECEIVE_BUFFERS); /* there will be answers */
	*(uint32_t *)args.dest = p->dest;
	*(uint32_t *)args.gateway = p->gateway;
	args.src_port_be = p->source_port_be ? p->source_port_be : __builtin_bswap16(DEFAULT_SOURCE_PORT);
	args.dst_port_be = p->dest_port_be;
	if (send_datagram(&args, linear(p->buffer), p->buffer_size, has_unread(args.src_port_be)))
		return PXE_S_FAILURE;
	return PXE_S_SUCCESS;
}
