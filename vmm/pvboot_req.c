/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_req.c - queue 1: requests.  docs/spec.md, chapter 4.
 *
 * The device copies header and arguments out of guest memory once, while it walks the chain, and then uses only the
 * copy.  The backend may rely on every check in the table below.
 */
#include "pvboot_dev_int.h"

struct op {
	uint16_t fixed; /* minimum bytes of arguments */
	uint16_t tail_min, tail_max;
	uint16_t result; /* minimum bytes of room for the result */
	uint16_t flags_at,
		flags_known; /* offset of the flags word, and its valid bits; flags_known 0: there is no flags word */
	uint16_t zero_at, zero_len; /* reserved bytes */
	bool dgram;		    /* needs PVBOOT_F_DGRAM */
	/*
	 * Handles the request and returns its status; PVBOOT_S_UNWRITTEN: the answer comes later.  NULL: the backend
	 * answers.
	 */
	uint32_t (*answer)(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length);
};

static uint32_t arg32(const struct pvboot_io *io, size_t offset)
{
	uint32_t v;

	memcpy(&v, io->args + offset, sizeof(v));
	return v;
}

/* Make the guest's text printable ASCII: it goes to a terminal and a log. */
static void make_printable(uint8_t *text, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '.';
}

static uint32_t note(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	pvboot_dev_note(dev, io->op, io->args, io->arg_len);
	return PVBOOT_S_OK;
}

static uint32_t answer_log(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	const uint32_t fixed = sizeof(struct pvboot_log_args);

	if (arg32(io, offsetof(struct pvboot_log_args, level)) > PVBOOT_LOG_DEBUG)
		return PVBOOT_S_BAD_REQUEST;
	make_printable(io->args + fixed, io->arg_len - fixed);
	return note(dev, io, length);
}

static uint32_t answer_phase(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	uint32_t phase = arg32(io, offsetof(struct pvboot_phase_args, phase));

	if (!phase || phase > PVBOOT_PHASE_LAST)
		return PVBOOT_S_UNSUPPORTED;
	return note(dev, io, length);
}

static uint32_t answer_dgram_open(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	pvboot_pkt_drop(dev, PVBOOT_PKT_DGRAM);
	dev->dgram_open = true;
	return note(dev, io, length);
}

static uint32_t answer_dgram_close(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	pvboot_pkt_drop(dev, PVBOOT_PKT_DGRAM);
	dev->dgram_open = false;
	return note(dev, io, length);
}

static uint32_t answer_dgram_send(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	struct pvboot_dgram_args args;

	if (!dev->dgram_open)
		return PVBOOT_S_FAILED;
	memcpy(&args, io->args, sizeof(args));
	dev->be_ops->dgram(dev->be, &args, io->args + sizeof(args), io->arg_len - (uint32_t)sizeof(args));
	return PVBOOT_S_OK;
}

/*
 * Cancel the FRAME_OPENs in flight.  hostd may have opened frames already, but its answer would come after that to the
 * FRAME_CLOSE, which the device answers itself.
 */
static void forget_frame_opens(struct pvboot_dev *dev)
{
	uint16_t i;

	for (i = 0; i < PVBOOT_QUEUE_MAX; i++) {
		struct pvboot_io *io = &dev->io[i];

		if (!io->busy || dev->parked[i] || io->op != PVBOOT_OP_FRAME_OPEN)
			continue;
		dev->be_ops->cancel(dev->be, io);
		pvboot_io_complete(io, PVBOOT_S_CANCELLED, 0, 0);
	}
}

static uint32_t answer_frame_close(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	forget_frame_opens(dev);
	dev->frame_open = false;
	pvboot_pkt_drop(dev, PVBOOT_PKT_FRAME);
	return note(dev, io, length);
}

static uint32_t answer_frame_send(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	const uint32_t fixed = sizeof(struct pvboot_frame_args);

	if (arg32(io, offsetof(struct pvboot_frame_args, flags)))
		return PVBOOT_S_UNSUPPORTED;
	if (!dev->frame_open)
		return PVBOOT_S_FAILED;
	dev->be_ops->frame(dev->be, io->args + fixed, io->arg_len - fixed);
	return PVBOOT_S_OK;
}

static uint32_t answer_last_error(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	uint32_t len = dev->error_len < io->room ? dev->error_len : (uint32_t)io->room;

	if (!pvboot_io_write(io, 0, dev->error, len))
		return PVBOOT_S_BAD_REQUEST;
	*length = len;
	return PVBOOT_S_OK;
}

static uint32_t answer_config(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	struct pvboot_config config;

	pvboot_dev_render_config(dev, &config);
	if (dev->driver_features & UINT64_C(1) << PVBOOT_F_DGRAM)
		config.flags |= PVBOOT_CFG_F_DGRAM;
	if (!pvboot_io_write(io, 0, &config, sizeof(config)))
		return PVBOOT_S_BAD_REQUEST;
	*length = sizeof(config);
	return PVBOOT_S_OK;
}

/* A head that is not in flight is not an error: the request may have been answered just before. */
static uint32_t answer_cancel(struct pvboot_dev *dev, struct pvboot_io *io, uint32_t *length)
{
	struct pvboot_cancel_args args;
	struct pvboot_io *victim;
	bool pinned;

	memcpy(&args, io->args, sizeof(args));
	if (args.head >= dev->queue[PVBOOT_Q_REQUESTS].size || args.head == io->head)
		return PVBOOT_S_BAD_REQUEST;
	victim = &dev->io[args.head];
	if (!victim->busy || dev->parked[args.head])
		return PVBOOT_S_OK;
	pinned = dev->pinned && !dev->stale && args.head == dev->pinned_head;
	if (!pinned || !dev->cancelled)
		dev->be_ops->cancel(dev->be, victim);
	if (pinned) {
		dev->cancelled = true;
		dev->cancel_waits[io->head] = true;
		return PVBOOT_S_UNWRITTEN;
	}
	dev->cancel_waits[args.head] = false;
	if (victim->op == PVBOOT_OP_FRAME_OPEN && !dev->frame_open) /* hostd may have opened frames already */
		pvboot_dev_note(dev, PVBOOT_OP_FRAME_CLOSE, NULL, 0);
	pvboot_io_complete(victim, PVBOOT_S_CANCELLED, 0, 0);
	return PVBOOT_S_OK;
}

#define FLAGS(type, known) .flags_at = offsetof(struct type, flags), .flags_known = (known)
#define ZERO(type, field) .zero_at = offsetof(struct type, field), .zero_len = sizeof(((struct type *)0)->field)

static const struct op ops[PVBOOT_OP_LAST + 1] = {
	[PVBOOT_OP_DISCOVER] = {.fixed = sizeof(struct pvboot_discover_args),
				.tail_max = PVBOOT_CARD_LEN,
				.result = sizeof(struct pvboot_discover_res),
				FLAGS(pvboot_discover_args, PVBOOT_DISCOVER_F_FRESH),
				ZERO(pvboot_discover_args, reserved)},
	[PVBOOT_OP_OPEN] = {.fixed = sizeof(struct pvboot_open_args),
			    .tail_min = 1,
			    .tail_max = PVBOOT_NAME_MAX,
			    .result = sizeof(struct pvboot_open_res),
			    FLAGS(pvboot_open_args, PVBOOT_OPEN_F_STAT),
			    ZERO(pvboot_open_args, reserved)},
	[PVBOOT_OP_READ] = {.fixed = sizeof(struct pvboot_read_args),
			    .result = 1,
			    FLAGS(pvboot_read_args, PVBOOT_READ_F_PARTIAL),
			    ZERO(pvboot_read_args, reserved)},
	[PVBOOT_OP_CLOSE] = {.fixed = sizeof(struct pvboot_file_args), ZERO(pvboot_file_args, reserved)},
	[PVBOOT_OP_PROGRESS] = {.fixed = sizeof(struct pvboot_file_args),
				.result = sizeof(struct pvboot_progress_res),
				ZERO(pvboot_file_args, reserved)},
	[PVBOOT_OP_PLAN] = {.fixed = sizeof(struct pvboot_plan_args), .result = sizeof(struct pvboot_plan)},
	[PVBOOT_OP_DGRAM_OPEN] = {.fixed = sizeof(struct pvboot_dgram_open_args),
				  ZERO(pvboot_dgram_open_args, reserved),
				  .dgram = true,
				  .answer = answer_dgram_open},
	[PVBOOT_OP_DGRAM_CLOSE] = {.dgram = true, .answer = answer_dgram_close},
	[PVBOOT_OP_DGRAM_SEND] = {.fixed = sizeof(struct pvboot_dgram_args),
				  .tail_max = PVBOOT_DGRAM_MAX,
				  ZERO(pvboot_dgram_args, reserved),
				  .dgram = true,
				  .answer = answer_dgram_send},
	[PVBOOT_OP_FRAME_OPEN] = {.fixed = sizeof(struct pvboot_frame_open_args),
				  FLAGS(pvboot_frame_open_args,
					PVBOOT_FRAME_F_BROADCAST | PVBOOT_FRAME_F_ALL_MULTICAST),
				  ZERO(pvboot_frame_open_args, reserved),
				  .dgram = true},
	[PVBOOT_OP_FRAME_CLOSE] = {.dgram = true, .answer = answer_frame_close},
	[PVBOOT_OP_FRAME_SEND] = {.fixed = sizeof(struct pvboot_frame_args),
				  .tail_min = PVBOOT_FRAME_MIN,
				  .tail_max = PVBOOT_FRAME_MAX,
				  ZERO(pvboot_frame_args, reserved),
				  .dgram = true,
				  .answer = answer_frame_send},
	[PVBOOT_OP_LOG] = {.fixed = sizeof(struct pvboot_log_args),
			   .tail_max = PVBOOT_LOG_MAX,
			   ZERO(pvboot_log_args, reserved),
			   .answer = answer_log},
	[PVBOOT_OP_PHASE] = {.fixed = sizeof(struct pvboot_phase_args), .answer = answer_phase},
	[PVBOOT_OP_LAST_ERROR] = {.answer = answer_last_error},
	[PVBOOT_OP_CANCEL] = {.fixed = sizeof(struct pvboot_cancel_args),
			      ZERO(pvboot_cancel_args, reserved),
			      .answer = answer_cancel},
	[PVBOOT_OP_CONFIG] = {.result = sizeof(struct pvboot_config), .answer = answer_config},
};

_Static_assert(sizeof(struct pvboot_open_args) + PVBOOT_NAME_MAX <= PVBOOT_ARGS_MAX, "OPEN fits the copy");
_Static_assert(sizeof(struct pvboot_dgram_args) + PVBOOT_DGRAM_MAX <= PVBOOT_ARGS_MAX, "DGRAM_SEND fits the copy");
_Static_assert(sizeof(struct pvboot_frame_args) + PVBOOT_FRAME_MAX <= PVBOOT_ARGS_MAX, "FRAME_SEND fits the copy");
_Static_assert(sizeof(struct pvboot_log_args) + PVBOOT_LOG_MAX <= PVBOOT_ARGS_MAX, "LOG fits the copy");

static bool all_zero(const uint8_t *p, uint32_t len)
{
	while (len)
		if (p[--len])
			return false;
	return true;
}

/* Check an operation's arguments; they may come from the guest or from a checkpoint. */
static uint32_t check_args(const struct pvboot_dev *dev, const struct pvboot_io *io, uint16_t number, uint32_t arg_len)
{
	const struct op *op;

	if (!number || number > PVBOOT_OP_LAST)
		return PVBOOT_S_UNSUPPORTED;
	op = &ops[number];
	if (!op->fixed && !op->answer)
		return PVBOOT_S_UNSUPPORTED; /* an unused number: no row in the table */
	if (op->dgram && !(dev->driver_features & UINT64_C(1) << PVBOOT_F_DGRAM))
		return PVBOOT_S_UNSUPPORTED;
	if (arg_len < op->fixed || arg_len - op->fixed < op->tail_min || arg_len - op->fixed > op->tail_max ||
	    io->room < op->result)
		return PVBOOT_S_BAD_REQUEST;
	if (!all_zero(io->args + op->zero_at, op->zero_len))
		return PVBOOT_S_BAD_REQUEST;
	if (op->flags_known && arg32(io, op->flags_at) & ~(uint32_t)op->flags_known)
		return PVBOOT_S_UNSUPPORTED;
	return PVBOOT_S_OK;
}

/*
 * Check a request from the guest.  readable is the bytes of the chain's readable part, which may be more than were
 * copied.
 */
static uint32_t check(const struct pvboot_dev *dev, struct pvboot_io *io, const struct pvboot_req *req,
		      uint64_t readable)
{
	uint32_t status;

	if (readable < sizeof(*req) || req->magic != PVBOOT_REQ_MAGIC || req->flags || req->reserved ||
	    req->arg_len > PVBOOT_ARGS_MAX || readable - sizeof(*req) != req->arg_len)
		return PVBOOT_S_BAD_REQUEST;
	status = check_args(dev, io, req->op, req->arg_len);
	if (status != PVBOOT_S_OK)
		return status;
	io->op = req->op;
	io->arg_len = req->arg_len;
	return PVBOOT_S_OK;
}

static bool has_nul(const uint8_t *p, uint32_t len)
{
	while (len)
		if (!p[--len])
			return true;
	return false;
}

/* Whether the first n_mcasts addresses are multicast and the others are zero. */
static bool mcasts_are_good(const struct pvboot_io *io)
{
	struct pvboot_frame_open_args args;
	uint16_t i;

	memcpy(&args, io->args, sizeof(args));
	if (args.n_mcasts > PVBOOT_FRAME_MCASTS)
		return false;
	for (i = 0; i < args.n_mcasts; i++)
		if (!(args.mcast[i][0] & 1))
			return false;
	return all_zero((const uint8_t *)args.mcast[i], (uint32_t)(PVBOOT_FRAME_MCASTS - i) * sizeof(args.mcast[0]));
}

/* Checks that the table cannot express. */
static uint32_t check_more(struct pvboot_io *io)
{
	const uint32_t fixed = sizeof(struct pvboot_open_args);
	struct pvboot_read_args args;

	if (io->op == PVBOOT_OP_OPEN && has_nul(io->args + fixed, io->arg_len - fixed))
		return PVBOOT_S_BAD_REQUEST;
	if (io->op == PVBOOT_OP_FRAME_OPEN && !mcasts_are_good(io))
		return PVBOOT_S_BAD_REQUEST;
	if (io->op == PVBOOT_OP_READ) {
		memcpy(&args, io->args, sizeof(args));
		if (args.wait_ms > PVBOOT_READ_WAIT_MAX)
			args.wait_ms = PVBOOT_READ_WAIT_MAX;
		memcpy(io->args, &args, sizeof(args));
	}
	return PVBOOT_S_OK;
}

bool pvboot_req_good(const struct pvboot_dev *dev, struct pvboot_io *io)
{
	return check_args(dev, io, io->op, io->arg_len) == PVBOOT_S_OK && !ops[io->op].answer &&
	       check_more(io) == PVBOOT_S_OK;
}

/* Copy a readable segment to the header or the arguments.  The caller counts excess bytes; they are not copied. */
static bool copy_in(struct pvboot_io *io, struct pvboot_req *req, uint64_t done, struct pvboot_seg seg)
{
	if (done < sizeof(*req)) {
		uint32_t n = sizeof(*req) - (uint32_t)done;

		if (n > seg.len)
			n = seg.len;
		if (!pvboot_mem_read(io->dev, seg.gpa, (uint8_t *)req + done, n))
			return false;
		done += n;
		seg.gpa += n; /* may wrap only if nothing is left, or if the next map fails */
		seg.len -= n;
	}
	if (done - sizeof(*req) >= sizeof(io->args) || !seg.len)
		return true;
	done -= sizeof(*req);
	if (seg.len > sizeof(io->args) - done)
		seg.len = sizeof(io->args) - (uint32_t)done;
	return pvboot_mem_read(io->dev, seg.gpa, io->args + done, seg.len);
}

/*
 * Walk a chain: copy its readable part, record its writable part.  MORE: done; *there says whether the readable part
 * was in guest memory.
 */
static enum pvboot_ring gather(struct pvboot_dev *dev, struct pvboot_queue *q, struct pvboot_chain *chain,
			       struct pvboot_io *io, struct pvboot_req *req, uint64_t *readable, bool *there)
{
	struct pvboot_seg seg;
	enum pvboot_ring r;

	while ((r = pvboot_ring_walk(dev, q, chain, &seg)) == PVBOOT_RING_MORE) {
		if (chain->writable) {
			io->seg[io->nsegs++] = seg;
		} else {
			*there = *there && copy_in(io, req, *readable, seg);
			*readable += seg.len;
		}
	}
	return r == PVBOOT_RING_BROKEN ? r : PVBOOT_RING_MORE;
}

static void begin(struct pvboot_dev *dev, struct pvboot_io *io, const struct pvboot_req *req, uint64_t readable,
		  bool there)
{
	uint32_t status = PVBOOT_S_BAD_REQUEST, length = 0;

	if (there)
		status = check(dev, io, req, readable);
	if (status == PVBOOT_S_OK)
		status = check_more(io);
	if (status == PVBOOT_S_OK) {
		if (!ops[io->op].answer) {
			pvboot_vhost_tell(io);
			dev->be_ops->submit(dev->be, io);
			return;
		}
		status = ops[io->op].answer(dev, io, &length);
		if (status == PVBOOT_S_UNWRITTEN)
			return;
	}
	pvboot_io_complete(io, status, 0, length);
}

/* Process one chain. */
static enum pvboot_ring take(struct pvboot_dev *dev, struct pvboot_queue *q)
{
	struct pvboot_req req = {0};
	struct pvboot_chain chain;
	struct pvboot_io *io;
	uint64_t readable = 0;
	bool there = true;

	if (pvboot_ring_pop(dev, q, &chain) == PVBOOT_RING_BROKEN)
		return PVBOOT_RING_BROKEN;
	io = &dev->io[chain.head];
	if (io->busy) {
		pvboot_dev_break(dev, "a request was submitted again while in flight");
		return PVBOOT_RING_BROKEN;
	}
	io->op = 0;
	io->arg_len = 0;
	io->be_offset = 0;
	io->be_deadline_ms = 0;
	io->be_id = 0;
	io->head = chain.head;
	io->nsegs = 0;
	io->sent = 0;
	if (gather(dev, q, &chain, io, &req, &readable, &there) == PVBOOT_RING_BROKEN)
		return PVBOOT_RING_BROKEN;
	if (chain.total - readable < sizeof(struct pvboot_rsp)) {
		pvboot_ring_push(dev, q, chain.head, 0); /* no room for any answer */
		return PVBOOT_RING_MORE;
	}
	io->room = chain.total - readable - sizeof(struct pvboot_rsp);
	io->busy = true;
	begin(dev, io, &req, readable, there);
	return PVBOOT_RING_MORE;
}

void pvboot_req_run(struct pvboot_dev *dev)
{
	struct pvboot_queue *q = &dev->queue[PVBOOT_Q_REQUESTS];
	uint16_t count;

	if (pvboot_ring_count(dev, q, &count) != PVBOOT_RING_MORE)
		return;
	while (count-- && pvboot_dev_running(dev))
		if (take(dev, q) == PVBOOT_RING_BROKEN)
			return;
}
