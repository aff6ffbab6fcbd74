/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_socket.c - the socket of a TFTP client, and the block sizes that it and the route allow. */
#include "tftp/tftp_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/source.h"

#define MTU_FALLBACK 1500 /* if the route has no MTU */
#define MTU_MIN 68	  /* RFC 791 */
#define RCVBUF (2 << 20)  /* hostd asks for this; without CAP_NET_ADMIN it gets at most net.core.rmem_max */
#define OVERHEAD 3 /* bytes of the buffer for each byte of a datagram, as the kernel also counts its bookkeeping */

/* In a guest's namespace there is one interface, with its name inside. */
static int bind_to(int fd, struct source *source, const char *ifname)
{
	if (!*ifname || !source_is_host(source))
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname));
}

int tftp_socket_open(struct source *source, const char *ifname)
{
	const int on = 1, want = RCVBUF;
	int fd = source_socket(source, SOCK_DGRAM), err;

	if (fd < 0)
		return -1;
	if (bind_to(fd, source, ifname) < 0)
		goto failed;
	/* The buffer must hold a whole window, which arrives at once. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	/* Report ICMP errors although the socket is not connected: the server's port is not known beforehand. */
	if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0)
		return fd;
failed:
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

int tftp_socket_mtu(struct source *source, const char *ifname, const struct sockaddr_in *server)
{
	int fd = source_socket(source, SOCK_DGRAM), mtu = MTU_FALLBACK, err;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return MTU_FALLBACK; /* tftp_socket_open() will report why */
	(void)bind_to(fd, source, ifname);
	if (connect(fd, (const struct sockaddr *)server, sizeof(*server)) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return 0;
	}
	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) < 0 || mtu < MTU_MIN)
		mtu = MTU_FALLBACK;
	close(fd);
	return mtu;
}

/* Bytes of datagrams that the receive buffer surely holds. */
static unsigned room(int fd)
{
	int rcvbuf = 0;
	socklen_t len = sizeof(rcvbuf);

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, &len) < 0 || rcvbuf <= 0)
		return 0;
	return (unsigned)rcvbuf / OVERHEAD;
}

uint16_t tftp_socket_window(int fd, uint16_t wanted, uint16_t blksize)
{
	unsigned fit = room(fd) / (blksize + 1u);

	return fit < 1 ? 1 : fit < wanted ? (uint16_t)fit : wanted;
}

bool tftp_socket_holds(int fd, uint16_t blksize)
{
	return room(fd) > blksize;
}
