/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_process.h - starting the network helper (net/net_helper.h), by what the configuration allows.
 *
 * It is started before hostd sheds its rights, and keeps CAP_NET_ADMIN, and CAP_SYS_ADMIN if there may be namespaces.
 */
#ifndef HOSTD_NET_PROCESS_H
#define HOSTD_NET_PROCESS_H

#include "conf.h"

/* Does any VM of the configuration fetch as the guest? */
bool net_process_wants_namespaces(const struct conf *conf);
/* May any VM's boot program send frames? */
bool net_process_wants_taps(const struct conf *conf);

/* Does hostd have the rights that the configuration needs for this process?  If not, returns false and fills err. */
bool net_process_may_start(const struct conf *conf, char *err, size_t err_len);

/* Call tap_start(), if hostd has the rights for taps.  If there can be no taps, returns -1 and fills err. */
int net_process_start_taps(const char *user, char *err, size_t err_len);

/*
 * Start it, as user ("": who we are), while there are rights to keep; taps is what net_process_start_taps() returned,
 * or -1 if there can be none, and remains the caller's.  Returns the descriptor to ask it by (a SOCK_SEQPACKET socket),
 * -1 with words.
 */
int net_process_start(const struct conf *conf, const char *user, int taps, char *err, size_t err_len);

/* The process's work: answer requests on fd until hostd closes it.  Tests call it, too. */
void net_process_serve(const struct conf *conf, int fd, int taps);

#endif /* HOSTD_NET_PROCESS_H */
