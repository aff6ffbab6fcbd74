// SPDX-License-Identifier: BSD-2-Clause
/* request.c - requests to the host: submit, wait, cancel.  One at a time; send.c's datagrams may run beside it. */
#include "request.h"

#include "console.h"
#include "virtio.h"

#define HEAD_CANCEL REQUEST_DESC_CANCEL /* its response is in the next descriptor */

#define SPINS 4000	   /* polls of the used ring between two reads of the clock */
#define HALT_AFTER_MS 100  /* after which a wait sleeps from timer tick to timer tick */
#define RESUBMIT_MS 50	   /* between two tries, if the device returns the request undone */
#define API_WAIT_MS 120000 /* the longest wait in a boot program's call, which no key ends */
#define CANCEL_WAIT_MS 500
#define AT_ONCE_MS 3000 /* the longest that a device takes for a request that it answers itself */
#define TICKS_A_SECOND 18
#define CLOCK_DEAD UINT32_MAX /* the clock of a device that is gone (and, for 1 ms in 49 days, of one that is not) */

bool request_interactive;
uint16_t request_host_status;

static struct {
	struct pvboot_req hdr;
	uint8_t args[REQUEST_ARGS_MAX];
} message;
static struct {
	struct pvboot_req hdr;
	struct pvboot_cancel_args args;
} cancel;
static volatile struct {
	struct pvboot_rsp rsp;
	uint8_t skipped[REQUEST_SKIP_MAX];
} response;
static volatile struct pvboot_rsp cancel_response;
static char error_text[PVBOOT_ERROR_MAX + 1];
static uint16_t returned;   /* a bit for the head of each chain that the device has returned */
static bool at_once;	    /* the device answers the current request itself */
static uint32_t stopped_by; /* REQUEST_*, for which the ROM stopped the device; 0: it did not */
static uint32_t boot_start; /* milliseconds */

_Static_assert(VIRTIO_RING <= 16, "returned has a bit for each descriptor");

/* ---- the host's absence ---------------------------------------------------------------------------------------- */

static bool host_seen; /* the host was there at least once */
static bool host_gone; /* the ROM has printed that the host is absent */

/* Print when the host goes or comes. */
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

uint32_t request_begin(void)
{
	uint32_t status;

	request_interactive = true;
	boot_start = virtio_milliseconds();
	at_once = true;
	status = virtio_front->begin();
	at_once = false;
	host_seen = virtio_host_status() & PVBOOT_STATUS_HOST_UP;
	return status;
}

void request_check_host(void)
{
	static uint16_t checked;
	uint16_t ticks = peek16(BDA_TICKS);

	if ((uint16_t)(ticks - checked) < TICKS_A_SECOND)
		return;
	checked = ticks;
	virtio_front->refresh();
	notice_host(virtio_host_status());
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

/* Has the device returned the chain of this head?  True once for each time it was submitted. */
static bool taken(uint16_t head)
{
	struct virtio_queue *q = &virtio_requests;
	uint16_t bit = 1u << head;

	while (virtio_has_used(q))
		returned |= 1u << (q->used.ring[q->last_used++ % VIRTIO_RING].id % VIRTIO_RING);
	if (!(returned & bit))
		return false;
	returned &= ~bit;
	return true;
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
	uint32_t gone_at; /* when the host, or (at_once) the device, went */
	uint32_t up_at;	  /* when it came */
	uint32_t dots;	  /* printed, one a second */
	bool gone;
};

/* Check device, host and keyboard during a long wait.  Returns PVBOOT_S_OK to go on waiting, else how to end. */
static uint32_t look_around(struct waiting *w, uint32_t now)
{
	uint16_t status;
	bool up;

	if (response.rsp.status == PVBOOT_S_UNWRITTEN)
		request_host_status = response.rsp.detail; /* the device updates it while the request waits */
	status = virtio_host_status();

	if (status == UINT16_MAX) {
		if (!request_interactive && console_is_text())
			print("\nthe pvboot device is gone; reset the machine\n");
		return REQUEST_NO_DEVICE;
	}
	if (virtio_broken()) {
		if (!request_interactive && console_is_text())
			print("\nthe pvboot device has failed, see pvboot-device's log on the host; reset the "
			      "machine\n");
		return REQUEST_BROKEN;
	}
	if (request_interactive && (status & PVBOOT_STATUS_HOST_REFUSED))
		return REQUEST_REFUSED;
	up = at_once ? virtio_front->has_link() : status & PVBOOT_STATUS_HOST_UP;
	if (!at_once || !up)
		notice_host(status);
	if (up) {
		if (w->gone)
			w->up_at = now;
		w->gone = false;
		/* So it is if QEMU does not share guest memory; only the ROM can notice that. */
		if (at_once && now - w->up_at > AT_ONCE_MS)
			return REQUEST_UNSEEN;
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

uint32_t request_wait(uint16_t head)
{
	struct waiting w = {0};

	if (spin(head))
		return PVBOOT_S_OK;
	w.start = w.up_at = virtio_milliseconds();
	for (;;) {
		uint32_t now, end;

		if (spin(head))
			return PVBOOT_S_OK;
		now = virtio_milliseconds();
		if (now - w.start < HALT_AFTER_MS && now != CLOCK_DEAD)
			continue;
		end = look_around(&w, now);
		if (end)
			return end;
		if (interrupts_on())
			halt();
	}
}

/* Have ms passed since start?  Also true if the clock is gone. */
static bool passed(uint32_t start, uint32_t ms)
{
	uint32_t now = virtio_milliseconds();

	return now - start >= ms || now == CLOCK_DEAD;
}

static void pause_ms(uint32_t ms)
{
	for (uint32_t start = virtio_milliseconds(); !passed(start, ms);)
		if (interrupts_on())
			halt();
}

/* ---- submitting ------------------------------------------------------------------------------------------------ */

void request_describe(uint16_t index, uint32_t phys, uint32_t len, uint16_t flags, uint16_t next)
{
	struct vring_desc *d = &virtio_requests.desc[index];

	d->addr = phys;
	d->len = len;
	d->flags = flags;
	d->next = next;
}

void request_submit(uint16_t head)
{
	returned &= ~(1u << head);
	virtio_submit(&virtio_requests, head);
}

static void submit(uint16_t head, volatile struct pvboot_rsp *rsp)
{
	rsp->status = PVBOOT_S_UNWRITTEN;
	rsp->detail = request_host_status;
	request_submit(head);
	virtio_kick(&virtio_requests);
}

static void build(const struct request *r)
{
	uint16_t last = REQUEST_DESC_FIRST;

	message.hdr.magic = PVBOOT_REQ_MAGIC;
	message.hdr.op = r->op;
	message.hdr.arg_len = r->arg_len + r->tail_len;
	memcpy(message.args, r->args, r->arg_len);
	request_describe(last, near_phys(&message), sizeof(message.hdr) + r->arg_len, VRING_DESC_F_NEXT, last + 1);
	if (r->tail_len) {
		last++;
		request_describe(last, r->tail, r->tail_len, VRING_DESC_F_NEXT, last + 1);
	}
	last++;
	request_describe(last, near_phys((void *)&response), sizeof(response.rsp) + r->skip, VRING_DESC_F_WRITE, 0);
	if (r->room_len) {
		virtio_requests.desc[last].flags |= VRING_DESC_F_NEXT;
		virtio_requests.desc[last].next = last + 1;
		last++;
		request_describe(last, r->room, r->room_len, VRING_DESC_F_WRITE, 0);
	}
}

/* Cancel the request: by PVBOOT_OP_CANCEL, or if that fails by a reset of the device, which closes everything. */
static void give_up(uint32_t end)
{
	if (end == REQUEST_NO_DEVICE || end == REQUEST_BROKEN || end == REQUEST_UNSEEN) {
		stopped_by = end;
		virtio_stop();
		return;
	}
	cancel.hdr.magic = PVBOOT_REQ_MAGIC;
	cancel.hdr.op = PVBOOT_OP_CANCEL;
	cancel.hdr.arg_len = sizeof(cancel.args);
	cancel.args.head = REQUEST_DESC_FIRST;
	request_describe(HEAD_CANCEL, near_phys(&cancel), sizeof(cancel), VRING_DESC_F_NEXT, HEAD_CANCEL + 1);
	request_describe(HEAD_CANCEL + 1, near_phys((void *)&cancel_response), sizeof(cancel_response),
			 VRING_DESC_F_WRITE, 0);
	submit(HEAD_CANCEL, &cancel_response);
	for (uint32_t start = virtio_milliseconds(); !passed(start, CANCEL_WAIT_MS);)
		if (spin(REQUEST_DESC_FIRST))
			return;
	virtio_stop();
}

uint32_t request(struct request *r)
{
	uint32_t end;

	if (!virtio_running)
		return stopped_by ? stopped_by : REQUEST_NO_DEVICE;
	build(r);
	for (uint32_t tries = 0;; tries++) {
		submit(REQUEST_DESC_FIRST, &response.rsp);
		end = request_wait(REQUEST_DESC_FIRST);
		if (end) {
			give_up(end);
			return end;
		}
		if (response.rsp.status != PVBOOT_S_UNWRITTEN)
			break;
		/* The device returned it undone: a front end has lost its back end. */
		if (tries >= virtio_host_wait_ms() / RESUBMIT_MS)
			return REQUEST_NO_HOST;
		if (request_interactive && console_escape())
			return REQUEST_ESCAPED;
		pause_ms(RESUBMIT_MS);
	}
	r->detail = response.rsp.detail;
	r->length = response.rsp.length;
	return response.rsp.status;
}

void request_phase(uint32_t phase)
{
	struct pvboot_phase_args args = {.phase = phase, .guest_ms = virtio_milliseconds() - boot_start};
	struct request r = {.op = PVBOOT_OP_PHASE, .args = &args, .arg_len = sizeof(args)};

	at_once = true;
	request(&r);
	at_once = false;
}

uint32_t request_last_error(const char **text)
{
	struct request r = {.op = PVBOOT_OP_LAST_ERROR, .room = near_phys(error_text), .room_len = PVBOOT_ERROR_MAX};

	*text = error_text;
	if (request(&r) || r.length > PVBOOT_ERROR_MAX)
		return 0;
	return r.length;
}
