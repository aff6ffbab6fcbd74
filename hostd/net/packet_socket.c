/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_socket.c - open a packet socket on an interface of this host.
 *
 * Closing a packet socket blocks for an RCU grace period, until no processor uses the socket any more (15 ms measured).
 * hostd serves all VMs from one thread, so a short-lived thread does the closing.
 *
 * System calls: socket, ioctl, close, clone.  Capability: CAP_NET_RAW.
 */
#include "net/packet_socket.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLOSER_STACK 65536

static void *close_here(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

void packet_socket_close_aside(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all;
	bool begun;

	if (pthread_attr_init(&attr)) {
		close(fd);
		return;
	}
	sigfillset(&all); /* only the loop's thread takes signals */
	begun = !pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) &&
		!pthread_attr_setstacksize(&attr, CLOSER_STACK) && !pthread_attr_setsigmask_np(&attr, &all) &&
		!pthread_create(&thread, &attr, close_here, (void *)(intptr_t)fd);
	pthread_attr_destroy(&attr);
	if (!begun)
		close(fd);
}

/* Look ifname up and check it; fd is any socket.  Returns its index, or returns 0 and fills err. */
static int check_interface(int fd, const char *ifname, char *err, size_t err_len)
{
	struct ifreq ifr = {0};
	int index;

	if (strlen(ifname) >= sizeof(ifr.ifr_name) || !ifname[0]) {
		snprintf(err, err_len, "\"%s\" is no interface name: use one that ip link shows", ifname);
		return 0;
	}
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	if (ioctl(fd, SIOCGIFINDEX, &ifr)) {
		snprintf(err, err_len, "there is no interface %s on this host: use one that ip link shows", ifname);
		return 0;
	}
	index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		snprintf(err, err_len, "interface %s is not Ethernet: use a network card, a bridge or a bridge port",
			 ifname);
		return 0;
	}
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) || !(ifr.ifr_flags & IFF_UP)) {
		snprintf(err, err_len, "interface %s is down: bring it up with ip link set %s up", ifname, ifname);
		return 0;
	}
	return index;
}

int packet_socket_open(const char *ifname, int *index, char *err, size_t err_len)
{
	/* With protocol 0 the socket receives nothing until bind() names the interface. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		if (errno == EPERM)
			snprintf(err, err_len,
				 "no right to send as the guest on %s: run as root or with CAP_NET_RAW, or use --root "
				 "DIR",
				 ifname);
		else
			snprintf(err, err_len, "cannot open a packet socket for %s: %s", ifname, strerror(errno));
		return -1;
	}
	*index = check_interface(fd, ifname, err, err_len);
	if (*index)
		return fd;
	packet_socket_close_aside(fd);
	return -1;
}

bool packet_socket_has_carrier(const char *ifname)
{
	struct ifreq ifr = {0};
	bool carrier;
	int fd;

	if (strlen(ifname) >= sizeof(ifr.ifr_name))
		return true;
	memcpy(ifr.ifr_name, ifname, strlen(ifname) + 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	carrier = ioctl(fd, SIOCGIFFLAGS, &ifr) || ifr.ifr_flags & IFF_RUNNING;
	close(fd);
	return carrier;
}
