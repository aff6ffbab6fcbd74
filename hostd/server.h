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
struct vm;

/* Who a connected device is, as hostd holds it to be. */
struct server_identity {
	const struct conf_vm *conf;
	char name[PVBOOT_LINK_NAME_MAX];
	uint8_t mac[6];
	bool mac_of_name; /* mac is made from the name */
	bool mac_of_card; /* mac is what server_take_card() last took, 0: nothing yet */
	bool has_uuid;
	uint8_t uuid[16];
	uint8_t previous[4]; /* the address its last lease had, 0.0.0.0: none known */
	/* of two devices that have one name, and that end one another's link in turns */
	pid_t rival;	   /* whose link this one's ended while it lived, 0: nobody's */
	unsigned int took; /* how often the two have done that */
	uint64_t since_ms; /* when this one was let in, or turned the other away */
};

/* conf stays the caller's and outlives the server.  NULL if memory ran out. */
struct server *server_new(struct event_base *base, const struct conf *conf);
/* Ends every VM's link; their devices keep what is needed to go on with the next hostd. */
void server_free(struct server *server);

/* Bind and listen at the configured socket.  False with words in why. */
bool server_listen(struct server *server, char *why, size_t room);
/* Remove the socket's name again, if it is still ours. */
void server_unlink(struct server *server);

/* A device connected by fd, which becomes the server's; uid and pid are the peer's, from the kernel, pid 0: of another
 * PID namespace. */
void server_take(struct server *server, int fd, uid_t uid, pid_t pid);

/* The same for one end of a socket pair whose other end carries a stream: the VM of that section.  False: not taken. */
bool server_take_stream(struct server *server, int fd, const struct conf_vm *conf);
/* End the link that server_take_stream() began, if it has not ended. */
void server_end_stream(struct server *server, const struct conf_vm *conf);

/* As admit_vm(), admit_card() and admit_note_address(); an older link of the same VM is ended. */
bool server_admit(struct server *server, struct vm *vm, const struct pvboot_link_identity *id,
		  struct server_identity *out, char *why, size_t room);
bool server_take_card(struct server *server, struct server_identity *id, const uint8_t mac[6], char *why, size_t room);
void server_note_address(struct server *server, const struct server_identity *id, const uint8_t address[4]);

/* A VM's link ended: forget vm, which is freed by the caller. */
void server_forget(struct server *server, struct vm *vm);

struct event_base *server_base(struct server *server);

/* Where files come from.  server_new() makes one that keeps nothing on disk and knows no HTTP; another one given in its
 * place becomes the server's. */
struct cache *server_cache(struct server *server);
void server_set_cache(struct server *server, struct cache *cache);

#endif /* HOSTD_SERVER_H */
