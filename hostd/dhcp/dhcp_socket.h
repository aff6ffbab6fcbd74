/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_socket.h - a packet socket that sends and receives DHCP as the guest on its boot interface: plain, a bridge, or
 * a bridge port. */
#ifndef HOSTD_DHCP_SOCKET_H
#define HOSTD_DHCP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/udp_frame.h"

struct dhcp_socket;

/*
 * Open a socket, non-blocking and close-on-exec.  It sends frames from mac, and receives datagrams of the DHCP exchange
 * xid to the client's port or to 4011.  On failure returns NULL and fills err, with the interface and what to do.
 */
struct dhcp_socket *dhcp_socket_open(const char *ifname, const uint8_t mac[6], uint32_t xid, char *err, size_t err_len);
/* Close and free; NULL is allowed. */
void dhcp_socket_close(struct dhcp_socket *pkt);

/* The descriptor to poll for reading. */
int dhcp_socket_fd(const struct dhcp_socket *pkt);

/* Send a datagram of len bytes.  Sets udp->src_mac to the guest's MAC address.  On failure returns false with errno. */
bool dhcp_socket_send(struct dhcp_socket *pkt, struct udp_frame *udp, const void *payload, size_t len);

/*
 * Receive one datagram's payload into buf.  Returns its length in bytes, with its source and destination in *udp; or 0
 * if hostd answered or ignored what came; or -1 with errno: EAGAIN if nothing came, ENETDOWN if the interface went
 * down.
 */
ssize_t dhcp_socket_recv(struct dhcp_socket *pkt, struct udp_frame *udp, void *buf, size_t cap);

/* From now on answer ARP requests for ip as the guest, because a boot server sends to the leased address. */
void dhcp_socket_answer_arp(struct dhcp_socket *pkt, const uint8_t ip[4]);

#endif /* HOSTD_DHCP_SOCKET_H */
