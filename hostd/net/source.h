/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - open sockets to a VM's servers, as the host or as the guest.
 *
 * The host's sockets use the host's addresses.  With `source = guest`, the sockets are in a network namespace made for
 * the VM, where a macvlan has the guest's MAC address and its leased address.
 *
 * How to use it.  Code that opens a socket for a VM (TFTP, HTTP, the guest's own datagrams) gets a struct source and
 * opens every such socket by source_socket(), also one that only probes a path.  The socket supports connect(),
 * sendto() and poll() as usual.  Do not bind it to an address or an interface: the namespace has only one of each.  A
 * NULL source always means the host, so code and tests without sources work unchanged.
 *
 *  - libcurl: CURLOPT_OPENSOCKETFUNCTION calls source_socket(clientp, address->socktype), with AF_INET only
 *    (CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4), and -1 is CURL_SOCKET_BAD.  Connections must not be shared between
 *    sources: unless source_is_host(), set CURLOPT_FRESH_CONNECT and CURLOPT_FORBID_REUSE, or keep a multi handle for
 *    each.  The host resolves names.
 *  - A file fetched by one source may be served to every VM, but the fetch ends with its source.  A transfer holds a
 *    reference and a source_watch.  When gone() is called, the transfer's sockets are cut off: it must fail, or begin
 *    again with another VM's source.
 *
 * A guest's source is closed when the guest's own network card may become active, when the guest sends frames itself,
 * and when the link ends.  If a source is needed after that, hostd makes a new struct source.
 */
#ifndef HOSTD_SOURCE_H
#define HOSTD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct source;

/* A callback for when the sockets of a source are cut off.  Embed it.  The host's sockets are never cut off. */
struct source_watch {
	void (*gone)(struct source_watch *watch); /* may call only source_unwatch() and source_unref() on this source */
	struct source_watch *next, **prev;	  /* source.c's; prev NULL: not watching */
};

/*
 * Open an IPv4 socket, non-blocking and close-on-exec; type is SOCK_DGRAM or SOCK_STREAM.  On failure returns -1 with
 * errno: one of socket(), ENETDOWN if the source is gone, or the reason why its namespace could not be made (the log
 * has the error text).  May wait for the helper process, a few milliseconds the first time.
 */
int source_socket(struct source *source, int type);

/* Is the source the host (NULL)? */
bool source_is_host(const struct source *source);

/* Has the source been closed? */
bool source_is_gone(const struct source *source);

/* Add or drop a reference.  The last source_unref() closes and frees the source.  NULL is allowed. */
struct source *source_ref(struct source *source);
void source_unref(struct source *source);

/* Call watch->gone() once when the source is closed.  Does nothing if source is NULL or closed already. */
void source_watch(struct source *source, struct source_watch *watch);
/* Stop watching.  Does nothing if watch is not watching. */
void source_unwatch(struct source_watch *watch);

/* ---- for code that makes sources (source_guest.c) -------------------------------------------------------------- */

struct source_ops {
	int (*socket)(void *arg, int type); /* as source_socket() */
	void (*close)(void *arg);	    /* cut off every socket that was opened, before it returns */
	void (*free)(void *arg);
};

/* Make a source; the caller gets one reference.  Returns NULL if memory ran out; arg then still belongs to the caller.
 */
struct source *source_new(const struct source_ops *ops, void *arg);
/* Cut off the source's sockets and call its watches.  Does nothing if source is NULL or closed already. */
void source_close(struct source *source);

#endif /* HOSTD_SOURCE_H */
