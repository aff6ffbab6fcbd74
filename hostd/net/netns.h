/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.h - a network namespace without a name, and in it one macvlan that carries a guest's MAC and address.
 *
 * The kernel removes both when the last descriptor of the namespace is closed, whoever held it and however it ended.
 * Needs CAP_NET_ADMIN and CAP_SYS_ADMIN, and a process of its own: entering a namespace is a matter of a whole thread.
 */
#ifndef HOSTD_NETNS_H
#define HOSTD_NETNS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netns_spec {
	char ifname[IF_NAMESIZE]; /* the boot interface; of a bridge's port, the bridge is used */
	uint8_t mac[6];
	uint8_t address[4];
	uint8_t netmask[4]; /* 0.0.0.0: by the address's class (RFC 950 2.1) */
	uint8_t router[4];  /* 0.0.0.0: none */
};

/* Remember the namespace that this process is in.  False with errno. */
bool netns_start(void);

/* Make one, up and running.  Its descriptor; -1: err has the words, errno the kernel's reason. */
int netns_make(const struct netns_spec *spec, char *err, size_t err_len);

/* An IPv4 socket there, non-blocking and close-on-exec; -1 with errno. */
int netns_socket(int ns, int type);

/* Take the address away: nothing answers for it, and nothing is sent with it, when this returns. */
void netns_silence(int ns, const struct netns_spec *spec);

/* Take its macvlan away, whoever still has sockets there, and close it.  The kernel takes its time: 15 to 50 ms. */
void netns_remove(int ns);

#endif /* HOSTD_NETNS_H */
