/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_transfer.h - the TFTP client's data about a transfer, its state, and its end. */
#ifndef HOSTD_TFTP_TRANSFER_H
#define HOSTD_TFTP_TRANSFER_H

#include "pvboot_req.h"
#include "tftp/tftp_msg.h"
#include "tftp/tftp_path.h"
#include "tftp/tftp_request.h"

enum tftp_state {
	TFTP_NEW,	/* tftp_client_start() has not been called */
	TFTP_ASKING,	/* the RRQ is out */
	TFTP_RECEIVING, /* an OACK or the first DATA came: the TID is known */
	TFTP_DONE	/* final: done() is called next, or was called */
};

struct tftp_client_out {
	/* Send a datagram to a port of the server's.  Must not call back into the client. */
	void (*send)(void *arg, uint16_t port, const void *buf, size_t len);
	/* Take a new local port (a new TID, RFC 1350 4), because the client will ask for the file again.  On failure it
	 * calls tftp_transfer_fail(). */
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
	char server[16]; /* for error text */
	uint16_t port;
	uint16_t ask_blksize, ask_windowsize;
	uint16_t large_blksize; /* blksize above the MTU, to try if the server grants no windows; 0: never */
	bool stat_only;
	uint64_t patience;	   /* give up after this long without progress */
	struct tftp_path *path;	   /* what is known about this server */
	struct tftp_path own_path; /* used if the owner sets no path */

	/* The transfer now going on. */
	enum tftp_state state; /* only tftp_transfer_enter() changes it */
	uint64_t deadline;     /* call tftp_client_timeout() then */
	uint16_t tid;	       /* the server's port, 0: not known yet */
	uint16_t blksize, windowsize;
	bool utimeout;	     /* granted: tftpd-hpa, or a server that follows it */
	uint64_t blocks;     /* received in order */
	uint64_t acked;	     /* of them acknowledged */
	uint64_t bytes;	     /* in them */
	uint64_t last_heard; /* time of the last datagram that was part of the transfer */
	uint64_t ack_time;   /* when the last ACK (or RRQ) was sent; 0: do not measure it (Karn) */
	unsigned backoff;    /* retransmissions since the last answer */
	bool gap_acked;	     /* a loss was reported since the last block in order */
	unsigned ahead;	     /* blocks seen beyond a gap since then */
	unsigned asked;	     /* RRQs sent since the last answer */
	bool bare;	     /* the last RRQ named no options */
	bool large;	     /* large_blksize is or was asked for */
	unsigned late;	     /* blocks that came late */
	unsigned calm;	     /* blocks in time since the last late one */
	unsigned windows;    /* windows since the counts below were reset */
	unsigned lossy;	     /* windows of them with a loss */
	unsigned cut;	     /* windows of them whose end was lost, so that a timeout ended them */
	bool window_lossy;   /* the current window has a loss */
	bool any_loss;

	/* The round trip (RFC 6298), microseconds. */
	uint64_t srtt, rttvar;

	/* What is known across transfers of the same file. */
	bool opened;		    /* opened() was called */
	bool options_ok;	    /* this server once granted options */
	bool options_bad;	    /* this server refused options */
	bool large_lost;	    /* large_blksize was given up */
	bool ended_once;	    /* the server ended a transfer by ERROR 0, so the client asked again */
	char told[TFTP_ERROR_TEXT]; /* that ERROR's text, until the file is asked for again */
	unsigned refusals;	    /* ICMP errors before the first answer */
	uint64_t size;		    /* as told in opened() */
	uint64_t have;		    /* bytes given to data() */
	uint64_t head;		    /* hash of the first head_len bytes */
	uint64_t head_len;	    /* how many bytes head covers */
	uint64_t head_again;	    /* hash of the same bytes when they come again */
	uint64_t progress;	    /* time of the last new byte, or of the start */
	unsigned barren;	    /* transfers that brought nothing new */
	bool fruitful;		    /* the current transfer brought something new */
	int rollover;		    /* the number that follows block 65535: 0, 1, or -1: not seen yet */
	unsigned ones;		    /* how often 1 came where 0 or 1 was due, while windows are used */

	/* Blocks that came early; the n-th is at n % windowsize.  Allocated at the first gap. */
	uint8_t *reorder;
	struct tftp_reorder_slot *slots;
};

/* Change the state, and log that at debug level. */
void tftp_transfer_enter(struct tftp_client *c, enum tftp_state state);
/* Send an ERROR to a port of the server's. */
void tftp_transfer_error(struct tftp_client *c, uint16_t port, uint16_t code, const char *text);
/* End the transfer and tell the owner. */
void tftp_transfer_finish(struct tftp_client *c, uint32_t status, uint32_t detail, const char *text);
/* End the transfer with a failure, and stop the server with an ERROR if it is sending. */
void tftp_transfer_fail(struct tftp_client *c, uint32_t status, uint32_t detail, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* HOSTD_TFTP_TRANSFER_H */
