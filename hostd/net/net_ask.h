/* SPDX-License-Identifier: BSD-2-Clause */
/* net_ask.h - hostd's requests to the network helper (net_helper.h). */
#ifndef HOSTD_NET_ASK_H
#define HOSTD_NET_ASK_H

#include "net/net_helper.h"

/* Send requests to fd from now on.  fd is what net_process_start() returned, or -1: there is no helper. */
void net_ask_use(int fd);

/*
 * Send a request and wait for its answer, which takes milliseconds, at most 2 s.  Sets req->number.  Returns 0 or an
 * errno; answer->words then has the error text, or "".  The errno is EPIPE if the helper has ended, ETIMEDOUT after
 * 2 s, and EPROTO if a descriptor is missing.  *fd is the descriptor, which the caller must close, or -1.
 */
int net_ask(struct net_request *req, struct net_answer *answer, int *fd);

#endif /* HOSTD_NET_ASK_H */
