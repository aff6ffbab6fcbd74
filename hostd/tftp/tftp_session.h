/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_session.h - one transfer to the guest; part of tftp_serve. */
#ifndef HOSTD_TFTP_SESSION_H
#define HOSTD_TFTP_SESSION_H

#include "file/file.h"
#include "tftp/tftp_keep.h"
#include "tftp/tftp_msg.h"
#include "tftp/tftp_serve_ops.h"

struct event;
struct event_base;

struct tftp_session {
	struct tftp_session *next;
	struct tftp_serve *serve;
	struct file_watch watch;
	struct file *file;
	struct tftp_keep id;	       /* the addresses, file, sizes, and the position that was kept last */
	struct tftp_options asked;     /* the RRQ's options */
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
	struct tftp_session *sessions;
	unsigned count;
	uint16_t next_tid;
	char vm[64];
};

/* Send an ERROR to id's guest, from src_port of id's server. */
void tftp_session_error(struct tftp_serve *serve, const struct tftp_keep *id, uint16_t src_port, uint16_t code,
			const char *text);

/* Begin to fetch the file.  Returns false if that is refused: the guest was told and the session is gone. */
bool tftp_session_open(struct tftp_session *s);

/* Send all blocks that may be sent now.  The session may be gone afterwards. */
void tftp_session_pump(struct tftp_session *s);

/* Handle a repeated RRQ.  While the file is being opened, ignore it.  Later hostd's answer was probably lost: send it
 * again, unless it was sent only just before.  The session may be gone afterwards. */
void tftp_session_repeat(struct tftp_session *s);

/* Take a message from the guest to the session's port.  The session may be gone afterwards. */
void tftp_session_input(struct tftp_session *s, const struct tftp_msg *msg);

/* End and free a session.  forget: also let the device forget its blob. */
void tftp_session_end(struct tftp_session *s, bool forget);

#endif /* HOSTD_TFTP_SESSION_H */
