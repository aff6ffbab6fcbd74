/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - the link to hostd as a backend: the guest's requests, and the messages to hostd (docs/spec.md 5).
 *
 * A request stays in l->req[] from submit() to its answer, even if connections end in between.  When the stream ends,
 * sent requests become queued again; after the next RESUME the link sends them again, with the same id.
 */
#include "link.h"

#define HDR sizeof(struct pvboot_link_hdr)

/* ---- output ---------------------------------------------------------------------------------------------------- */

static void flush(struct link *l)
{
	if (l->out_from < l->out_to)
		l->out_from += l->ops->send(l->owner, l->out + l->out_from, l->out_to - l->out_from);
	if (l->out_from == l->out_to)
		l->out_from = l->out_to = 0;
}

bool link_put(struct link *l, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, (uint32_t)(a_len + b_len), type, 0, id};
	size_t total = HDR + a_len + b_len;

	if (total > LINK_OUT - (l->out_to - l->out_from))
		flush(l);
	if (total > LINK_OUT - (l->out_to - l->out_from))
		return false;
	if (total > LINK_OUT - l->out_to) {
		memmove(l->out, l->out + l->out_from, l->out_to - l->out_from);
		l->out_to -= l->out_from;
		l->out_from = 0;
	}
	memcpy(l->out + l->out_to, &hdr, HDR);
	if (a_len)
		memcpy(l->out + l->out_to + HDR, a, a_len);
	if (b_len)
		memcpy(l->out + l->out_to + HDR + a_len, b, b_len);
	l->out_to += total;
	return true;
}

static bool put_request(struct link *l, struct link_req *r)
{
	const struct pvboot_io *io = r->io;
	struct pvboot_link_request q = {.op = io->op, .arg_len = io->arg_len, .room = io->room};

	if (!link_put(l, PVBOOT_LINK_REQUEST, io->be_id, &q, sizeof(q), io->args, io->arg_len))
		return false;
	r->state = LINK_REQ_SENT;
	r->lost = false;
	return true;
}

/* Return the oldest queued request: the guest may rely on the order. */
static struct link_req *first_queued(struct link *l)
{
	struct link_req *first = NULL;

	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_QUEUED && (!first || (int32_t)(r->io->be_id - first->io->be_id) < 0))
			first = r;
	}
	return first;
}

static bool put_kept(struct link *l)
{
	for (; l->next_kept < PVBOOT_LINK_KEEPS; l->next_kept++) {
		const struct link_kept *k = &l->kept[l->next_kept];

		if (k->used && !link_put(l, PVBOOT_LINK_KEPT, k->key, k->blob, k->len, NULL, 0))
			return false;
	}
	return link_put(l, PVBOOT_LINK_RESUME, 0, NULL, 0, NULL, 0);
}

static bool put_note(struct link *l, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	struct pvboot_link_request q = {.op = op, .arg_len = arg_len};

	return link_put(l, PVBOOT_LINK_NOTE, 0, &q, sizeof(q), args, arg_len);
}

static void put_due(struct link *l)
{
	struct link_req *r;

	if (l->reset_due && !link_put(l, PVBOOT_LINK_RESET, 0, NULL, 0, NULL, 0))
		return;
	l->reset_due = false;
	if (l->note_due && !link_put(l, PVBOOT_LINK_NOTE, 0, &l->note, sizeof(l->note), l->note_args, l->note.arg_len))
		return;
	l->note_due = false;
	if (l->frame_close_due && !put_note(l, PVBOOT_OP_FRAME_CLOSE, NULL, 0))
		return;
	l->frame_close_due = false;
	while ((r = first_queued(l)) != NULL) {
		if (!put_request(l, r))
			return;
	}
}

void link_pump(struct link *l)
{
	if (l->state == LINK_RESUMING && put_kept(l)) {
		l->state = LINK_UP;
		pvboot_dev_log(l->dev, PVBOOT_LOG_NOTICE, l->was_up ? "hostd is back" : "hostd is there");
		l->was_up = true;
		pvboot_dev_set_status(l->dev, PVBOOT_STATUS_HOST_UP);
	}
	if (l->state == LINK_UP)
		put_due(l);
	if (l->state >= LINK_IDENTIFIED)
		flush(l);
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

static struct link_req *req_of_io(struct link *l, const struct pvboot_io *io)
{
	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state != LINK_REQ_FREE && r->io == io)
			return r;
	}
	return NULL;
}

struct link_req *link_req_sent(struct link *l, uint32_t id)
{
	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_SENT && r->io->be_id == id)
			return r;
	}
	return NULL;
}

static struct link_req *req_free(struct link *l)
{
	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_FREE)
			return r;
	}
	return NULL;
}

/* [LNK-7] an id unique among unanswered requests, also after 2^32 of them. */
static uint32_t new_id(struct link *l)
{
	bool taken;

	do {
		l->last_id++;
		taken = l->last_id == 0;
		for (unsigned int i = 0; i < PVBOOT_QUEUE_MAX && !taken; i++)
			taken = l->req[i].state != LINK_REQ_FREE && l->req[i].io->be_id == l->last_id;
	} while (taken);
	return l->last_id;
}

bool link_waits(const struct link *l, uint16_t op, enum link_req_state state)
{
	for (unsigned int i = 0; i < PVBOOT_QUEUE_MAX; i++) {
		if (l->req[i].state == state && l->req[i].io->op == op)
			return true;
	}
	return false;
}

void link_complete(struct link *l, struct link_req *r, uint32_t status, uint32_t detail, uint32_t length)
{
	struct pvboot_io *io = r->io;

	r->state = LINK_REQ_FREE;
	r->io = NULL;
	pvboot_io_complete(io, status, detail, length);
}

static uint64_t read_deadline(struct link *l, const struct pvboot_io *io)
{
	struct pvboot_read_args a;

	memcpy(&a, io->args, sizeof(a));
	if (!(a.flags & PVBOOT_READ_F_PARTIAL))
		return UINT64_MAX;
	return pvboot_dev_now_ms(l->dev) + (a.wait_ms < PVBOOT_READ_WAIT_MAX ? a.wait_ms : PVBOOT_READ_WAIT_MAX);
}

static void submit(void *backend, struct pvboot_io *io)
{
	struct link *l = backend;
	struct link_req *r = req_free(l);

	if (!r) {
		pvboot_io_complete(io, PVBOOT_S_NO_RESOURCES, 0, 0);
		return;
	}
	io->be_id = new_id(l);
	io->be_offset = 0;
	io->be_deadline_ms = io->op == PVBOOT_OP_READ ? read_deadline(l, io) : UINT64_MAX;
	r->io = io;
	r->state = LINK_REQ_QUEUED;
	if (io->op == PVBOOT_OP_READ && l->fd_mode) {
		r->state = LINK_REQ_LOCAL;
		l->turn_due = true; /* [DEV-6] first answer the register access that submitted it */
		return;
	}
	if (io->op == PVBOOT_OP_PROGRESS && l->fd_mode && link_file_progress(l, r))
		return;
	if (io->op == PVBOOT_OP_CLOSE) {
		struct pvboot_file_args a;

		memcpy(&a, io->args, sizeof(a));
		link_file_close(l, a.handle);
	}
	link_pump(l);
}

static void cancel(void *backend, struct pvboot_io *io)
{
	struct link *l = backend;
	struct link_req *r = req_of_io(l, io);
	bool sent = r && r->state == LINK_REQ_SENT;

	if (!r)
		return;
	r->state = LINK_REQ_FREE;
	r->io = NULL;
	if (sent && !link_put(l, PVBOOT_LINK_CANCEL, io->be_id, NULL, 0, NULL, 0))
		link_fail(l, "it does not take what is sent to it");
	link_pump(l);
}

static void note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	struct link *l = backend;

	if (l->state == LINK_UP && !l->reset_due && put_note(l, op, args, arg_len)) {
		link_pump(l);
	} else if (op == PVBOOT_OP_FRAME_CLOSE) {
		l->frame_close_due = true; /* [LNK-20] sent before a FRAME_OPEN that follows, which is a request */
	} else if (op == PVBOOT_OP_DGRAM_OPEN || op == PVBOOT_OP_DGRAM_CLOSE) {
		/* these two notes change what hostd does: send the latest one when hostd is there */
		l->note = (struct pvboot_link_request){.op = op};
		l->note.arg_len = arg_len < sizeof(l->note_args) ? arg_len : sizeof(l->note_args);
		if (l->note.arg_len)
			memcpy(l->note_args, args, l->note.arg_len);
		l->note_due = true;
	}
}

static void dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
	struct link *l = backend;
	struct pvboot_pkt pkt = {
		.type = PVBOOT_PKT_DGRAM,
		.length = len,
		.src_port_be = args->src_port_be,
		.dst_port_be = args->dst_port_be,
	};

	if (l->state != LINK_UP || len > PVBOOT_DGRAM_MAX)
		return;
	memcpy(pkt.dst, args->dest, sizeof(pkt.dst));
	link_put(l, PVBOOT_LINK_DGRAM, 0, &pkt, sizeof(pkt), payload, len);
	link_pump(l);
}

static void frame(void *backend, const void *bytes, uint32_t len)
{
	struct link *l = backend;

	if (l->state != LINK_UP)
		return;
	link_put(l, PVBOOT_LINK_FRAME, 0, bytes, len, NULL, 0);
	link_pump(l);
}

static void reset(void *backend)
{
	struct link *l = backend;

	memset(l->req, 0, sizeof(l->req));
	link_file_close_all(l);
	link_keep_reset(l);
	l->note_due = l->frame_close_due = false;
	/* without a connection no RESET is needed: a hostd that connects later gets nothing from before the reset */
	l->reset_due = l->state >= LINK_RESUMING;
	link_pump(l);
}

static void attach(void *backend, struct pvboot_dev *dev)
{
	struct link *l = backend;

	l->dev = dev;
}

const struct pvboot_backend_ops link_backend = {
	.name = "link",
	.attach = attach,
	.submit = submit,
	.cancel = cancel,
	.note = note,
	.dgram = dgram,
	.frame = frame,
	.reset = reset,
};

void link_init(struct link *l, const struct link_ops *ops, void *owner, const struct link_conf *conf)
{
	memset(l, 0, sizeof(*l));
	l->ops = ops;
	l->owner = owner;
	l->conf = *conf;
	l->conf.name[PVBOOT_LINK_NAME_MAX - 1] = '\0';
	l->kept = l->own_kept;
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

void link_turn(struct link *l)
{
	uint64_t now = pvboot_dev_now_ms(l->dev);

	l->turn_due = false;
	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_LOCAL)
			l->turn_due |= link_file_step(l, r);
		else if (r->state == LINK_REQ_QUEUED && l->state != LINK_UP && now >= r->io->be_deadline_ms)
			link_complete(l, r, PVBOOT_S_AGAIN, 0, 0);
	}
}

bool link_turn_due(const struct link *l)
{
	return l->turn_due;
}

uint64_t link_deadline(const struct link *l)
{
	uint64_t first = UINT64_MAX;

	for (const struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_LOCAL || (r->state == LINK_REQ_QUEUED && l->state != LINK_UP)) {
			if (r->io->be_deadline_ms < first)
				first = r->io->be_deadline_ms;
		}
	}
	return first;
}
