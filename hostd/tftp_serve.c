/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_serve.c - answer the guest's own TFTP on the host.
 *
 * The guest's client drives everything: it repeats what was not answered, so there is no timer here but the one that
 * ends what a guest left behind.  A block is sent once the file has it; the file's growth and the guest's ACKs are the
 * two events.
 */
#include "tftp_serve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "file.h"
#include "log.h"
#include "tftp_keep.h"
#include "tftp_msg.h"

#define SESSIONS_MAX 12	    /* of one guest: with its files and the lease they fit a device's PVBOOT_LINK_KEEPS */
#define RESEND_MS 50	    /* a repeated ACK this soon after DATA has crossed it: no reason to send again */
#define IDLE_MS (5 * 60000) /* a session without a word from the guest */
#define KEEP_EVERY_SHIFT 15 /* the kept position is renewed each 32768 blocks, half the range of a block number */
#define KEEP_SLACK 16384    /* the guest may repeat an ACK from a little before the kept position */

struct session {
	struct session *next;
	struct tftp_serve *serve;
	struct file_watch watch;
	struct file *file;
	struct tftp_keep id;	       /* who, what, how large, and the position kept last */
	struct tftp_options asked;     /* the RRQ's */
	bool ready;		       /* the file is open, and its size known or known to be unknown */
	bool begun;		       /* the OACK or the first DATA was sent */
	bool heard_ack;		       /* and the guest answered it */
	bool restored;		       /* from a blob */
	uint64_t acked, sent, allowed; /* blocks: acknowledged, sent, and up to which to send */
	uint64_t sent_ms, heard_ms, start_ms;
};

struct tftp_serve {
	struct event_base *base;
	struct event *idle;
	const struct tftp_serve_ops *ops;
	void *arg;
	struct session *sessions;
	unsigned count;
	uint16_t next_tid;
	char vm[64];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static void send_to_guest(struct tftp_serve *serve, const struct tftp_keep *id, uint16_t src_port, const void *buf,
			  size_t len)
{
	struct pvboot_pkt pkt = {
		.type = PVBOOT_PKT_DGRAM,
		.length = (uint32_t)len,
		.src_port_be = htons(src_port),
		.dst_port_be = htons(id->guest_port),
	};

	memcpy(pkt.src, id->server, sizeof(pkt.src));
	memcpy(pkt.dst, id->guest, sizeof(pkt.dst));
	serve->ops->send(serve->arg, &pkt, buf);
}

static void send_error(struct tftp_serve *serve, const struct tftp_keep *id, uint16_t src_port, uint16_t code,
		       const char *text)
{
	uint8_t buf[TFTP_HEADER + TFTP_ERROR_TEXT];

	send_to_guest(serve, id, src_port, buf, tftp_build_error(buf, sizeof(buf), code, text));
}

/* ---- sessions -------------------------------------------------------------------------------------------------- */

static struct session *find(struct tftp_serve *serve, uint16_t guest_port)
{
	struct session *s = serve->sessions;

	while (s && s->id.guest_port != guest_port)
		s = s->next;
	return s;
}

static void drop_file(struct session *s)
{
	file_unwatch(&s->watch);
	file_unref(s->file);
	s->file = NULL;
}

/* Free a session; forget: the device need not keep it any longer either. */
static void end(struct session *s, bool forget)
{
	struct tftp_serve *serve = s->serve;
	struct session **link = &serve->sessions;

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	serve->count--;
	if (forget && s->begun)
		serve->ops->keep(serve->arg, s->id.guest_port, NULL, 0);
	if (s->file)
		drop_file(s);
	free(s);
}

/* End a session with an ERROR to the guest and a line in the log. */
static void refuse(struct session *s, uint16_t code, const char *text)
{
	/* A boot program looks for its configuration under many names. */
	log_msg(code == TFTP_E_NOT_FOUND ? LOG_INFO : LOG_NOTICE, s->serve->vm, "tftp: %.128s for the boot program: %s",
		s->id.filename, text);
	send_error(s->serve, &s->id, s->id.tid, code, text);
	end(s, true);
}

static bool open_file(struct session *s)
{
	s->ready = false;
	s->file = s->serve->ops->open(s->serve->arg, s->id.server, TFTP_PORT, s->id.filename);
	if (!s->file) {
		refuse(s, TFTP_E_ACCESS, "the host does not give out this file");
		return false;
	}
	file_watch(s->file, &s->watch);
	return true;
}

/*
 * The file failed: tell the guest.  But pxelinux heeds no ERROR between two blocks, and repeats its ACK for two
 * minutes: where the server only went away, each ACK has the file fetched again, so that a server that is back in time
 * saves the boot.
 */
static void refuse_as_file(struct session *s)
{
	uint32_t status = file_status(s->file);
	char text[PVBOOT_ERROR_MAX + 1];
	uint16_t code = TFTP_E_UNDEFINED;

	if (status == PVBOOT_S_NOT_FOUND)
		code = TFTP_E_NOT_FOUND;
	else if (status == PVBOOT_S_ACCESS || status == PVBOOT_S_DENIED)
		code = TFTP_E_ACCESS;
	snprintf(text, sizeof(text), "%s", file_text(s->file));
	if (!s->heard_ack || (status != PVBOOT_S_TIMEOUT && status != PVBOOT_S_UNREACHABLE)) {
		refuse(s, code, text);
		return;
	}
	log_msg(LOG_NOTICE, s->serve->vm, "tftp: %.128s for the boot program: %s", s->id.filename, text);
	send_error(s->serve, &s->id, s->id.tid, code, text);
	drop_file(s);
}

/* Have the device keep where we are. */
static void keep(struct session *s)
{
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];

	s->id.base = s->acked;
	s->serve->ops->keep(s->serve->arg, s->id.guest_port, blob, tftp_keep_build(blob, &s->id));
}

/* ---- answering ------------------------------------------------------------------------------------------------- */

/* The number of the last block, the short one; UINT64_MAX while nobody knows. */
static uint64_t last_block(const struct session *s)
{
	if (s->id.size == PVBOOT_SIZE_UNKNOWN)
		return UINT64_MAX;
	return s->id.size / s->id.blksize + 1;
}

/* Compare a --root file with what it was.  Its failure would be told to us too, and end the session under our feet. */
static bool unchanged(struct session *s)
{
	bool same;

	file_unwatch(&s->watch);
	same = file_check_unchanged(s->file);
	file_watch(s->file, &s->watch);
	return same;
}

/* Send block number s->sent + 1.  0: sent; 1: the file does not have it yet; -1: the session ended. */
static int send_block(struct session *s)
{
	uint8_t buf[TFTP_HEADER + TFTP_SERVE_BLKSIZE_MAX];
	uint64_t offset = s->sent * s->id.blksize;
	size_t want = s->id.blksize, have = 0;

	if (s->sent + 1 == last_block(s)) {
		want = (size_t)(s->id.size - offset);
		if (file_done(s->file) && !unchanged(s)) {
			refuse_as_file(s);
			return -1;
		}
	}
	if (file_available(s->file) < offset || file_available(s->file) - offset < want)
		return 1;
	while (have < want) {
		ssize_t n = file_read(s->file, offset + have, buf + TFTP_HEADER + have, want - have);

		if (n <= 0) {
			refuse(s, TFTP_E_UNDEFINED, "the host cannot read its copy of the file");
			return -1;
		}
		have += (size_t)n;
	}
	/* Numbers wrap to 0, as every server's do that pxelinux meets. */
	tftp_build_data(buf, sizeof(buf), (uint16_t)(s->sent + 1));
	s->sent++;
	s->sent_ms = now_ms();
	send_to_guest(s->serve, &s->id, s->id.tid, buf, TFTP_HEADER + have);
	return 0;
}

/* The OACK, naming only what was asked (pxelinux refuses more, RFC 2347); with nothing to name, DATA is the answer. */
static void send_opening(struct session *s)
{
	struct tftp_options grant = {.blksize = s->id.blksize, .tsize = s->id.size};
	uint8_t buf[TFTP_HEADER + 64];

	grant.present = s->asked.present & TFTP_O_BLKSIZE;
	if (s->id.size != PVBOOT_SIZE_UNKNOWN)
		grant.present |= s->asked.present & TFTP_O_TSIZE;
	s->sent = 0;
	s->sent_ms = now_ms();
	if (grant.present) {
		s->allowed = 0;
		send_to_guest(s->serve, &s->id, s->id.tid, buf, tftp_build_oack(buf, sizeof(buf), &grant));
	} else {
		s->allowed = 1;
	}
}

/* The file's size is known.  False if the session ended. */
static bool begin(struct session *s)
{
	uint64_t size = file_size(s->file);

	s->ready = true;
	if (s->begun) {
		if (s->id.size == PVBOOT_SIZE_UNKNOWN || s->id.size == size)
			return true;
		refuse(s, TFTP_E_UNDEFINED, "the file changed since the guest began with it");
		return false;
	}
	s->id.size = size;
	s->begun = true;
	send_opening(s);
	keep(s);
	return true;
}

/* Send what may be sent.  The session may be gone afterwards. */
static void pump(struct session *s)
{
	if (file_done(s->file) && file_status(s->file) != PVBOOT_S_OK) {
		refuse_as_file(s);
		return;
	}
	if (!file_opened(s->file))
		return;
	if (!s->ready && !begin(s))
		return;
	/* A size that was unknown is known at the end. */
	if (s->id.size == PVBOOT_SIZE_UNKNOWN && file_done(s->file))
		s->id.size = file_size(s->file);
	if (s->acked > last_block(s)) {
		refuse(s, TFTP_E_UNDEFINED, "the file is shorter than what the guest has of it");
		return;
	}
	while (s->sent < s->allowed && s->sent < last_block(s))
		if (send_block(s))
			return;
}

static void file_changed(struct file_watch *watch)
{
	struct session *s = (struct session *)((uint8_t *)watch - offsetof(struct session, watch));

	pump(s);
}

/* ---- the guest's messages -------------------------------------------------------------------------------------- */

static void expire(evutil_socket_t fd, short what, void *arg)
{
	struct tftp_serve *serve = arg;
	const struct timeval tv = {.tv_sec = IDLE_MS / 1000};
	struct session *next;

	for (struct session *s = serve->sessions; s; s = next) {
		next = s->next;
		if (now_ms() - s->heard_ms >= IDLE_MS) {
			log_msg(LOG_INFO, serve->vm, "tftp: the boot program left %.128s unfinished", s->id.filename);
			end(s, true);
		}
	}
	if (serve->sessions)
		event_add(serve->idle, &tv);
}

/* Make room by ending what was silent longest; a guest with that many transfers only harms itself. */
static void make_room(struct tftp_serve *serve)
{
	struct session *oldest = serve->sessions;

	if (serve->count < SESSIONS_MAX)
		return;
	for (struct session *s = serve->sessions; s; s = s->next)
		if (s->heard_ms < oldest->heard_ms)
			oldest = s;
	log_msg(LOG_NOTICE, serve->vm, "tftp: too many transfers at once, ending %.128s", oldest->id.filename);
	send_error(serve, &oldest->id, oldest->id.tid, TFTP_E_UNDEFINED, "too many transfers");
	end(oldest, true);
}

/* A session for id, with its file being opened; NULL if that failed (the guest is told). */
static struct session *create(struct tftp_serve *serve, const struct tftp_keep *id)
{
	const struct timeval tv = {.tv_sec = IDLE_MS / 1000};
	struct session *s;

	make_room(serve);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->serve = serve;
	s->id = *id;
	s->start_ms = s->heard_ms = now_ms();
	s->watch.changed = file_changed;
	s->next = serve->sessions;
	serve->sessions = s;
	serve->count++;
	if (!open_file(s))
		return NULL;
	if (!event_pending(serve->idle, EV_TIMEOUT, NULL))
		event_add(serve->idle, &tv);
	return s;
}

static uint16_t new_tid(struct tftp_serve *serve)
{
	serve->next_tid = (uint16_t)((serve->next_tid + 1) % TFTP_SERVE_TIDS);
	return (uint16_t)(TFTP_SERVE_TID_FIRST + serve->next_tid);
}

static bool same_request(const struct session *s, const struct tftp_keep *id, const struct tftp_options *opt)
{
	return !s->restored && !s->heard_ack && strcmp(s->id.filename, id->filename) == 0 &&
	       memcmp(s->id.server, id->server, sizeof(id->server)) == 0 && s->asked.present == opt->present &&
	       s->asked.blksize == opt->blksize;
}

static void receive_rrq(struct tftp_serve *serve, struct tftp_keep *id, const struct tftp_msg *msg)
{
	struct session *s = find(serve, id->guest_port);
	size_t len = strlen(msg->filename);

	if (!msg->octet) {
		send_error(serve, id, TFTP_PORT, TFTP_E_ILLEGAL, "only mode octet is served");
		return;
	}
	if (len >= sizeof(id->filename)) {
		send_error(serve, id, TFTP_PORT, TFTP_E_ACCESS, "the file name is too long");
		return;
	}
	memcpy(id->filename, msg->filename, len + 1);
	if (s && same_request(s, id, &msg->opt)) {
		s->heard_ms = now_ms();
		/* Repeated while the file is being opened: nothing to say yet.  Repeated later: our answer was lost,
		 * unless the two crossed. */
		if (s->begun && now_ms() - s->sent_ms >= RESEND_MS) {
			send_opening(s);
			pump(s);
		}
		return;
	}
	if (s)
		end(s, true);
	id->tid = new_tid(serve);
	id->blksize = TFTP_BLKSIZE_DEFAULT;
	if (msg->opt.present & TFTP_O_BLKSIZE)
		id->blksize = msg->opt.blksize < TFTP_SERVE_BLKSIZE_MAX ? msg->opt.blksize : TFTP_SERVE_BLKSIZE_MAX;
	log_msg(LOG_DEBUG, serve->vm, "tftp: the boot program asks for %.128s", id->filename);
	s = create(serve, id);
	if (!s)
		return;
	s->asked = msg->opt;
	pump(s);
}

static void finished(struct session *s)
{
	log_msg(LOG_INFO, s->serve->vm, "tftp: gave the boot program %.128s, %llu bytes in %llu ms", s->id.filename,
		(unsigned long long)s->id.size, (unsigned long long)(now_ms() - s->start_ms));
	end(s, true);
}

/* The first ACK after a restart says where the guest is, modulo 65536; the kept position says the rest. */
static bool locate(struct session *s, uint16_t number)
{
	uint64_t low = s->id.base > KEEP_SLACK ? s->id.base - KEEP_SLACK : 0;
	uint64_t at = low + (uint16_t)(number - (uint16_t)low);

	if (at > last_block(s))
		return false;
	s->acked = s->sent = at;
	return true;
}

static void receive_ack(struct session *s, uint16_t number)
{
	uint16_t step = (uint16_t)(number - (uint16_t)s->acked);
	bool first = !s->heard_ack;

	s->heard_ms = now_ms();
	if (!s->file && !open_file(s))
		return;
	if (s->restored && first) {
		if (!locate(s, number)) {
			refuse(s, TFTP_E_UNKNOWN_TID, "the host lost this transfer");
			return;
		}
	} else if (step > s->sent - s->acked || !s->begun) {
		return; /* older, or of blocks never sent */
	} else if (step) {
		s->acked += step;
	} else if (!first && (s->sent == s->acked || now_ms() - s->sent_ms < RESEND_MS)) {
		/* A duplicate is answered only after a pause: else each of the guest's duplicates would double the
		 * traffic (RFC 1123 4.2.3.1). */
		return;
	} else {
		s->sent = s->acked;
	}
	s->heard_ack = true;
	s->allowed = s->acked + TFTP_SERVE_AHEAD;
	if (s->acked == last_block(s)) {
		finished(s);
		return;
	}
	if (s->acked >> KEEP_EVERY_SHIFT != s->id.base >> KEEP_EVERY_SHIFT)
		keep(s);
	pump(s);
}

static void receive_in_session(struct session *s, const struct tftp_msg *msg)
{
	switch (msg->op) {
	case TFTP_OP_ACK:
		receive_ack(s, msg->number);
		break;
	case TFTP_OP_ERROR:
		/* pxelinux ends like this each transfer of which it wanted only the size or the start. */
		log_msg(LOG_DEBUG, s->serve->vm, "tftp: the boot program ends %.128s: %s", s->id.filename, msg->text);
		end(s, true);
		break;
	}
}

/* A datagram to port 69. */
static void receive_request(struct tftp_serve *serve, struct tftp_keep *id, const void *payload, size_t len)
{
	struct tftp_msg msg;

	if (!tftp_parse(payload, len, &msg) || msg.op == TFTP_OP_ERROR)
		return;
	if (msg.op == TFTP_OP_RRQ)
		receive_rrq(serve, id, &msg);
	else if (msg.op == TFTP_OP_WRQ)
		send_error(serve, id, TFTP_PORT, TFTP_E_ACCESS, "the host takes no files");
	else
		send_error(serve, id, TFTP_PORT, TFTP_E_ILLEGAL, "not a request");
}

bool tftp_serve_input(struct tftp_serve *serve, const struct pvboot_dgram_args *to, const uint8_t guest_ip[4],
		      const void *payload, size_t len)
{
	uint16_t port = ntohs(to->dst_port_be);
	struct tftp_keep id = {.guest_port = ntohs(to->src_port_be)};
	struct session *s = find(serve, id.guest_port);
	struct tftp_msg msg;

	/* Not a broadcast or multicast: who would answer? */
	if (!id.guest_port || to->dest[0] == 0 || to->dest[0] >= 224)
		return false;
	memcpy(id.server, to->dest, sizeof(id.server));
	memcpy(id.guest, guest_ip, sizeof(id.guest));
	if (port == TFTP_PORT) {
		receive_request(serve, &id, payload, len);
		return true;
	}
	if (port < TFTP_SERVE_TID_FIRST || port - TFTP_SERVE_TID_FIRST >= TFTP_SERVE_TIDS ||
	    !tftp_parse(payload, len, &msg))
		return false;
	if (s && port == s->id.tid && memcmp(to->dest, s->id.server, sizeof(to->dest)) == 0) {
		receive_in_session(s, &msg);
		return true;
	}
	/* An ACK to one of our ports that belongs to nothing: a transfer that was replaced, or lost with an earlier
	 * hostd. */
	if (msg.op != TFTP_OP_ACK || len != TFTP_HEADER)
		return false;
	send_error(serve, &id, port, TFTP_E_UNKNOWN_TID, "unknown transfer ID");
	return true;
}

bool tftp_serve_restore(struct tftp_serve *serve, uint16_t key, const void *blob, size_t len)
{
	struct tftp_keep id;
	struct session *s;

	if (!tftp_keep_parse(&id, key, blob, len) || find(serve, key) || serve->count >= SESSIONS_MAX)
		return false;
	s = create(serve, &id);
	if (!s)
		return false;
	log_msg(LOG_INFO, serve->vm, "tftp: going on with %.128s for the boot program", id.filename);
	s->restored = true;
	s->begun = true;
	s->acked = s->sent = s->allowed = id.base;
	return true;
}

/* ---- the object ------------------------------------------------------------------------------------------------ */

struct tftp_serve *tftp_serve_new(struct event_base *base, const char *vm, const struct tftp_serve_ops *ops, void *arg)
{
	struct tftp_serve *serve = calloc(1, sizeof(*serve));

	if (!serve)
		return NULL;
	serve->base = base;
	serve->ops = ops;
	serve->arg = arg;
	serve->next_tid = (uint16_t)(now_ms() % TFTP_SERVE_TIDS);
	snprintf(serve->vm, sizeof(serve->vm), "%s", vm);
	serve->idle = evtimer_new(base, expire, serve);
	if (!serve->idle) {
		free(serve);
		return NULL;
	}
	return serve;
}

void tftp_serve_free(struct tftp_serve *serve)
{
	/* Nothing is forgotten: another hostd may go on. */
	while (serve->sessions)
		end(serve->sessions, false);
	event_free(serve->idle);
	free(serve);
}

void tftp_serve_reset(struct tftp_serve *serve)
{
	while (serve->sessions)
		end(serve->sessions, true);
	event_del(serve->idle);
}
