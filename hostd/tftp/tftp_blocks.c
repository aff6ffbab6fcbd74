/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_blocks.c - the blocks of a transfer: order, loss, windows, rollover, and what is acknowledged when. */
#include "tftp/tftp_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define HEAD_MAX 65536		   /* bytes compared when a file comes again */
#define RTO_FIRST (250 * TFTP_MS)  /* before a round trip was measured */
#define RTO_MIN (30 * TFTP_MS)	   /* a busy host schedules no better */
#define REPEAT_MIN (200 * TFTP_MS) /* before an ACK is repeated: a server may pause, and take it for a new one */
#define RTO_MAX (2000 * TFTP_MS)
#define RTO_EVEN 2  /* repetitions before the timeout grows: several lost ACKs must not look like a dead server */
#define GAP_AHEAD 3 /* blocks beyond a gap that mean loss, not reordering */
#define REORDER_MAX (1u << 20) /* bytes spent on blocks that came early */
#define LATE (80 * TFTP_MS)    /* a block that took so long was lost and sent again */
#define LATE_MAX 3	       /* give up after so many late blocks, with fewer than CALM blocks between them */
#define CALM 64		       /* so many blocks in time reset the count of late ones */
#define WINDOWS_COUNTED 16     /* check the losses after so many windows */
#define LOSSY_MAX 12	       /* if so many of them had a loss, the window is too long */
#define WINDOW_SHORT 4	       /* a window of this length or less is never too long */
#define ONES_CERTAIN 3	       /* if 1 came first after a window so many times, this server rolls over to 1 */

void tftp_blocks_wait(struct tftp_client *c, uint64_t now, uint64_t wait)
{
	uint64_t left = c->progress + c->patience > now ? c->progress + c->patience - now : wait;

	c->deadline = now + (wait < left ? wait : left);
}

void tftp_blocks_reset(struct tftp_client *c)
{
	free(c->reorder);
	free(c->slots);
	c->reorder = NULL;
	c->slots = NULL;
}

/* ---- acknowledging --------------------------------------------------------------------------------------------- */

/* The 16-bit number of the n-th block, n >= 1, or of the OACK, n = 0. */
static uint16_t wire_number(const struct tftp_client *c, uint64_t n)
{
	if (c->rollover == 1 && n)
		return (uint16_t)((n - 1) % UINT16_MAX + 1);
	return (uint16_t)n;
}

static uint64_t rto(const struct tftp_client *c)
{
	uint64_t t = c->srtt ? c->srtt + 4 * c->rttvar : RTO_FIRST;
	/* REPEAT_MIN is not needed for the ACK of a window whose end is missing, or if the server ignores repeated
	 * ACKs.
	 */
	uint64_t least = c->blocks > c->acked || c->utimeout ? RTO_MIN : REPEAT_MIN;

	if (t < least)
		t = least;
	for (unsigned i = RTO_EVEN; i < c->backoff && t < RTO_MAX; i++)
		t *= 2;
	return t < RTO_MAX ? t : RTO_MAX;
}

void tftp_blocks_ack(struct tftp_client *c, uint64_t now)
{
	uint8_t buf[TFTP_HEADER];

	c->acked = c->blocks;
	c->ack_time = c->backoff ? 0 : now;
	tftp_blocks_wait(c, now, rto(c));
	c->out->send(c->out_arg, c->tid, buf, tftp_build_ack(buf, sizeof(buf), wire_number(c, c->blocks)));
}

void tftp_blocks_measure(struct tftp_client *c, uint64_t now)
{
	uint64_t rtt, delta;

	if (!c->ack_time)
		return;
	rtt = now - c->ack_time;
	c->ack_time = 0;
	if (!c->srtt) {
		c->srtt = rtt + 1;
		c->rttvar = rtt / 2;
		return;
	}
	delta = rtt > c->srtt ? rtt - c->srtt : c->srtt - rtt;
	c->rttvar = (3 * c->rttvar + delta) / 4;
	c->srtt = (7 * c->srtt + rtt) / 8 + 1;
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

/* Hash the bytes of the file's head, or compare them when they come again.  Returns false if they differ. */
static bool check_head(struct tftp_client *c, uint64_t offset, const uint8_t *data, size_t len)
{
	size_t known = 0, more = 0;

	if (offset < c->head_len) {
		known = len < c->head_len - offset ? len : (size_t)(c->head_len - offset);
		c->head_again = hash_add(c->head_again, data, known);
		if (offset + known == c->head_len && c->head_again != c->head)
			return false;
	}
	if (offset + known == c->head_len && c->head_len < HEAD_MAX) {
		more = len - known < HEAD_MAX - c->head_len ? len - known : (size_t)(HEAD_MAX - c->head_len);
		c->head = hash_add(c->head, data + known, more);
		c->head_again = c->head;
		c->head_len += more;
	}
	return true;
}

/* Pass the new bytes of a block to the owner. */
static bool deliver(struct tftp_client *c, uint64_t now, const uint8_t *data, size_t len)
{
	uint64_t start = c->bytes;

	if (c->size != PVBOOT_SIZE_UNKNOWN && len > c->size - start) {
		tftp_transfer_fail(c, PVBOOT_S_CHANGED, 0,
				   "TFTP server %s sends more of %.96s than the %llu bytes it announced: did the file "
				   "change? Boot again",
				   c->server, c->filename, (unsigned long long)c->size);
		return false;
	}
	if (!check_head(c, start, data, len)) {
		tftp_transfer_fail(c, PVBOOT_S_CHANGED, 0,
				   "%.128s changed on TFTP server %s while it was fetched: start again", c->filename,
				   c->server);
		return false;
	}
	c->bytes += len;
	if (c->bytes <= c->have)
		return true;
	if (start < c->have) {
		data += c->have - start;
		len -= (size_t)(c->have - start);
	}
	c->have = c->bytes;
	c->progress = now;
	c->fruitful = true;
	c->barren = 0;
	if (!c->ops->data(c->arg, data, len)) {
		if (c->state != TFTP_DONE)
			tftp_transfer_fail(c, PVBOOT_S_NO_RESOURCES, 0, "no room on the host for %.128s", c->filename);
		return false;
	}
	return c->state != TFTP_DONE;
}

/* The last block has come: check the size that was announced.  A wrong guess about rollover shows here. */
static void complete(struct tftp_client *c, uint64_t now)
{
	tftp_blocks_ack(c, now);
	c->tid = 0;
	if (!c->any_loss && c->windowsize > 1 && c->blocks / c->windowsize >= WINDOWS_COUNTED)
		tftp_path_window_went(c->path, c->windowsize);
	if (c->bytes < c->have || (c->size != PVBOOT_SIZE_UNKNOWN && c->bytes != c->size)) {
		tftp_transfer_fail(c, PVBOOT_S_TRUNCATED, 0,
				   "TFTP server %s ended %.96s after %llu of %llu bytes: look at its file", c->server,
				   c->filename, (unsigned long long)c->bytes,
				   (unsigned long long)(c->size != PVBOOT_SIZE_UNKNOWN ? c->size : c->have));
		return;
	}
	tftp_transfer_finish(c, PVBOOT_S_OK, 0, "");
}

/* Take the next block in order.  Returns false if the transfer ended. */
static bool take_block(struct tftp_client *c, uint64_t now, const uint8_t *data, size_t len)
{
	c->blocks++;
	if (tftp_blocks_large(c) && ++c->calm == CALM) {
		c->calm = c->late = 0;
		tftp_path_large_went(c->path);
	}
	if (!deliver(c, now, data, len))
		return false;
	if (len == c->blksize)
		return true;
	complete(c, now);
	return false;
}

/* Keep a block that came early, distance blocks after the next one. */
static void keep_early(struct tftp_client *c, uint64_t distance, const struct tftp_msg *msg)
{
	size_t slot = (size_t)((c->blocks + distance) % c->windowsize);

	if ((size_t)c->windowsize * c->blksize > REORDER_MAX)
		return;
	if (!c->slots) {
		c->slots = calloc(c->windowsize, sizeof(*c->slots));
		c->reorder = malloc((size_t)c->windowsize * c->blksize);
		if (!c->slots || !c->reorder) {
			free(c->slots);
			free(c->reorder);
			c->slots = NULL;
			c->reorder = NULL;
			return;
		}
	}
	memcpy(c->reorder + slot * c->blksize, msg->data, msg->data_len);
	c->slots[slot].len = (uint16_t)msg->data_len;
	c->slots[slot].present = true;
}

/* Take the early blocks that follow the one that just came.  Returns false if the transfer ended. */
static bool take_early(struct tftp_client *c, uint64_t now)
{
	while (c->slots) {
		size_t slot = (size_t)(c->blocks % c->windowsize);

		if (!c->slots[slot].present)
			return true;
		c->slots[slot].present = false;
		if (!take_block(c, now, c->reorder + slot * c->blksize, c->slots[slot].len))
			return false;
	}
	return true;
}

/*
 * Learn how the server numbers the block after 65535: 0 or 1.  In lock step the first block that comes shows it.  With
 * windows a 1 may also mean that 0 was lost, so 1 must come first repeatedly.  Returns true once the number is known.
 */
static bool infer_rollover(struct tftp_client *c, uint16_t number)
{
	if (c->rollover >= 0 || c->blocks != UINT16_MAX)
		return false;
	if (number == 0)
		c->rollover = 0;
	else if (number == 1 && (c->windowsize == 1 || ++c->ones >= ONES_CERTAIN))
		c->rollover = 1;
	return c->rollover >= 0;
}

/* Take a block beyond a gap, and report the loss once (RFC 7440 4: the sender resumes after the block acknowledged). */
static void note_gap(struct tftp_client *c, uint64_t now, uint64_t distance, const struct tftp_msg *msg)
{
	keep_early(c, distance, msg);
	c->ahead++;
	if (c->gap_acked)
		return;
	if (c->ahead >= GAP_AHEAD || c->blocks + distance + 1 >= c->acked + c->windowsize ||
	    msg->data_len < c->blksize) {
		c->gap_acked = true;
		c->window_lossy = c->any_loss = true;
		tftp_blocks_ack(c, now);
		c->ack_time = 0;
	}
}

bool tftp_blocks_large(const struct tftp_client *c)
{
	return c->large && c->blksize > c->ask_blksize;
}

/*
 * The next block above the MTU has come.  Returns true if so many came late, probably after a loss, that the client
 * should give up such blocks.  A single late one may only be due to a busy host.  A loss is worse than late: it leaves
 * fragments that the kernel may combine with those of other blocks (RFC 4963).
 */
static bool came_late(struct tftp_client *c, uint64_t now)
{
	if (!tftp_blocks_large(c) || now - c->last_heard < LATE + 2 * c->srtt || c->size == PVBOOT_SIZE_UNKNOWN)
		return false;
	c->calm = 0;
	c->ack_time = 0; /* this does not measure the round trip */
	return ++c->late >= LATE_MAX;
}

bool tftp_blocks_window(struct tftp_client *c, bool timed_out)
{
	bool lossy, cut;

	c->windows++;
	c->lossy += c->window_lossy || timed_out;
	c->cut += timed_out;
	c->window_lossy = false;
	if (c->windows < WINDOWS_COUNTED)
		return true;
	lossy = c->lossy >= LOSSY_MAX && c->windowsize > WINDOW_SHORT;
	cut = c->cut >= LOSSY_MAX;
	c->windows = c->lossy = c->cut = 0;
	if (!lossy)
		return true;
	tftp_path_window_lost(c->path, c->windowsize);
	/* Gaps are filled soon, so go on.  A timeout in each window is slower than beginning again, unless most of the
	 * file has come. */
	return !cut || c->size == PVBOOT_SIZE_UNKNOWN || c->bytes > c->size / 2;
}

enum tftp_blocks_next tftp_blocks_receive(struct tftp_client *c, uint64_t now, const struct tftp_msg *msg)
{
	uint16_t due, distance;

	if (msg->data_len > c->blksize) {
		tftp_transfer_fail(
			c, PVBOOT_S_TFTP_ERROR, TFTP_E_ILLEGAL,
			"TFTP server %s sends blocks larger than the %u bytes agreed: look at its configuration",
			c->server, c->blksize);
		return TFTP_GO_ON;
	}
	if (infer_rollover(c, msg->number) && c->rollover == 1 && c->slots)
		/* Drop the early blocks: they were stored as if 0 came next. */
		memset(c->slots, 0, c->windowsize * sizeof(*c->slots));
	due = wire_number(c, c->blocks + 1);
	distance = (uint16_t)(msg->number - due);
	if (c->rollover == 1 && msg->number < due)
		distance--; /* there is no 0 in between */
	if (distance >= c->windowsize || (c->rollover == 1 && !msg->number))
		return TFTP_GO_ON; /* a duplicate: only our own timeout repeats the ACK (RFC 1123 4.2.3.1) */
	if (!distance && came_late(c, now))
		return TFTP_GIVE_UP_LARGE;
	c->last_heard = now;
	if (distance) {
		note_gap(c, now, distance, msg);
		return TFTP_GO_ON;
	}
	tftp_blocks_measure(c, now);
	c->backoff = 0;
	c->gap_acked = false;
	c->ahead = 0;
	c->ones = 0;
	if (!take_block(c, now, msg->data, msg->data_len) || !take_early(c, now))
		return TFTP_GO_ON;
	tftp_blocks_wait(c, now, rto(c));
	if (c->blocks - c->acked < c->windowsize)
		return TFTP_GO_ON;
	if (c->windowsize > 1 && !tftp_blocks_window(c, false))
		return TFTP_SHORTEN;
	tftp_blocks_ack(c, now);
	return TFTP_GO_ON;
}
