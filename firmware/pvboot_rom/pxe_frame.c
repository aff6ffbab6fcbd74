// SPDX-License-Identifier: BSD-2-Clause
/*
 * pxe_frame.c - Ethernet frames of the UNDI group: TRANSMIT, ISR and their counts.
 *
 * The guest copies no frame.  The device reads the caller's fragments itself.  The caller gets a received frame where
 * the device wrote it, and may use it until its next PROCESS or GET_NEXT.  There is no interrupt: callers poll.
 */
#include "pxe_frame.h"

#include "pvboot.h"
#include "pxe_abi.h"
#include "pxe_undi.h"
#include "receive.h"
#include "request.h"
#include "send.h"
#include "virtio.h"

#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_RARP 0x8035

static uint32_t sent, received;

/* The index is PXE's number of the protocol. */
static const uint16_t ethertypes[] = {0, ETHERTYPE_IP, ETHERTYPE_ARP, ETHERTYPE_RARP};
#define PROTOCOLS (sizeof(ethertypes) / sizeof(ethertypes[0]))

/* ---- TRANSMIT -------------------------------------------------------------------------------------------------- */

static void build_header(uint8_t *header, const struct pxe_undi_transmit FAR *p)
{
	if (p->flag & PXE_TRANSMIT_BROADCAST)
		memset(header, 0xff, 6);
	else
		copy_from_linear(header, linear(p->dest), 6);
	memcpy(header + 6, virtio_mac, 6);
	header[12] = ethertypes[p->protocol] >> 8;
	header[13] = (uint8_t)ethertypes[p->protocol];
}

static uint32_t add(struct send_fragment *fragments, uint32_t n, struct segoff at, uint16_t len, uint32_t *total)
{
	if (!len)
		return n;
	fragments[n] = (struct send_fragment){linear(at), len};
	*total += len;
	return n + 1;
}

uint16_t pxe_frame_transmit(void FAR *block)
{
	const struct pxe_undi_transmit FAR *p = block;
	struct send_fragment fragments[SEND_FRAGMENTS];
	uint8_t header[SEND_HEADER];
	uint32_t n, total = 0;
	struct pxe_tbd tbd;

	if (!pxe_undi_opened())
		return PXE_S_UNDI_INVALID_STATE;
	copy_from_linear(&tbd, linear(p->tbd), sizeof(tbd));
	if (p->protocol >= PROTOCOLS || tbd.count > PXE_TBD_BLOCKS)
		return PXE_S_INVALID_PARAMETER;
	n = add(fragments, 0, tbd.immediate, tbd.immediate_len, &total);
	for (uint32_t i = 0; i < tbd.count; i++)
		n = add(fragments, n, tbd.block[i].data, tbd.block[i].len, &total);
	if (p->protocol) {
		build_header(header, p);
		total += SEND_HEADER;
	}
	if (total < PVBOOT_FRAME_MIN || total > PVBOOT_FRAME_MAX)
		return PXE_S_INVALID_PARAMETER;
	if (send_frame(p->protocol ? header : NULL, fragments, n))
		return PXE_S_UNDI_TRANSMIT;
	sent++;
	return PXE_S_SUCCESS;
}
_Static_assert(SEND_FRAGMENTS == 1 + PXE_TBD_BLOCKS, "the immediate data, and the blocks");

/* ---- ISR ------------------------------------------------------------------------------------------------------- */

static uint8_t protocol_of(const uint8_t *frame)
{
	uint16_t type = frame[12] << 8 | frame[13];

	for (uint8_t i = PXE_PROTOCOL_IP; i < PROTOCOLS; i++)
		if (ethertypes[i] == type)
			return i;
	return PXE_PROTOCOL_UNKNOWN;
}

static uint8_t packet_type_of(const uint8_t *frame)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (!(frame[0] & 1))
		return PXE_PACKET_DIRECTED;
	return memcmp(frame, broadcast, sizeof(broadcast)) ? PXE_PACKET_MULTICAST : PXE_PACKET_BROADCAST;
}

static void hand_out(struct pxe_undi_isr FAR *p, const struct packet *b)
{
	p->function = PXE_ISR_RECEIVE;
	p->buffer_len = p->frame_len = b->pkt.length;
	p->header_len = SEND_HEADER;
	p->frame.offset = (uint32_t)b->payload;
	p->frame.segment = here();
	p->protocol = protocol_of(b->payload);
	p->packet_type = packet_type_of(b->payload);
	received++;
}

/* PROCESS and GET_NEXT do the same, because callers that poll never START (PXE 2.1, 4.6.21). */
uint16_t pxe_frame_isr(void FAR *block)
{
	struct pxe_undi_isr FAR *p = block;
	bool opened = pxe_undi_opened();
	const struct packet *b = NULL;
	uint8_t n = 0;

	if (p->function < PXE_ISR_START || p->function > PXE_ISR_GET_NEXT)
		return PXE_S_INVALID_PARAMETER;
	if (opened) {
		if (p->function != PXE_ISR_START)
			receive_return();
		b = receive_next(PVBOOT_PKT_FRAME, &n);
	}
	if (p->function == PXE_ISR_START) {
		p->function = b ? PXE_ISR_OURS : PXE_ISR_NOT_OURS;
	} else if (b) {
		receive_take(n);
		hand_out(p, b);
	} else {
		p->function = PXE_ISR_DONE;
		if (opened) {
			receive_trim();
			request_check_host();
		}
	}
	return PXE_S_SUCCESS;
}

/* ---- counts ---------------------------------------------------------------------------------------------------- */

uint16_t pxe_frame_statistics(void FAR *block)
{
	struct pxe_undi_statistics FAR *p = block;

	p->sent = sent;
	p->received = received;
	p->crc_errors = 0;
	p->resource_errors = 0; /* hostd counts the frames that it drops */
	return PXE_S_SUCCESS;
}

uint16_t pxe_frame_clear_statistics(void FAR *block)
{
	sent = received = 0;
	return PXE_S_SUCCESS;
}
