/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_client.h - the TFTP client as a state machine without sockets or clocks: datagrams and times go in, datagrams
 * and the file come out.  tftp.c puts a socket under it, the tests a script.
 *
 * Times are microseconds of any monotonic clock.  After each call the owner looks at deadline and at state.
 */
#ifndef HOSTD_TFTP_CLIENT_H
#define HOSTD_TFTP_CLIENT_H

#include "tftp/tftp.h"
#include "tftp/tftp_msg.h"
#include "tftp/tftp_path.h"

enum tftp_state {
	TFTP_NEW,	/* tftp_client_start() has not been called */
	TFTP_ASKING,	/* the RRQ is out */
	TFTP_RECEIVING, /* an OACK or the first DATA came: the TID is known */
	TFTP_DONE	/* done() is called next, or was; the last one */
};

struct tftp_client_out {
	/* Send a datagram to a port of the server's.  Must not call back into the client. */
	void (*send)(void *arg, uint16_t port, const void *buf, size_t len);
	/* The file is about to be asked for again: take a new local port (a new TID, RFC 1350 4); may end with
	 * tftp_client_fail(). */
	void (*rebind)(void *arg);
};

struct tftp_reorder_slot {
	uint16_t len;
	bool present;
};

struct tftp_client {
	/* What was asked for. */
	const struct tftp_ops *ops;
	const struct tftp_client_out *out;
	void *arg;	/* for ops */
	void *out_arg;	/* for out */
	const char *vm; /* for the log */
	const char *filename;
	char server[16]; /* for the words */
	uint16_t port;
	uint16_t ask_blksize, ask_windowsize;
	uint16_t large_blksize; /* to try where no windows are granted: above the MTU; 0: never */
	bool stat_only;
	uint64_t patience;	   /* without progress */
	struct tftp_path *path;	   /* what is known of this server */
	struct tftp_path own_path; /* unless somebody gives one */

	/* The transfer now going on. */
	enum tftp_state state; /* changed by tftp_client.c:set_state() alone */
	uint64_t deadline;     /* call tftp_client_timeout() then */
	uint16_t tid;	       /* the server's port, 0: not known yet */
	uint16_t blksize, windowsize;
	bool utimeout;	     /* granted: tftpd-hpa, or a server that follows it */
	uint64_t blocks;     /* received in order */
	uint64_t acked;	     /* of them acknowledged */
	uint64_t bytes;	     /* in them */
	uint64_t last_heard; /* time of the last datagram that was part of the transfer */
	uint64_t ack_time;   /* when the last ACK (or RRQ) went out, 0: not to be measured (Karn) */
	unsigned backoff;    /* retransmissions since something came */
	bool gap_acked;	     /* a loss was reported since the last block in order */
	unsigned ahead;	     /* blocks seen beyond a gap since then */
	unsigned asked;	     /* RRQs sent since the last answer */
	bool bare;	     /* the last RRQ named no options */
	bool large;	     /* large_blksize is or was asked for */
	unsigned late;	     /* blocks that came late, */
	unsigned calm;	     /* and blocks in time since then */
	unsigned windows;    /* acknowledged since the losses were counted anew */
	unsigned lossy;	     /* of them with a loss, */
	unsigned cut;	     /* and without their end, so that a timeout had to end them */
	bool window_lossy;   /* the one under way has one */
	bool any_loss;

	/* The round trip (RFC 6298), microseconds. */
	uint64_t srtt, rttvar;

	/* What is known across transfers of the same file. */
	bool opened;		    /* opened() was called */
	bool options_ok;	    /* this server once granted options */
	bool options_bad;	    /* it refused them */
	bool large_lost;	    /* large_blksize was given up */
	bool ended_once;	    /* the server ended a transfer by ERROR 0, and is asked again because of it */
	char told[TFTP_ERROR_TEXT]; /* its words, until the file is asked for */
	unsigned refusals;	    /* ICMP errors before the first answer */
	uint64_t size;		    /* as told in opened() */
	uint64_t have;		    /* bytes given to data() */
	uint64_t head;		    /* hash of the first bytes, */
	uint64_t head_len;	    /* that many */
	uint64_t head_again;	    /* and of the same when they come again */
	uint64_t progress;	    /* time of the last new byte, or of the start */
	unsigned barren;	    /* transfers that brought nothing new */
	bool fruitful;		    /* the one now going on did */
	int rollover;		    /* what follows block 65535: 0, 1, or -1 not seen yet */
	unsigned ones;		    /* how often 1 came where 0 or 1 was due, while windows are used */

	/* Blocks that came before their turn; the n-th at n % windowsize.  Allocated at the first gap. */
	uint8_t *reorder;
	struct tftp_reorder_slot *slots;
};

/*
 * Set up; req and what it points to must outlive the client.  blksize and windowsize are what to ask for. large_blksize
 * and path may be set afterwards, until the start.
 */
void tftp_client_init(struct tftp_client *c, const struct tftp_request *req, uint16_t blksize, uint16_t windowsize,
		      const struct tftp_ops *ops, void *arg, const struct tftp_client_out *out, void *out_arg);
/* Send the first RRQ. */
void tftp_client_start(struct tftp_client *c, uint64_t now);
/* A datagram from the server's address and the given port. */
void tftp_client_input(struct tftp_client *c, uint64_t now, uint16_t port, const void *buf, size_t len);
/* Blocks above the MTU get lost: ask for the file again, with smaller ones. */
void tftp_client_give_up_large(struct tftp_client *c, uint64_t now);
/* Windows of this length lose blocks again and again: ask for the file again, with shorter ones. */
void tftp_client_shorten_window(struct tftp_client *c, uint64_t now);
/* The deadline passed (harmless before). */
void tftp_client_timeout(struct tftp_client *c, uint64_t now);
/* Sending to the server's port failed with an errno: an ICMP error that came back, or a route that is missing. */
void tftp_client_error(struct tftp_client *c, uint64_t now, uint16_t port, int err);
/* It is over: tell the owner. */
void tftp_client_finish(struct tftp_client *c, uint32_t status, uint32_t detail, const char *text);
/* End with a failure of the owner's own. */
void tftp_client_fail(struct tftp_client *c, uint32_t status, uint32_t detail, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Tell the server that it is over (ERROR 0), if it knows of us, and free what the client holds.  done() is not called.
 */
void tftp_client_end(struct tftp_client *c);

#endif /* HOSTD_TFTP_CLIENT_H */
