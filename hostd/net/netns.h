/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.h - a network namespace without a name, and in it one macvlan with a guest's MAC and IP address.
 *
 * The kernel removes both when the last descriptor of the namespace is closed, also when the holding process crashes.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN.  Runs in a separate process, because entering a namespace affects the whole
 * thread.
 */
#ifndef HOSTD_NETNS_H
#define HOSTD_NETNS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netns_spec {
	char ifname[IF_NAMESIZE]; /* the boot interface; if it is a bridge port, the macvlan goes on the bridge */
	uint8_t mac[6];
	uint8_t address[4];
	uint8_t netmask[4]; /* 0.0.0.0: use the mask of the address's class (RFC 950 2.1) */
	uint8_t router[4];  /* 0.0.0.0: none */
};

/* Remember the namespace that this process is in.  Call this first.  On failure returns false with errno. */
bool netns_start(void);

/*
 * Make a namespace and bring its macvlan up.  Returns the namespace's descriptor.  On failure returns -1, fills err and
 * sets errno to the kernel's reason.
 */
int netns_make(const struct netns_spec *spec, char *err, size_t err_len);

/*
 * Open an IPv4 socket in the namespace, non-blocking and close-on-exec; type is SOCK_DGRAM or SOCK_STREAM.  On failure
 * returns -1 with errno.
 */
int netns_socket(int ns, int type);

/* Remove the IP address.  When this returns, nothing in the namespace answers for it or sends from it. */
void netns_silence(int ns, const struct netns_spec *spec);

/* Remove the macvlan, even if sockets are still open in the namespace, and close ns.  This takes 15 to 50 ms. */
void netns_remove(int ns);

#endif /* HOSTD_NETNS_H */
