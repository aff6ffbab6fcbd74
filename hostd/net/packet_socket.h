/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_socket.h - a packet socket on an interface of this host, for DHCP and for a guest's frames alike. */
#ifndef HOSTD_PACKET_SOCKET_H
#define HOSTD_PACKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A packet socket for that Ethernet interface, non-blocking, close-on-exec and not bound, and the interface's index.
 * -1: err has the words, with the interface and what to do.
 */
int packet_socket_open(const char *ifname, int *index, char *err, size_t err_len);

/* Close a packet socket, or a tap, without waiting for it, which takes the kernel a while. */
void packet_socket_close_aside(int fd);

/* Has the interface a carrier?  True if that cannot be told. */
bool packet_socket_has_carrier(const char *ifname);

#endif /* HOSTD_PACKET_SOCKET_H */
