/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_world.h - a network of a test's own under hostd/dhcp/dhcp.c, and servers that answer it. */
#ifndef TESTS_DHCP_WORLD_H
#define TESTS_DHCP_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp_craft.h"
#include "dhcp/dhcp_internal.h"
#include "net/udp_frame.h"

#define SENT_MAX 32

struct sent {
	struct dhcp_msg msg;
	struct udp_frame udp;
	uint16_t secs;
};

struct network {
	const char *open_error;
	int send_errno; /* every send fails with it */
	int route_errno;
	int fds[2]; /* [0] the client's, [1] the network's */
	uint32_t xid;
	uint8_t arp_ip[4];
	void (*server)(const struct sent *sent);
	unsigned int count; /* messages sent */
	struct sent sent[SENT_MAX];
	struct event_base *base;
	unsigned int done;
	bool starting;
	struct dhcp_result result;
	char trace[8192];
};

/* A fiftieth of the real times. */
extern const struct dhcp_timing quick;
extern struct network net;
extern struct dhcp_request request;

void set_xid(struct craft *craft);

/* Send a crafted message to the client, with the xid it chose. */
void reply(struct craft *craft);

void offer(uint8_t type, uint8_t id, const char *file);
void proxy(uint8_t type, uint8_t id, const char *file);
void on_done(void *arg, const struct dhcp_result *result);
void on_trace(void *arg, const char *line);
void run(void (*server)(const struct sent *sent));
int set_up(void **state);
int tear_down(void **state);
unsigned int count_sent(uint8_t type, uint16_t port);
void good_server(const struct sent *sent);
void no_file_server(const struct sent *sent);
void refusing_server(const struct sent *sent);

#endif /* TESTS_DHCP_WORLD_H */
