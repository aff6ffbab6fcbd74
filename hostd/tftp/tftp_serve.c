/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_serve.c - answer the guest's own TFTP on the host: assign each datagram to its session.
 *
 * The only timer ends sessions that the guest has abandoned.
 */
#include "tftp/tftp_serve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "log.h"
#include "tftp/tftp_session.h"

#define SESSIONS_MAX 12	    /* of one guest; with its files and the lease these fit the device's PVBOOT_LINK_KEEPS */
#define IDLE_MS (5 * 60000) /* end a session after this long without a datagram from the guest */

/* ---- sessions -------------------------------------------------------------------------------------------------- */

static struct tftp_session *find(struct tftp_serve *serve, uint16_t guest_port)
{
	struct tftp_session *s = serve->sessions;

	while (s && s->id.guest_port != guest_port)
		s = s->next;
	return s;
}

static void expire(evutil_socket_t fd, short what, void *arg)
{
	struct tftp_serve *serve = arg;
	const struct timeval tv = {.tv_sec = IDLE_MS / 1000};
	struct tftp_session *next;

	for (struct tftp_session *s = serve->sessions; s; s = next) {
		next = s->next;
		if (clock_ms() - s->heard_ms >= IDLE_MS) {
			log_msg(LOG_INFO, serve->vm, "tftp: the boot program left %.128s unfinished", s->id.filename);
			tftp_session_end(s, true);
		}
	}
	if (serve->sessions)
		event_add(serve->idle, &tv);
}

/* Make room by ending the session that was silent longest.  A guest with that many transfers only harms itself. */
static void make_room(struct tftp_serve *serve)
{
	struct tftp_session *oldest = serve->sessions;

	if (serve->count < SESSIONS_MAX)
		return;
	for (struct tftp_session *s = serve->sessions; s; s = s->next)
		if (s->heard_ms < oldest->heard_ms)
			oldest = s;
	log_msg(LOG_NOTICE, serve->vm, "tftp: too many transfers at once, ending %.128s", oldest->id.filename);
	tftp_session_error(serve, &oldest->id, oldest->id.tid, TFTP_E_UNDEFINED, "too many transfers");
	tftp_session_end(oldest, true);
}

/* Make a session for id and begin to open its file.  If that fails, tells the guest and returns NULL. */
static struct tftp_session *create(struct tftp_serve *serve, const struct tftp_keep *id)
{
	const struct timeval tv = {.tv_sec = IDLE_MS / 1000};
	struct tftp_session *s;

	make_room(serve);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->serve = serve;
	s->id = *id;
	s->start_ms = s->heard_ms = clock_ms();
	s->next = serve->sessions;
	serve->sessions = s;
	serve->count++;
	if (!tftp_session_open(s))
		return NULL;
	if (!event_pending(serve->idle, EV_TIMEOUT, NULL))
		event_add(serve->idle, &tv);
	return s;
}

/* ---- the guest's messages -------------------------------------------------------------------------------------- */

static uint16_t new_tid(struct tftp_serve *serve)
{
	serve->next_tid = (uint16_t)((serve->next_tid + 1) % TFTP_SERVE_TIDS);
	return (uint16_t)(TFTP_SERVE_TID_FIRST + serve->next_tid);
}

static bool same_request(const struct tftp_session *s, const struct tftp_keep *id, const struct tftp_options *opt)
{
	return !s->restored && !s->heard_ack && strcmp(s->id.filename, id->filename) == 0 &&
	       memcmp(s->id.server, id->server, sizeof(id->server)) == 0 && s->asked.present == opt->present &&
	       s->asked.blksize == opt->blksize;
}

static void receive_rrq(struct tftp_serve *serve, struct tftp_keep *id, const struct tftp_msg *msg)
{
	struct tftp_session *s = find(serve, id->guest_port);
	size_t len = strlen(msg->filename);

	if (!msg->octet) {
		tftp_session_error(serve, id, TFTP_PORT, TFTP_E_ILLEGAL, "only mode octet is served");
		return;
	}
	if (len >= sizeof(id->filename)) {
		tftp_session_error(serve, id, TFTP_PORT, TFTP_E_ACCESS, "the file name is too long");
		return;
	}
	memcpy(id->filename, msg->filename, len + 1);
	if (s && same_request(s, id, &msg->opt)) {
		tftp_session_repeat(s);
		return;
	}
	if (s)
		tftp_session_end(s, true);
	id->tid = new_tid(serve);
	id->blksize = TFTP_BLKSIZE_DEFAULT;
	if (msg->opt.present & TFTP_O_BLKSIZE)
		id->blksize = msg->opt.blksize < TFTP_SERVE_BLKSIZE_MAX ? msg->opt.blksize : TFTP_SERVE_BLKSIZE_MAX;
	log_msg(LOG_DEBUG, serve->vm, "tftp: the boot program asks for %.128s", id->filename);
	s = create(serve, id);
	if (!s)
		return;
	s->asked = msg->opt;
	tftp_session_pump(s);
}

/* Take a datagram to port 69. */
static void receive_request(struct tftp_serve *serve, struct tftp_keep *id, const void *payload, size_t len)
{
	struct tftp_msg msg;

	if (!tftp_parse(payload, len, &msg) || msg.op == TFTP_OP_ERROR)
		return;
	if (msg.op == TFTP_OP_RRQ)
		receive_rrq(serve, id, &msg);
	else if (msg.op == TFTP_OP_WRQ)
		tftp_session_error(serve, id, TFTP_PORT, TFTP_E_ACCESS, "the host takes no files");
	else
		tftp_session_error(serve, id, TFTP_PORT, TFTP_E_ILLEGAL, "not a request");
}

bool tftp_serve_input(struct tftp_serve *serve, const struct pvboot_dgram_args *to, const uint8_t guest_ip[4],
		      const void *payload, size_t len)
{
	uint16_t port = ntohs(to->dst_port_be);
	struct tftp_keep id = {.guest_port = ntohs(to->src_port_be)};
	struct tftp_session *s = find(serve, id.guest_port);
	struct tftp_msg msg;

	/* Ignore broadcast and multicast: no single server would answer. */
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
		tftp_session_input(s, &msg);
		return true;
	}
	/* An ACK to one of hostd's ports without a session: the transfer was replaced, or was lost with an earlier
	 * hostd. */
	if (msg.op != TFTP_OP_ACK || len != TFTP_HEADER)
		return false;
	tftp_session_error(serve, &id, port, TFTP_E_UNKNOWN_TID, "unknown transfer ID");
	return true;
}

bool tftp_serve_restore(struct tftp_serve *serve, uint16_t key, const void *blob, size_t len)
{
	struct tftp_keep id;
	struct tftp_session *s;

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
	serve->next_tid = (uint16_t)(clock_ms() % TFTP_SERVE_TIDS);
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
	/* Let the device keep the blobs: the next hostd may continue these sessions. */
	while (serve->sessions)
		tftp_session_end(serve->sessions, false);
	event_free(serve->idle);
	free(serve);
}

void tftp_serve_reset(struct tftp_serve *serve)
{
	while (serve->sessions)
		tftp_session_end(serve->sessions, true);
	event_del(serve->idle);
}
