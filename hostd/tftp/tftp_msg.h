/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_msg.h - TFTP messages by (buf, len): RFC 1350, options RFC 2347, 2348 (blksize), 2349 (tsize), 7440
 * (windowsize). */
#ifndef HOSTD_TFTP_MSG_H
#define HOSTD_TFTP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TFTP_PORT 69

#define TFTP_OP_RRQ 1
#define TFTP_OP_WRQ 2
#define TFTP_OP_DATA 3
#define TFTP_OP_ACK 4
#define TFTP_OP_ERROR 5
#define TFTP_OP_OACK 6

#define TFTP_E_UNDEFINED 0
#define TFTP_E_NOT_FOUND 1
#define TFTP_E_ACCESS 2
#define TFTP_E_DISK_FULL 3
#define TFTP_E_ILLEGAL 4
#define TFTP_E_UNKNOWN_TID 5
#define TFTP_E_OPTIONS 8

#define TFTP_HEADER 4		 /* bytes before DATA's payload; the size of an ACK */
#define TFTP_BLKSIZE_DEFAULT 512 /* RFC 1350: without the option */
#define TFTP_BLKSIZE_MIN 8	 /* RFC 2348 */
#define TFTP_BLKSIZE_MAX 65464	 /* RFC 2348 */
#define TFTP_REQUEST_MAX 1280	 /* bytes of a request that hostd builds: the longest name and hostd's options */
#define TFTP_ERROR_TEXT 128	 /* bytes of an ERROR's text that hostd keeps or sends, NUL included */

#define TFTP_O_BLKSIZE 0x1u
#define TFTP_O_TSIZE 0x2u
#define TFTP_O_WINDOWSIZE 0x4u
#define TFTP_O_UTIMEOUT 0x8u /* only tftp-hpa has it: its retransmission time in microseconds */

struct tftp_options {
	uint32_t present; /* TFTP_O_*: options with a value in range */
	uint32_t bad;	  /* TFTP_O_*: options with a value that is not a number or is out of range */
	uint32_t unknown; /* how many other options there are */
	uint16_t blksize;
	uint16_t windowsize;
	uint32_t utimeout;
	uint64_t tsize;
};

/* A parsed message; pointers go into the parsed buffer. */
struct tftp_msg {
	uint16_t op;	     /* TFTP_OP_* */
	uint16_t number;     /* DATA, ACK: block number; ERROR: ErrorCode */
	const uint8_t *data; /* DATA: the payload */
	size_t data_len;
	const char *filename;	    /* RRQ, WRQ: not empty, NUL terminated */
	bool octet;		    /* RRQ, WRQ: the mode is octet, in any case */
	struct tftp_options opt;    /* RRQ, WRQ, OACK */
	char text[TFTP_ERROR_TEXT]; /* ERROR: its text, printable ASCII only, always NUL terminated */
};

/* Parse one datagram.  False if it is not a well-formed TFTP message; msg is then undefined. */
bool tftp_parse(const void *buf, size_t len, struct tftp_msg *msg);

/* Builders: each writes a message to buf, and returns its length, or 0 if room (bytes) is too small. */

/* An RRQ in octet mode with the options of opt->present; tsize is asked for as 0 (RFC 2349). */
size_t tftp_build_rrq(void *buf, size_t room, const char *filename, const struct tftp_options *opt);
size_t tftp_build_oack(void *buf, size_t room, const struct tftp_options *opt);
size_t tftp_build_ack(void *buf, size_t room, uint16_t block);
/* Only the header of a DATA: the caller reads the payload into the buffer after it. */
size_t tftp_build_data(void *buf, size_t room, uint16_t block);
/* text is cut to TFTP_ERROR_TEXT - 1 bytes. */
size_t tftp_build_error(void *buf, size_t room, uint16_t code, const char *text);

/* Copy up to len bytes of hostile text, each byte that is not printable ASCII as '?'; room >= 1, NUL terminated. */
void tftp_clean_text(char *to, size_t room, const void *from, size_t len);

#endif /* HOSTD_TFTP_MSG_H */
