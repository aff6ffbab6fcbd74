/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_socket.h - the socket of a TFTP client, and what it and the route say about block sizes. */
#ifndef HOSTD_TFTP_SOCKET_H
#define HOSTD_TFTP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct source;

/* A socket of source's (NULL: the host's), bound to ifname unless that is "".  -1 and errno. */
int tftp_socket_open(struct source *source, const char *ifname);

/* The MTU of the route to the server; 0 and errno where there is no route. */
int tftp_socket_mtu(struct source *source, const char *ifname, const struct sockaddr_in *server);

/* Of a window of wanted blocks, as many as the receive buffer surely holds. */
uint16_t tftp_socket_window(int fd, uint16_t wanted, uint16_t blksize);

/* Does it surely hold one block of that size, in fragments? */
bool tftp_socket_holds(int fd, uint16_t blksize);

#endif /* HOSTD_TFTP_SOCKET_H */
