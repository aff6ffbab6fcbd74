/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_client.c - the TFTP client's state machine (RFC 1350, 2347, 2348, 2349, 7440). */
#include "tftp/tftp_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/addr.h"
#include "tftp/tftp_blocks.h"

#define DEFAULT_PATIENCE (30000 * TFTP_MS)
#define ASK_FIRST (500 * TFTP_MS) /* wait before the RRQ is repeated; doubles each time */
#define ASK_LAST (4000 * TFTP_MS)
#define STALL (5000 * TFTP_MS)	    /* silence after which the server has probably lost the transfer */
#define AGAIN_DELAY (200 * TFTP_MS) /* wait before asking a server again that just sent an ERROR */
#define REFUSALS_MAX 3		    /* ICMP errors in a row after which a server that never answered counts as absent */
#define BARREN_MAX 4		    /* times the file is asked for again with nothing new in it */
#define BARE_AFTER 4		    /* after so many unanswered RRQs with options, send every other one without */
#define LARGE_WORTH (512u << 10)    /* do not ask again for larger blocks if the file is smaller than this */
#define LARGE_ASKED 2		    /* how often to ask a server for larger blocks that does not answer */
#define LARGE_FIRST (300 * TFTP_MS) /* silence before the first larger block that means they do not arrive */
#define LARGE_NEXT (500 * TFTP_MS)  /* the same before any other of them */
#define UTIMEOUT 100000 /* asked of tftp-hpa, which ignores repeated ACKs and by itself waits 1 s after a loss */

void tftp_client_init(struct tftp_client *c, const struct tftp_request *req, uint16_t blksize, uint16_t windowsize,
		      const struct tftp_ops *ops, void *arg, const struct tftp_client_out *out, void *out_arg)
{
	memset(c, 0, sizeof(*c));
	c->ops = ops;
	c->arg = arg;
	c->out = out;
	c->out_arg = out_arg;
	c->vm = req->vm;
	c->filename = req->filename;
	snprintf(c->server, sizeof(c->server), "%s", addr_text(req->server));
	c->port = req->port ? req->port : TFTP_PORT;
	c->ask_blksize = blksize;
	c->ask_windowsize = windowsize;
	c->stat_only = req->stat_only;
	c->patience = req->timeout_ms ? req->timeout_ms * TFTP_MS : DEFAULT_PATIENCE;
	c->size = PVBOOT_SIZE_UNKNOWN;
	c->rollover = -1;
	c->head = HASH_NONE;
	c->path = &c->own_path;
}

void tftp_client_end(struct tftp_client *c)
{
	if (c->state == TFTP_RECEIVING && c->tid)
		tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "no longer needed");
	tftp_transfer_enter(c, TFTP_DONE);
	tftp_blocks_reset(c);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void send_rrq(struct tftp_client *c, uint64_t now)
{
	struct tftp_options opt = {0};
	uint8_t buf[TFTP_REQUEST_MAX];
	uint64_t wait = ASK_FIRST;
	size_t len;

	/* A silent server may drop options that it does not understand; but if it once granted options, it is only
	 * away.
	 */
	c->bare = c->options_bad || (!c->options_ok && c->asked >= BARE_AFTER && c->asked % 2);
	if (!c->bare) {
		opt.present = TFTP_O_TSIZE;
		if (!c->stat_only) {
			opt.present |= TFTP_O_BLKSIZE | TFTP_O_UTIMEOUT;
			opt.blksize = c->large ? c->large_blksize : c->ask_blksize;
			opt.utimeout = UTIMEOUT;
		}
		if (!c->stat_only && c->ask_windowsize > 1 && !c->large) {
			opt.present |= TFTP_O_WINDOWSIZE;
			opt.windowsize = c->ask_windowsize;
		}
	}
	len = tftp_build_rrq(buf, sizeof(buf), c->filename, &opt);
	if (!len) {
		tftp_transfer_fail(c, PVBOOT_S_BAD_REQUEST, 0,
				   "the file name is too long for TFTP, use a shorter one: %.64s...", c->filename);
		return;
	}
	for (unsigned i = 0; i < c->asked && wait < ASK_LAST; i++)
		wait *= 2;
	c->ack_time = c->asked++ ? 0 : now;
	tftp_blocks_wait(c, now, wait);
	c->out->send(c->out_arg, c->port, buf, len);
}

/* ---- one transfer ---------------------------------------------------------------------------------------------- */

static void begin(struct tftp_client *c, uint64_t now)
{
	tftp_transfer_enter(c, TFTP_ASKING);
	c->tid = 0;
	c->blksize = TFTP_BLKSIZE_DEFAULT;
	c->windowsize = 1;
	c->utimeout = false;
	c->blocks = c->acked = c->bytes = 0;
	c->last_heard = now;
	c->backoff = 0;
	c->gap_acked = false;
	c->ahead = 0;
	c->asked = 0;
	c->fruitful = false;
	c->large = false;
	c->late = c->calm = 0;
	c->windows = c->lossy = c->cut = 0;
	c->window_lossy = c->any_loss = false;
	c->head_again = HASH_NONE;
	tftp_blocks_reset(c);
}

void tftp_client_start(struct tftp_client *c, uint64_t now)
{
	c->progress = now;
	begin(c, now);
	c->large = c->large_blksize && !c->stat_only && tftp_path_prefers_large(c->path, now);
	send_rrq(c, now);
}

/* Ask for the file again after delay, from the beginning and from a new port. */
static void ask_again(struct tftp_client *c, uint64_t now, uint64_t delay, bool large)
{
	begin(c, now);
	c->large = large;
	c->out->rebind(c->out_arg);
	if (c->state == TFTP_ASKING)
		tftp_blocks_wait(c, now, delay);
}

/*
 * The server fell silent or lost the transfer: ask for the file again from the beginning, and skip the bytes that came
 * before, because TFTP cannot seek.  If the size and the first 64 KiB are the same, it is the same file.  Halve the
 * window, in case some buffer on the path was too small for it.
 */
static void start_over(struct tftp_client *c, uint64_t now, uint64_t delay)
{
	if (c->state == TFTP_RECEIVING && !c->fruitful && ++c->barren >= BARREN_MAX) {
		tftp_transfer_fail(
			c, PVBOOT_S_TIMEOUT, 0,
			"TFTP server %s stopped in the middle of %.96s, after %llu bytes, %u times: look at its log",
			c->server, c->filename, (unsigned long long)c->have, c->barren);
		return;
	}
	if (c->have && c->size == PVBOOT_SIZE_UNKNOWN) {
		tftp_transfer_fail(c, PVBOOT_S_TIMEOUT, 0,
				   "TFTP server %s stopped in the middle of %.96s, and as it told no size the rest "
				   "cannot be asked for: look at its log",
				   c->server, c->filename);
		return;
	}
	if (c->ask_windowsize > 1)
		c->ask_windowsize /= 2;
	ask_again(c, now, delay, false);
}

/* The server refuses so large a blksize: ask for the file again, with smaller blocks. */
static void refuse_large(struct tftp_client *c, uint64_t now)
{
	c->large_lost = true;
	tftp_path_large_refused(c->path, now);
	ask_again(c, now, 0, false);
}

/* Blocks above the MTU get lost: ask for the file again, with smaller ones. */
static void give_up_large(struct tftp_client *c, uint64_t now)
{
	c->large_lost = true;
	tftp_path_large_lost(c->path, now);
	tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "blocks of this size get lost");
	ask_again(c, now, 0, false);
}

/* Windows of this length lose blocks again and again: ask for the file again, with shorter ones. */
static void shorten_window(struct tftp_client *c, uint64_t now)
{
	c->ask_windowsize = c->windowsize / 2;
	tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "windows of this size get lost");
	ask_again(c, now, 0, false);
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

/* Tell the owner the size, once.  Returns false if this ended the transfer. */
static bool open_with(struct tftp_client *c, uint64_t size)
{
	if (c->opened) {
		if (size == c->size)
			return true;
		tftp_transfer_fail(c, PVBOOT_S_CHANGED, 0,
				   "%.128s changed on TFTP server %s while it was fetched: start again", c->filename,
				   c->server);
		return false;
	}
	c->opened = true;
	c->size = size;
	c->ops->opened(c->arg, size, c->blksize);
	if (c->state == TFTP_DONE)
		return false;
	if (c->stat_only) {
		tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "only the size was wanted");
		c->tid = 0;
		tftp_transfer_finish(c, PVBOOT_S_OK, 0, "");
		return false;
	}
	return true;
}

/* The first answer to our RRQ: from here on only its port counts (RFC 1350 4). */
static void lock_tid(struct tftp_client *c, uint64_t now, uint16_t port)
{
	tftp_transfer_enter(c, TFTP_RECEIVING);
	c->tid = port;
	c->last_heard = now;
	c->refusals = 0;
	tftp_blocks_measure(c, now);
}

/*
 * Should the client ask again for blocks above the MTU?  Without windows each block costs a round trip, so larger
 * blocks are better if the path carries IP fragments.  Only the first answer tells whether the server grants windows,
 * and how large the file is.
 */
static bool larger_is_better(struct tftp_client *c, uint64_t now)
{
	return c->large_blksize && !c->large && !c->large_lost && c->windowsize == 1 && c->blksize == c->ask_blksize &&
	       c->size != PVBOOT_SIZE_UNKNOWN && c->size >= LARGE_WORTH && tftp_path_allows_large(c->path, now);
}

/* RFC 2347: options granted.  RFC 2348, 7440: at most what was asked. */
static void receive_oack(struct tftp_client *c, uint64_t now, uint16_t port, const struct tftp_options *opt)
{
	uint16_t blksize = opt->present & TFTP_O_BLKSIZE ? opt->blksize : TFTP_BLKSIZE_DEFAULT;
	uint16_t windowsize = opt->present & TFTP_O_WINDOWSIZE ? opt->windowsize : 1;
	uint16_t most = c->large ? c->large_blksize : c->ask_blksize;

	if (opt->bad & (TFTP_O_BLKSIZE | TFTP_O_WINDOWSIZE) || windowsize > c->ask_windowsize ||
	    (opt->present & TFTP_O_BLKSIZE && blksize > most)) {
		tftp_transfer_error(c, port, TFTP_E_OPTIONS, "option value not acceptable");
		if (c->bare) {
			tftp_transfer_fail(
				c, PVBOOT_S_TFTP_ERROR, TFTP_E_OPTIONS,
				"TFTP server %s insists on options that were not asked for: look at its configuration",
				c->server);
			return;
		}
		if (c->large) {
			refuse_large(c, now);
			return;
		}
		c->options_bad = true;
		start_over(c, now, 0);
		return;
	}
	lock_tid(c, now, port);
	c->options_ok = true;
	c->blksize = blksize;
	c->windowsize = windowsize;
	c->utimeout = opt->present & TFTP_O_UTIMEOUT;
	/* A size of 0 may be an empty file, or a server that echoes our 0: the first block tells. */
	if (!(opt->present & TFTP_O_TSIZE) || opt->tsize) {
		if (!open_with(c, opt->present & TFTP_O_TSIZE ? opt->tsize : PVBOOT_SIZE_UNKNOWN))
			return;
	}
	if (!c->large && c->ask_windowsize > 1)
		tftp_path_windows(c->path, now, windowsize > 1);
	if (c->large && blksize <= c->ask_blksize)
		tftp_path_large_refused(c->path, now);
	if (larger_is_better(c, now)) {
		tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "asking again for larger blocks");
		ask_again(c, now, 0, true);
		return;
	}
	tftp_blocks_ack(c, now);
}

/* DATA where an OACK or the promised size is due: the server ignored the options, or announced 0 bytes. */
static bool first_data(struct tftp_client *c, const struct tftp_msg *msg)
{
	uint64_t size = PVBOOT_SIZE_UNKNOWN;

	if (c->opened)
		return true;
	if (msg->data_len < c->blksize)
		size = msg->data_len;
	return open_with(c, size);
}

static void receive_error(struct tftp_client *c, uint64_t now, const struct tftp_msg *msg)
{
	const char *cure = "see its log";
	uint32_t status = PVBOOT_S_TFTP_ERROR;

	c->tid = 0; /* RFC 1350 7: an ERROR ends it, and is not answered */
	if (c->state == TFTP_ASKING && msg->number == TFTP_E_OPTIONS && c->large) {
		refuse_large(c, now);
		return;
	}
	if (c->state == TFTP_ASKING && msg->number == TFTP_E_OPTIONS && !c->bare) {
		c->options_bad = true;
		start_over(c, now, 0);
		return;
	}
	/* A server that was restarted does not know the transfer any more. */
	if (c->state == TFTP_RECEIVING && msg->number == TFTP_E_UNKNOWN_TID) {
		start_over(c, now, AGAIN_DELAY);
		return;
	}
	/* ERROR 0, "not defined", during a transfer: the server lost count, or is being stopped.  Ask again, once. */
	if (c->state == TFTP_RECEIVING && msg->number == TFTP_E_UNDEFINED && !c->ended_once &&
	    (!c->have || c->size != PVBOOT_SIZE_UNKNOWN)) {
		c->ended_once = true;
		snprintf(c->told, sizeof(c->told), "%s", *msg->text ? msg->text : "error 0, no reason given");
		start_over(c, now, AGAIN_DELAY);
		c->told[0] = '\0';
		return;
	}
	if (msg->number == TFTP_E_NOT_FOUND) {
		status = PVBOOT_S_NOT_FOUND;
		cure = "check the name and the server's directory";
	} else if (msg->number == TFTP_E_ACCESS) {
		status = PVBOOT_S_ACCESS;
		cure = "check the file's permissions there";
	}
	tftp_transfer_fail(c, status, msg->number, "TFTP server %s: %.100s: %.64s (error %u): %s", c->server,
			   c->filename, *msg->text ? msg->text : "no reason given", msg->number, cure);
}

static void receive_data(struct tftp_client *c, uint64_t now, const struct tftp_msg *msg)
{
	switch (tftp_blocks_receive(c, now, msg)) {
	case TFTP_GO_ON:
		break;
	case TFTP_SHORTEN:
		shorten_window(c, now);
		break;
	case TFTP_GIVE_UP_LARGE:
		give_up_large(c, now);
		break;
	}
}

void tftp_client_input(struct tftp_client *c, uint64_t now, uint16_t port, const void *buf, size_t len)
{
	struct tftp_msg msg;

	if (c->state == TFTP_DONE || !tftp_parse(buf, len, &msg))
		return;
	if (c->tid && port != c->tid) {
		/* RFC 1350 4: an answer to a duplicated RRQ must not disturb the transfer. */
		if (msg.op != TFTP_OP_ERROR)
			tftp_transfer_error(c, port, TFTP_E_UNKNOWN_TID, "unknown transfer ID");
		return;
	}
	if (msg.op == TFTP_OP_ERROR) {
		receive_error(c, now, &msg);
	} else if (msg.op == TFTP_OP_OACK) {
		if (c->state == TFTP_ASKING)
			receive_oack(c, now, port, &msg.opt);
	} else if (msg.op == TFTP_OP_DATA) {
		if (c->state == TFTP_ASKING) {
			if (msg.number != 1 || msg.data_len > TFTP_BLKSIZE_DEFAULT)
				return;
			lock_tid(c, now, port);
		}
		if (c->blocks == 0 && msg.number == 1 && !first_data(c, &msg))
			return;
		receive_data(c, now, &msg);
	}
}

/* ---- time and errors ------------------------------------------------------------------------------------------- */

/* The time at which silence means that blocks above the MTU do not arrive. */
static uint64_t give_up_large_at(const struct tftp_client *c)
{
	if (!tftp_blocks_large(c) || c->size == PVBOOT_SIZE_UNKNOWN)
		return UINT64_MAX;
	return c->last_heard + (c->blocks ? LARGE_NEXT : LARGE_FIRST) + c->srtt;
}

void tftp_client_timeout(struct tftp_client *c, uint64_t now)
{
	if (c->state == TFTP_DONE || now < c->deadline)
		return;
	if (now - c->progress >= c->patience && now - c->last_heard >= c->patience / 2) {
		if (c->opened)
			tftp_transfer_fail(
				c, PVBOOT_S_TIMEOUT, 0,
				"TFTP server %s stopped in the middle of %.64s: %llu bytes came, then nothing "
				"for %llu s: is it still running?",
				c->server, c->filename, (unsigned long long)c->have,
				(unsigned long long)(c->patience / (1000 * TFTP_MS)));
		else
			tftp_transfer_fail(c, PVBOOT_S_TIMEOUT, 0,
					   "TFTP server %s did not answer the request for %.64s within %llu s: is it "
					   "running, and does a firewall let UDP port %u through?",
					   c->server, c->filename, (unsigned long long)(c->patience / (1000 * TFTP_MS)),
					   c->port);
		return;
	}
	if (c->state == TFTP_ASKING && c->large && c->asked >= LARGE_ASKED)
		refuse_large(c, now);
	else if (c->state == TFTP_ASKING)
		send_rrq(c, now);
	if (c->state != TFTP_RECEIVING)
		return;
	if (now - c->last_heard >= (c->patience / 3 < STALL ? c->patience / 3 : STALL)) {
		start_over(c, now, 0);
		return;
	}
	if (now >= give_up_large_at(c)) {
		give_up_large(c, now);
		return;
	}
	c->any_loss = true;
	if (!c->backoff && c->windowsize > 1 && !tftp_blocks_window(c, true)) {
		shorten_window(c, now);
		return;
	}
	c->backoff++;
	c->gap_acked = false;
	c->ahead = 0;
	tftp_blocks_ack(c, now);
	if (c->deadline > give_up_large_at(c))
		c->deadline = give_up_large_at(c);
}

void tftp_client_error(struct tftp_client *c, uint64_t now, uint16_t port, int err)
{
	bool refused = err == ECONNREFUSED;

	if (c->state == TFTP_DONE || port != (c->tid ? c->tid : c->port))
		return;
	if (c->state == TFTP_RECEIVING) {
		/* The server's port is closed: it died.  Anything else may pass. */
		if (refused) {
			c->tid = 0;
			start_over(c, now, AGAIN_DELAY);
		}
		return;
	}
	if (c->opened)
		return;
	if (err == ENETUNREACH || err == EACCES || err == EPERM) {
		tftp_transfer_fail(c, PVBOOT_S_UNREACHABLE, 0, "the host cannot send to TFTP server %s (%s): %s",
				   c->server, strerror(err),
				   err == ENETUNREACH ? "give the host an address on that network, or a route to it"
						      : "a local firewall rule forbids it");
		return;
	}
	if (!refused && err != EHOSTUNREACH && err != ENOPROTOOPT)
		return;
	if (++c->refusals < REFUSALS_MAX)
		return;
	tftp_transfer_fail(
		c, PVBOOT_S_UNREACHABLE, 0,
		refused ? "no TFTP server listens at %s port %u: start it, or correct next-server in the DHCP "
			  "configuration"
			: "TFTP server %s (port %u) does not answer ARP, or a router says it is unreachable: "
			  "is that machine up?",
		c->server, c->port);
}
