/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_socket.h - a packet socket that speaks as the guest on its boot interface: plain, a bridge, or a bridge port. */
#ifndef HOSTD_DHCP_SOCKET_H
#define HOSTD_DHCP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/udp_frame.h"

struct pkt;

/*
 * Open: non-blocking, close-on-exec.  Frames are sent from mac; datagrams are received that answer the DHCP exchange
 * xid, at the client's port or at 4011.  NULL: err has the words, with the interface and what to do.
 */
struct pkt *pkt_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len);
void pkt_close(struct pkt *pkt);

/* A packet socket for that interface, not bound, and the interface's index; -1: err has the words, as above. */
int pkt_socket(const char *ifname, int *index, char *err, size_t err_len);
/* Close a packet socket, or a tap, without waiting for it, which takes the kernel a while. */
void pkt_close_aside(int fd);

/* The descriptor to poll for reading. */
int pkt_fd(const struct pkt *pkt);

/* False, with errno, if it could not be sent.  udp->src_mac is filled in with the guest's. */
bool pkt_send(struct pkt *pkt, struct frame_udp *udp, const void *payload, size_t len);

/*
 * Receive into buf.  > 0: the payload's bytes, and *udp says whose.  0: something came that is of no concern.  -1:
 * nothing (EAGAIN), or an error by errno (ENETDOWN: the interface went down).
 */
ssize_t pkt_recv(struct pkt *pkt, struct frame_udp *udp, void *buf, size_t cap);

/* From now on answer ARP requests for ip as the guest would: a boot server sends to the leased address. */
void pkt_answer_arp(struct pkt *pkt, const uint8_t ip[4]);

/* Has the interface a carrier?  True if that cannot be told. */
bool pkt_has_carrier(const char *ifname);

#endif /* HOSTD_DHCP_SOCKET_H */
