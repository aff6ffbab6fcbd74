/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_socket.h - a packet socket that speaks as the guest on its boot interface: plain, a bridge, or a bridge port. */
#ifndef HOSTD_DHCP_SOCKET_H
#define HOSTD_DHCP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/udp_frame.h"

struct dhcp_socket;

/*
 * Open: non-blocking, close-on-exec.  Frames are sent from mac; datagrams are received that answer the DHCP exchange
 * xid, at the client's port or at 4011.  NULL: err has the words, with the interface and what to do.
 */
struct dhcp_socket *dhcp_socket_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len);
void dhcp_socket_close(struct dhcp_socket *pkt);

/* The descriptor to poll for reading. */
int dhcp_socket_fd(const struct dhcp_socket *pkt);

/* False, with errno, if it could not be sent.  udp->src_mac is filled in with the guest's. */
bool dhcp_socket_send(struct dhcp_socket *pkt, struct udp_frame *udp, const void *payload, size_t len);

/*
 * Receive into buf.  > 0: the payload's bytes, and *udp says whose.  0: something came that is of no concern.  -1:
 * nothing (EAGAIN), or an error by errno (ENETDOWN: the interface went down).
 */
ssize_t dhcp_socket_recv(struct dhcp_socket *pkt, struct udp_frame *udp, void *buf, size_t cap);

/* From now on answer ARP requests for ip as the guest would: a boot server sends to the leased address. */
void dhcp_socket_answer_arp(struct dhcp_socket *pkt, const uint8_t ip[4]);

#endif /* HOSTD_DHCP_SOCKET_H */
