/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - whose sockets reach a VM's servers: this host's own, or, with `source = guest`, sockets in a network
 * namespace of the VM's own, where a macvlan carries the guest's MAC and its leased address.
 *
 * How to use it.  Whoever opens a socket on account of a VM (TFTP, HTTP, the guest's own datagrams) is given a struct
 * source and opens every such socket by source_socket(), also one that only probes a path.  The socket is like any
 * other: connect(), sendto(), poll; binding it to an address or an interface is neither needed nor useful, for the
 * namespace has one of each.  NULL for a source is the host, always: so code and tests that know of no sources go on.
 *
 *  - libcurl: CURLOPT_OPENSOCKETFUNCTION calls source_socket(clientp, address->socktype), with AF_INET only
 *    (CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4), and -1 is CURL_SOCKET_BAD.  Connections must not be shared between
 *    sources: unless source_is_host(), set CURLOPT_FRESH_CONNECT and CURLOPT_FORBID_REUSE, or keep a multi handle for
 *    each.  Names are looked up by the host.
 *  - What is fetched by one source may be served to every VM; but the fetch ends with its source.  A transfer keeps
 *    a reference and a source_watch: when gone() comes, its sockets lead nowhere any more, and it has to fail or to
 *    begin again with another VM's source.
 *
 * A guest's source goes when the guest's own network card may speak, when it sends frames of its own, and with the
 * link; one that is wanted again after that is made again, as another struct source.
 */
#ifndef HOSTD_SOURCE_H
#define HOSTD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct source;

/* Somebody who is told when the sockets of a source are cut off.  Embed it; not called for the host's. */
struct source_watch {
	void (*gone)(struct source_watch *watch); /* may unwatch and unref, and nothing else with this source */
	struct source_watch *next, **prev;	  /* the source's; prev NULL: not watching */
};

/*
 * An IPv4 socket, non-blocking and close-on-exec; type is SOCK_DGRAM or SOCK_STREAM.  -1 with errno: as socket(), or
 * ENETDOWN if the source is gone, or what kept its namespace from being made (its words are in the log).  May wait for
 * the helper process, a few milliseconds the first time.
 */
int source_socket(struct source *source, int type);

/* Is it the host's own (or NULL)? */
bool source_is_host(const struct source *source);

/* Has it gone? */
bool source_is_gone(const struct source *source);

/* References; NULL is passed through. */
struct source *source_ref(struct source *source);
void source_unref(struct source *source);

void source_watch(struct source *source, struct source_watch *watch);
void source_unwatch(struct source_watch *watch);

/* ---- for who makes sources (source_guest.c) -------------------------------------------------------------------- */

struct source_ops {
	int (*socket)(void *arg, int type); /* as source_socket() */
	void (*close)(void *arg);	    /* cut off every socket that was made: when it returns, it is so */
	void (*free)(void *arg);
};

/* One reference is the caller's.  NULL if memory ran out; arg is then the caller's still. */
struct source *source_new(const struct source_ops *ops, void *arg);
/* Its sockets lead nowhere from now on, and those who watch are told.  Once or more often; NULL is passed over. */
void source_close(struct source *source);

#endif /* HOSTD_SOURCE_H */
