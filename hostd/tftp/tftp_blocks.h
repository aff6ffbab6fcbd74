/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_blocks.h - the blocks of a client's transfer, within tftp_client. */
#ifndef HOSTD_TFTP_BLOCKS_H
#define HOSTD_TFTP_BLOCKS_H

#include "tftp/tftp_transfer.h"

#define TFTP_MS UINT64_C(1000)

/* Wake up after wait, or when patience ends if that is sooner. */
void tftp_blocks_wait(struct tftp_client *c, uint64_t now, uint64_t wait);

/* Acknowledge all that came in order (RFC 1350 2; RFC 7440 4). */
void tftp_blocks_ack(struct tftp_client *c, uint64_t now);

/* What was sent last is answered: learn the round trip (RFC 6298). */
void tftp_blocks_measure(struct tftp_client *c, uint64_t now);

/* What the client is to do after a DATA. */
enum tftp_blocks_next {
	TFTP_GO_ON,	   /* nothing; or the transfer has ended */
	TFTP_SHORTEN,	   /* windows are too long: ask for the file again, with shorter ones */
	TFTP_GIVE_UP_LARGE /* blocks above the MTU get lost: ask for the file again, with smaller ones */
};

/* A DATA of this transfer.  It may end it. */
enum tftp_blocks_next tftp_blocks_receive(struct tftp_client *c, uint64_t now, const struct tftp_msg *msg);

/* Are the blocks of this transfer larger than what the path carries in one piece? */
bool tftp_blocks_large(const struct tftp_client *c);

/* A window has ended, whole or by our timeout.  False if windows are found too long: TFTP_SHORTEN. */
bool tftp_blocks_window(struct tftp_client *c, bool timed_out);

/* Forget the blocks that came early. */
void tftp_blocks_reset(struct tftp_client *c);

#endif /* HOSTD_TFTP_BLOCKS_H */
