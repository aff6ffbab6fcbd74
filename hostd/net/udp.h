/* SPDX-License-Identifier: BSD-2-Clause */
/* udp.h - forward a guest's datagrams that hostd itself does not answer, through one socket for each guest port. */
#ifndef HOSTD_UDP_H
#define HOSTD_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

struct event_base;
struct source;
struct udp;

/* A datagram came for the guest.  pkt->length is the payload's length; the callee fills in pkt's dst. */
typedef void (*udp_deliver_fn)(void *arg, const struct pvboot_pkt *pkt, const void *payload);

/* Make a translator for the VM vm (for the log; must outlive it).  Returns NULL if memory ran out. */
struct udp *udp_new(struct event_base *base, const char *vm, udp_deliver_fn deliver, void *arg);
/* Close all sockets and free; NULL is allowed. */
void udp_free(struct udp *udp);
/* Send through this source (source.h; takes a reference) from now on, and close the sockets of the previous one. */
void udp_use_source(struct udp *udp, struct source *source);
/* Close all sockets, when the guest closes its own. */
void udp_reset(struct udp *udp);

/* Forward a guest's datagram of len bytes.  Drops one that the guest may not send or that cannot be sent. */
void udp_send(struct udp *udp, const struct pvboot_dgram_args *to, const void *payload, size_t len);

/* May a guest send to this address?  Not to this host's loopback, a broadcast or multicast address, or 0.0.0.0. */
bool udp_allowed(const uint8_t address[4]);

#endif /* HOSTD_UDP_H */
