/* SPDX-License-Identifier: BSD-2-Clause */
/* net_ask.h - hostd's side of the process that administers networks (net_helper.h). */
#ifndef HOSTD_NET_ASK_H
#define HOSTD_NET_ASK_H

#include "net/net_helper.h"

/* Whom to ask from now on: what net_process_start() returned, -1: nobody. */
void net_ask_use(int fd);

/*
 * Ask, and wait for the answer: milliseconds, at most 2 s.  req->number is set here.  Returns 0 or an errno, EPIPE if
 * the process is there no more; answer->words has its words or "", and *fd is a descriptor, now the caller's, or -1.
 * What should bring a descriptor and brings none is EPROTO.
 */
int net_ask(struct net_request *req, struct net_answer *answer, int *fd);

#endif /* HOSTD_NET_ASK_H */
