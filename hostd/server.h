/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h - the listening socket, and the VMs connected to it. */
#ifndef HOSTD_SERVER_H
#define HOSTD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf.h"

struct cache;
struct event_base;
struct server;

/* conf must outlive the server.  Returns NULL if memory ran out. */
struct server *server_new(struct event_base *base, const struct conf *conf);
/* Ends every VM's link; their devices keep what is needed to go on with the next hostd. */
void server_free(struct server *server);

/* Bind and listen at the configured socket.  Returns false and fills err. */
bool server_listen(struct server *server, char *err, size_t err_len);
/* Remove the socket's name again, if it is still ours. */
void server_unlink(struct server *server);

/* A device connected by fd, which becomes the server's; uid and pid are the peer's, from the kernel, pid 0: of another
 * PID namespace. */
void server_take(struct server *server, int fd, uid_t uid, pid_t pid);

/*
 * The same for one end of a socket pair whose other end carries a stream; the VM is that section's.  Returns false if
 * the device is not taken.
 */
bool server_take_stream(struct server *server, int fd, const struct conf_vm *conf);
/*
 * Set the cache that files come from; the server owns it.  Replaces the one of server_new(), which stores nothing on
 * disk and cannot fetch by HTTP.
 */
void server_end_stream(struct server *server, const struct conf_vm *conf);

/* Where files come from.  server_new() makes one that keeps nothing on disk and knows no HTTP; this one, given in its
 * place, becomes the server's. */
void server_set_cache(struct server *server, struct cache *cache);

#endif /* HOSTD_SERVER_H */
