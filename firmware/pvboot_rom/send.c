// SPDX-License-Identifier: BSD-2-Clause
/*
 * send.c - datagrams and frames from the guest; several short datagrams share a notification.
 *
 * A boot program that fetches a file acknowledges each block.  While the ring holds blocks that it has not read, the
 * host can wait for the acknowledgement.  A notification is a port write that another process serves, and costs as much
 * as a thousand instructions.  So up to SEND_SLOTS short datagrams share one.
 */
#include "send.h"

#include "pvboot.h"
#include "request.h"
#include "virtio.h"

#define SEND_SLOTS 4
#define SHORT_MAX 4 /* bytes: as many as a TFTP ACK has (RFC 1350, 5) */

/* Two descriptors for each slot, and one for a payload in the caller's memory. */
#define HEAD(slot) (REQUEST_DESC_SEND + 2 * (slot))
#define DESC_PAYLOAD HEAD(SEND_SLOTS)
_Static_assert(DESC_PAYLOAD < VIRTIO_RING, "the ring is too small");

struct slot {
	struct pvboot_req hdr;
	struct pvboot_dgram_args args;
	uint8_t payload[SHORT_MAX];
};

/* A frame's descriptors begin at REQUEST_DESC_SEND, too, and wrap around to the first ones of a request. */
_Static_assert(REQUEST_DESC_SEND + 1 + SEND_FRAGMENTS + 1 <= VIRTIO_RING + REQUEST_DESC_CANCEL,
	       "the ring is too small");

struct frame {
	struct pvboot_req hdr;
	struct pvboot_frame_args args;
	uint8_t header[SEND_HEADER];
};

static struct slot slots[SEND_SLOTS];
static volatile struct pvboot_rsp responses[SEND_SLOTS];
static uint8_t waiting; /* this many slots, from the first, are submitted without a notification */

void send_forget(void)
{
	waiting = 0;
}

static void fill(uint8_t i, const struct pvboot_dgram_args *args, uint32_t payload, uint16_t len)
{
	struct slot *s = &slots[i];
	uint16_t own = offsetof(struct slot, payload), next = HEAD(i) + 1;

	s->hdr.magic = PVBOOT_REQ_MAGIC;
	s->hdr.op = PVBOOT_OP_DGRAM_SEND;
	s->hdr.arg_len = sizeof(s->args) + len;
	s->args = *args;
	if (len <= SHORT_MAX) {
		copy_from_linear(s->payload, payload, len);
		own += len;
	} else {
		next = DESC_PAYLOAD;
		request_describe(DESC_PAYLOAD, payload, len, VRING_DESC_F_NEXT, HEAD(i) + 1);
	}
	request_describe(HEAD(i), near_phys(s), own, VRING_DESC_F_NEXT, next);
	request_describe(HEAD(i) + 1, near_phys((void *)&responses[i]), sizeof(responses[i]), VRING_DESC_F_WRITE, 0);
	responses[i].status = PVBOOT_S_UNWRITTEN;
}

/* A datagram that the device returned undone, while a front end had no link, is lost as on an unplugged cable. */
static uint32_t answer(uint8_t i)
{
	uint32_t status = responses[i].status;

	return status == PVBOOT_S_UNWRITTEN ? PVBOOT_S_OK : status;
}

uint32_t send_flush(void)
{
	uint32_t end = PVBOOT_S_OK;

	if (!waiting || !virtio_running)
		return PVBOOT_S_OK;
	virtio_kick(&virtio_requests);
	/* The device answers these at once unless it has failed. */
	for (uint8_t i = 0; i < waiting && !end; i++)
		end = request_wait(HEAD(i));
	if (end)
		virtio_stop();
	else
		end = answer(waiting - 1);
	waiting = 0;
	return end;
}

uint32_t send_datagram(const struct pvboot_dgram_args *args, uint32_t payload, uint16_t len, bool later)
{
	if (!virtio_running)
		return REQUEST_NO_DEVICE;
	fill(waiting, args, payload, len);
	request_submit(HEAD(waiting));
	waiting++;
	if (later && len <= SHORT_MAX && waiting < SEND_SLOTS)
		return PVBOOT_S_OK;
	return send_flush();
}

uint32_t send_frame(const uint8_t *header, const struct send_fragment *fragments, uint32_t n)
{
	static struct frame frame;
	uint16_t own = offsetof(struct frame, header) + (header ? SEND_HEADER : 0), d = REQUEST_DESC_SEND;
	uint32_t end;

	send_flush();
	if (!virtio_running)
		return REQUEST_NO_DEVICE;
	frame.hdr.magic = PVBOOT_REQ_MAGIC;
	frame.hdr.op = PVBOOT_OP_FRAME_SEND;
	frame.hdr.arg_len = own - sizeof(frame.hdr);
	if (header)
		memcpy(frame.header, header, sizeof(frame.header));
	request_describe(d, near_phys(&frame), own, VRING_DESC_F_NEXT, d + 1);
	for (uint32_t i = 0; i < n; i++) {
		d = (d + 1) % VIRTIO_RING;
		request_describe(d, fragments[i].phys, fragments[i].len, VRING_DESC_F_NEXT, (d + 1) % VIRTIO_RING);
		frame.hdr.arg_len += fragments[i].len;
	}
	request_describe((d + 1) % VIRTIO_RING, near_phys((void *)&responses[0]), sizeof(responses[0]),
			 VRING_DESC_F_WRITE, 0);
	responses[0].status = PVBOOT_S_UNWRITTEN;
	request_submit(REQUEST_DESC_SEND);
	virtio_kick(&virtio_requests);
	end = request_wait(REQUEST_DESC_SEND);
	if (!end)
		return answer(0);
	virtio_stop();
	return end;
}
