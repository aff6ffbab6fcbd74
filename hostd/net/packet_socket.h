/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_socket.h - open a packet socket on an interface of this host, for DHCP and for a guest's frames. */
#ifndef HOSTD_PACKET_SOCKET_H
#define HOSTD_PACKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Open a packet socket for the Ethernet interface ifname: non-blocking, close-on-exec, not bound.  Sets *index to the
 * interface's index.  Returns the descriptor.  On failure returns -1 and fills err, with the interface and what to do.
 */
int packet_socket_open(const char *ifname, int *index, char *err, size_t err_len);

/* Close a packet socket or a tap in another thread, because closing blocks (packet_socket.c). */
void packet_socket_close_aside(int fd);

/* Does the interface have a carrier?  Returns true if that cannot be determined. */
bool packet_socket_has_carrier(const char *ifname);

#endif /* HOSTD_PACKET_SOCKET_H */
