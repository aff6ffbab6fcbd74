/* SPDX-License-Identifier: BSD-2-Clause */
/* udp.h - datagrams of a guest that nobody here answers: sent on by the host's own sockets, one for each guest port. */
#ifndef HOSTD_UDP_H
#define HOSTD_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

struct event_base;
struct source;
struct udp;

/* A datagram came for the guest; dst in pkt is left to the callee. */
typedef void (*udp_deliver_fn)(void *arg, const struct pvboot_pkt *pkt, const void *payload);

/* NULL if memory ran out. */
struct udp *udp_new(struct event_base *base, const char *vm, udp_deliver_fn deliver, void *arg);
void udp_free(struct udp *udp);
/* Send by this source (source.h) from now on; sockets of the one before are closed. */
void udp_use_source(struct udp *udp, struct source *source);
/* The guest closed its sockets: close the host's. */
void udp_reset(struct udp *udp);

/* Send a guest's datagram on.  What may not or cannot be sent is dropped, as on a wire. */
void udp_send(struct udp *udp, const struct pvboot_dgram_args *to, const void *payload, size_t len);

/* May a guest send there?  Not to this host's loopback, not to everybody, not to nobody. */
bool udp_allowed(const uint8_t address[4]);

#endif /* HOSTD_UDP_H */
