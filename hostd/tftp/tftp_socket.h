/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_socket.h - the socket of a TFTP client, and the block sizes that it and the route allow. */
#ifndef HOSTD_TFTP_SOCKET_H
#define HOSTD_TFTP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct source;

/* Open a socket through source (NULL: the host), bound to ifname unless that is "".  On failure returns -1 with errno.
 */
int tftp_socket_open(struct source *source, const char *ifname);

/* Returns the MTU of the route to the server in bytes, or 0 with errno if there is no route. */
int tftp_socket_mtu(struct source *source, const char *ifname, const struct sockaddr_in *server);

/* Returns the largest window, up to wanted blocks of blksize bytes, that surely fits the receive buffer. */
uint16_t tftp_socket_window(int fd, uint16_t wanted, uint16_t blksize);

/* Does one block of blksize bytes, in fragments, surely fit the receive buffer? */
bool tftp_socket_holds(int fd, uint16_t blksize);

#endif /* HOSTD_TFTP_SOCKET_H */
