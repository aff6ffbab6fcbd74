/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_session.c - one transfer to the guest.
 *
 * The guest's client repeats what hostd does not answer, so there is no timer here.  hostd sends a block once the file
 * has it.  Two events drive the session: the file grows, or the guest sends an ACK.
 */
#include "tftp/tftp_session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "base/clock.h"
#include "file/file_root.h"
#include "log.h"

#define RESEND_MS 50	    /* a repeated ACK this soon after DATA has crossed that DATA: do not send again */
#define KEEP_EVERY_SHIFT 15 /* the kept position is renewed each 32768 blocks, half the range of a block number */
#define KEEP_SLACK 16384    /* the guest may repeat an ACK from a little before the kept position */

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

void tftp_session_error(struct tftp_serve *serve, const struct tftp_keep *id, uint16_t src_port, uint16_t code,
			const char *text)
{
	uint8_t buf[TFTP_HEADER + TFTP_ERROR_TEXT];
	size_t len = tftp_build_error(buf, sizeof(buf), code, text);

	send_to_guest(serve, id, src_port, buf, len);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

static void drop_file(struct tftp_session *s)
{
	file_unwatch(&s->watch);
	file_unref(s->file);
	s->file = NULL;
}

void tftp_session_end(struct tftp_session *s, bool forget)
{
	struct tftp_serve *serve = s->serve;
	struct tftp_session **link = &serve->sessions;

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
static void refuse(struct tftp_session *s, uint16_t code, const char *text)
{
	if (code == TFTP_E_NOT_FOUND && url_is_search(s->id.filename))
		log_msg(LOG_INFO, s->serve->vm, "tftp: no %.128s: the boot program tries its next name",
			s->id.filename);
	else
		log_msg(code == TFTP_E_NOT_FOUND ? LOG_INFO : LOG_NOTICE, s->serve->vm,
			"tftp: %.128s for the boot program: %s", s->id.filename, text);
	tftp_session_error(s->serve, &s->id, s->id.tid, code, text);
	tftp_session_end(s, true);
}

static void file_changed(struct file_watch *watch);

bool tftp_session_open(struct tftp_session *s)
{
	s->watch.changed = file_changed;
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
 * The file failed: tell the guest.  But pxelinux ignores an ERROR between two blocks, and repeats its ACK for two
 * minutes.  So if the server only went away, hostd fetches the file again on each ACK: if the server comes back in
 * time, the boot goes on.
 */
static void refuse_as_file(struct tftp_session *s)
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
	tftp_session_error(s->serve, &s->id, s->id.tid, code, text);
	drop_file(s);
}

/* Let the device keep the session's position. */
static void keep(struct tftp_session *s)
{
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];

	s->id.base = s->acked;
	s->serve->ops->keep(s->serve->arg, s->id.guest_port, blob, tftp_keep_build(blob, &s->id));
}

/* ---- answering ------------------------------------------------------------------------------------------------- */

/* The number of the last block, the short one; UINT64_MAX while the size is unknown. */
static uint64_t last_block(const struct tftp_session *s)
{
	if (s->id.size == PVBOOT_SIZE_UNKNOWN)
		return UINT64_MAX;
	return s->id.size / s->id.blksize + 1;
}

/* Is a --root file unchanged?  Its failure would also call this session's watch and end the session within this call.
 */
static bool unchanged(struct tftp_session *s)
{
	bool same;

	file_unwatch(&s->watch);
	same = file_root_check(s->file);
	file_watch(s->file, &s->watch);
	return same;
}

/* Send block number s->sent + 1.  0: sent; 1: the file does not have it yet; -1: the session ended. */
static int send_block(struct tftp_session *s)
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
	/* Block numbers wrap to 0, as with the servers that pxelinux is used with. */
	tftp_build_data(buf, sizeof(buf), (uint16_t)(s->sent + 1));
	s->sent++;
	s->sent_ms = clock_ms();
	send_to_guest(s->serve, &s->id, s->id.tid, buf, TFTP_HEADER + have);
	return 0;
}

/* The OACK, naming only what was asked (pxelinux refuses more, RFC 2347); with nothing to name, DATA is the answer. */
static void send_opening(struct tftp_session *s)
{
	struct tftp_options grant = {.blksize = s->id.blksize, .tsize = s->id.size};
	uint8_t buf[TFTP_HEADER + 64];
	size_t len;

	grant.present = s->asked.present & TFTP_O_BLKSIZE;
	if (s->id.size != PVBOOT_SIZE_UNKNOWN)
		grant.present |= s->asked.present & TFTP_O_TSIZE;
	s->sent = 0;
	s->sent_ms = clock_ms();
	if (grant.present) {
		s->allowed = 0;
		len = tftp_build_oack(buf, sizeof(buf), &grant);
		send_to_guest(s->serve, &s->id, s->id.tid, buf, len);
	} else {
		s->allowed = 1;
	}
}

/* The file's size is known.  False if the session ended. */
static bool begin(struct tftp_session *s)
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

void tftp_session_pump(struct tftp_session *s)
{
	if (file_done(s->file) && file_status(s->file) != PVBOOT_S_OK) {
		refuse_as_file(s);
		return;
	}
	if (!file_opened(s->file))
		return;
	if (!s->ready && !begin(s))
		return;
	/* If the size was unknown, it is known once the file is complete. */
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
	struct tftp_session *s = container_of(watch, struct tftp_session, watch);

	tftp_session_pump(s);
}

/* ---- the guest's messages ---------------------------------------------------------------------------------------- */

static void finished(struct tftp_session *s)
{
	log_msg(LOG_INFO, s->serve->vm, "tftp: gave the boot program %.128s, %llu bytes in %llu ms", s->id.filename,
		(unsigned long long)s->id.size, (unsigned long long)(clock_ms() - s->start_ms));
	tftp_session_end(s, true);
}

/* Find the guest's position from its first ACK after a restart, which is modulo 65536, and from the kept position. */
static bool locate(struct tftp_session *s, uint16_t number)
{
	uint64_t low = s->id.base > KEEP_SLACK ? s->id.base - KEEP_SLACK : 0;
	uint64_t at = low + (uint16_t)(number - (uint16_t)low);

	if (at > last_block(s))
		return false;
	s->acked = s->sent = at;
	return true;
}

static void receive_ack(struct tftp_session *s, uint16_t number)
{
	uint16_t step = (uint16_t)(number - (uint16_t)s->acked);
	bool first = !s->heard_ack;

	s->heard_ms = clock_ms();
	if (!s->file && !tftp_session_open(s))
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
	} else if (!first && (s->sent == s->acked || clock_ms() - s->sent_ms < RESEND_MS)) {
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
	tftp_session_pump(s);
}

void tftp_session_input(struct tftp_session *s, const struct tftp_msg *msg)
{
	switch (msg->op) {
	case TFTP_OP_ACK:
		receive_ack(s, msg->number);
		break;
	case TFTP_OP_ERROR:
		/* pxelinux sends an ERROR to end a transfer of which it wanted only the size or the start. */
		log_msg(LOG_DEBUG, s->serve->vm, "tftp: the boot program ends %.128s: %s", s->id.filename, msg->text);
		tftp_session_end(s, true);
		break;
	}
}

void tftp_session_repeat(struct tftp_session *s)
{
	s->heard_ms = clock_ms();
	if (!s->begun || clock_ms() - s->sent_ms < RESEND_MS)
		return;
	send_opening(s);
	tftp_session_pump(s);
}
