/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_blocks.h - receive and acknowledge the blocks of a client's transfer; part of tftp_client. */
#ifndef HOSTD_TFTP_BLOCKS_H
#define HOSTD_TFTP_BLOCKS_H

#include "tftp/tftp_transfer.h"

#define TFTP_MS UINT64_C(1000)

/* Wake up after wait, or when patience ends if that is sooner. */
void tftp_blocks_wait(struct tftp_client *c, uint64_t now, uint64_t wait);

/* Acknowledge all blocks that came in order (RFC 1350 2; RFC 7440 4). */
void tftp_blocks_ack(struct tftp_client *c, uint64_t now);

/* The server answered the last RRQ or ACK: measure the round trip (RFC 6298). */
void tftp_blocks_measure(struct tftp_client *c, uint64_t now);

/* What the client is to do after a DATA. */
enum tftp_blocks_next {
	TFTP_GO_ON,	   /* nothing; or the transfer has ended */
	TFTP_SHORTEN,	   /* windows are too long: ask for the file again, with shorter ones */
	TFTP_GIVE_UP_LARGE /* blocks above the MTU get lost: ask for the file again, with smaller ones */
};

/* Take a DATA of this transfer.  This may end the transfer. */
enum tftp_blocks_next tftp_blocks_receive(struct tftp_client *c, uint64_t now, const struct tftp_msg *msg);

/* Are the blocks of this transfer above the MTU, so that they travel in IP fragments? */
bool tftp_blocks_large(const struct tftp_client *c);

/* A window has ended, complete or by our timeout.  Returns false if windows turn out too long: TFTP_SHORTEN. */
bool tftp_blocks_window(struct tftp_client *c, bool timed_out);

/* Forget the blocks that came early. */
void tftp_blocks_reset(struct tftp_client *c);

#endif /* HOSTD_TFTP_BLOCKS_H */
