// SPDX-License-Identifier: BSD-2-Clause
/* request.c - requests to the host: submit, wait, give up.  One at a time, and beside it a datagram or a cancellation.
 */
#include "request.h"

#include "console.h"
#include "virtio.h"

/* Descriptors of the request queue. */
#define HEAD_REQUEST 0 /* to 3: header and arguments, tail, response, room */
#define HEAD_SMALL 4   /* to 6: header and arguments, payload, response */

#define SPINS 4000	   /* looks at the used ring between two looks at the clock */
#define HALT_AFTER_MS 100  /* without progress, before a wait sleeps from tick to tick */
#define RESUBMIT_MS 50	   /* a device that returns requests undone is not asked more often */
#define API_WAIT_MS 120000 /* a boot program without a keyboard check does not wait for ever */
#define CANCEL_WAIT_MS 500
#define TICKS_A_SECOND 18

bool request_interactive;

static struct {
	struct pvboot_req hdr;
	uint8_t args[REQUEST_ARGS_MAX];
} message;
static struct {
	struct pvboot_req hdr;
	struct pvboot_dgram_args args;
} small;
static volatile struct pvboot_rsp response, small_response;
static char error_text[PVBOOT_ERROR_MAX + 1];

/* ---- the host's absence -------------------------------------------------------------------------------------------
 */

static bool host_seen; /* it was there at least once */
static bool host_gone; /* and we said that it is gone */

/* Follow the host's comings and goings, in words. */
static void notice_host(uint16_t status)
{
	bool up = status & PVBOOT_STATUS_HOST_UP;

	if (up && !host_gone) {
		host_seen = true;
		return;
	}
	if (up != host_gone)
		return;
	host_gone = !up;
	if (!request_interactive && !console_is_text())
		return;
	if (up)
		print("\npvboot-hostd is %s\n", host_seen ? "back" : "there");
	else if (host_seen)
		print("\npvboot-hostd is gone; waiting%s", request_interactive ? " (Esc gives up)" : "\n");
	else
		print("\nwaiting for pvboot-hostd on the host (%d s%s)", virtio_host_wait_ms() / 1000,
		      request_interactive ? ", Esc gives up" : "");
	host_seen |= up;
}

void request_begin(void)
{
	request_interactive = true;
	host_seen = virtio_host_status() & PVBOOT_STATUS_HOST_UP;
}

void request_check_host(void)
{
	static uint16_t checked;
	uint16_t ticks = peek16(BDA_TICKS);

	if ((uint16_t)(ticks - checked) < TICKS_A_SECOND)
		return;
	checked = ticks;
	notice_host(virtio_host_status());
}

/* ---- waiting ------------------------------------------------------------------------------------------------------
 */

static bool taken(uint16_t head)
{
	struct virtio_queue *q = &virtio_requests;

	while (virtio_has_used(q))
		if (q->used.ring[q->last_used++ % VIRTIO_RING].id == head)
			return true;
	return false;
}

static bool spin(uint16_t head)
{
	for (uint32_t i = 0; i < SPINS; i++) {
		if (taken(head))
			return true;
		relax();
	}
	return false;
}

struct waiting {
	uint32_t start;	  /* milliseconds */
	uint32_t gone_at; /* since when there is no host */
	uint32_t dots;	  /* printed: seconds */
	bool gone;
};

/* One look around during a long wait: PVBOOT_S_OK to go on waiting, else the REQUEST_* to end with. */
static uint32_t look_around(struct waiting *w, uint32_t now)
{
	uint16_t status = virtio_host_status();

	if (status == UINT16_MAX)
		return REQUEST_NO_DEVICE;
	if (request_interactive && (status & PVBOOT_STATUS_HOST_REFUSED))
		return REQUEST_REFUSED;
	notice_host(status);
	if (status & PVBOOT_STATUS_HOST_UP) {
		w->gone = false;
		if (!request_interactive && now - w->start > API_WAIT_MS)
			return PVBOOT_S_TIMEOUT;
	} else if (!w->gone) {
		w->gone = true;
		w->gone_at = now;
	} else if (now - w->gone_at > virtio_host_wait_ms()) {
		return REQUEST_NO_HOST;
	}
	if (!request_interactive)
		return PVBOOT_S_OK;
	if ((now - w->start) / 1000 > w->dots) {
		w->dots++;
		print(".");
	}
	return console_escape() ? REQUEST_ESCAPED : PVBOOT_S_OK;
}

/* Wait until the chain comes back.  PVBOOT_S_OK, or REQUEST_* or PVBOOT_S_TIMEOUT: then it is still the device's. */
static uint32_t wait_used(uint16_t head)
{
	struct waiting w = {0};

	if (spin(head))
		return PVBOOT_S_OK;
	w.start = virtio_milliseconds();
	for (;;) {
		uint32_t now, end;

		if (spin(head))
			return PVBOOT_S_OK;
		now = virtio_milliseconds();
		if (now - w.start < HALT_AFTER_MS)
			continue;
		end = look_around(&w, now);
		if (end)
			return end;
		if (interrupts_on())
			halt();
	}
}

static void pause_ms(uint32_t ms)
{
	for (uint32_t start = virtio_milliseconds(); virtio_milliseconds() - start < ms;)
		if (interrupts_on())
			halt();
}

/* ---- submitting ---------------------------------------------------------------------------------------------------
 */

static void describe(uint16_t index, uint32_t phys, uint32_t len, uint16_t flags, uint16_t next)
{
	struct vring_desc *d = &virtio_requests.desc[index];

	d->addr = phys;
	d->len = len;
	d->flags = flags;
	d->next = next;
}

static void submit(uint16_t head, volatile struct pvboot_rsp *rsp)
{
	rsp->status = PVBOOT_S_UNWRITTEN;
	virtio_submit(&virtio_requests, head);
	virtio_kick(&virtio_requests);
}

static void build(const struct request *r)
{
	uint16_t last = HEAD_REQUEST;

	message.hdr.magic = PVBOOT_REQ_MAGIC;
	message.hdr.op = r->op;
	message.hdr.arg_len = r->arg_len + r->tail_len;
	memcpy(message.args, r->args, r->arg_len);
	describe(last, near_phys(&message), sizeof(message.hdr) + r->arg_len, VRING_DESC_F_NEXT, last + 1);
	if (r->tail_len) {
		last++;
		describe(last, r->tail, r->tail_len, VRING_DESC_F_NEXT, last + 1);
	}
	last++;
	describe(last, near_phys((void *)&response), sizeof(response), VRING_DESC_F_WRITE, 0);
	if (r->room_len) {
		virtio_requests.desc[last].flags |= VRING_DESC_F_NEXT;
		virtio_requests.desc[last].next = last + 1;
		last++;
		describe(last, r->room, r->room_len, VRING_DESC_F_WRITE, 0);
	}
}

/* A request with at most 16 bytes of arguments and a payload, that the device answers at once. */
static uint32_t submit_small(uint16_t op, uint16_t arg_len, uint32_t payload, uint16_t len)
{
	small.hdr.magic = PVBOOT_REQ_MAGIC;
	small.hdr.op = op;
	small.hdr.arg_len = arg_len + len;
	describe(HEAD_SMALL, near_phys(&small), sizeof(small.hdr) + arg_len, VRING_DESC_F_NEXT,
		 len ? HEAD_SMALL + 1 : HEAD_SMALL + 2);
	describe(HEAD_SMALL + 1, payload, len, VRING_DESC_F_NEXT, HEAD_SMALL + 2);
	describe(HEAD_SMALL + 2, near_phys((void *)&small_response), sizeof(small_response), VRING_DESC_F_WRITE, 0);
	submit(HEAD_SMALL, &small_response);
	return small_response.status;
}

/* Take a request back: by PVBOOT_OP_CANCEL, or if that does not help by a reset, after which no file is open any more.
 */
static void give_up(void)
{
	uint32_t start;

	if (virtio_host_status() == UINT16_MAX) {
		virtio_stop();
		return;
	}
	memset(&small.args, 0, sizeof(small.args));
	*(uint16_t *)&small.args = HEAD_REQUEST;
	submit_small(PVBOOT_OP_CANCEL, sizeof(struct pvboot_cancel_args), 0, 0);
	for (start = virtio_milliseconds(); virtio_milliseconds() - start < CANCEL_WAIT_MS;)
		if (spin(HEAD_REQUEST))
			return;
	virtio_stop();
	virtio_start();
}

uint32_t request(struct request *r)
{
	uint32_t end;

	if (!virtio_running)
		return REQUEST_NO_DEVICE;
	build(r);
	for (;;) {
		submit(HEAD_REQUEST, &response);
		end = wait_used(HEAD_REQUEST);
		if (end) {
			give_up();
			return end;
		}
		if (response.status != PVBOOT_S_UNWRITTEN)
			break;
		pause_ms(RESUBMIT_MS); /* it came back undone: a front end without its back end */
	}
	r->detail = response.detail;
	r->length = response.length;
	return response.status;
}

uint32_t request_send(const struct pvboot_dgram_args *args, uint32_t payload, uint16_t len)
{
	uint32_t end;

	if (!virtio_running)
		return REQUEST_NO_DEVICE;
	small.args = *args;
	submit_small(PVBOOT_OP_DGRAM_SEND, sizeof(small.args), payload, len);
	end = wait_used(HEAD_SMALL);
	if (end) {
		virtio_stop();
		return end;
	}
	return small_response.status;
}

void request_phase(uint32_t phase)
{
	struct pvboot_phase_args args = {.phase = phase, .guest_ms = virtio_milliseconds()};
	struct request r = {.op = PVBOOT_OP_PHASE, .args = &args, .arg_len = sizeof(args)};

	request(&r);
}

uint32_t request_last_error(const char **text)
{
	struct request r = {.op = PVBOOT_OP_LAST_ERROR, .room = near_phys(error_text), .room_len = PVBOOT_ERROR_MAX};

	*text = error_text;
	if (request(&r) || r.length > PVBOOT_ERROR_MAX)
		return 0;
	return r.length;
}
