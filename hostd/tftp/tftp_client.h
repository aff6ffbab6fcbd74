/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_client.h - the TFTP client as a state machine without sockets or clocks: datagrams and times go in, datagrams
 * and the file come out.  tftp.c connects it to a socket, the tests to a script.
 *
 * Times are microseconds of any monotonic clock.  After each call the owner must check deadline and state.
 */
#ifndef HOSTD_TFTP_CLIENT_H
#define HOSTD_TFTP_CLIENT_H

#include "tftp/tftp_transfer.h"

/*
 * Set up; req and what it points to must outlive the client.  blksize and windowsize are what to ask for. large_blksize
 * and path may be set afterwards, until the start.
 */
void tftp_client_init(struct tftp_client *c, const struct tftp_request *req, uint16_t blksize, uint16_t windowsize,
		      const struct tftp_ops *ops, void *arg, const struct tftp_client_out *out, void *out_arg);
/* Send the first RRQ. */
void tftp_client_start(struct tftp_client *c, uint64_t now);
/* Take a datagram of len bytes from the server's address and the given port (host order). */
void tftp_client_input(struct tftp_client *c, uint64_t now, uint16_t port, const void *buf, size_t len);
/* Call this when the deadline has passed; before that it does nothing. */
void tftp_client_timeout(struct tftp_client *c, uint64_t now);
/* Sending to the server's port failed with errno err: an ICMP error came back, or there is no route. */
void tftp_client_error(struct tftp_client *c, uint64_t now, uint16_t port, int err);
/* End the transfer: send ERROR 0 if the server's port is known, and free what the client holds.  done() is not called.
 */
void tftp_client_end(struct tftp_client *c);

#endif /* HOSTD_TFTP_CLIENT_H */
