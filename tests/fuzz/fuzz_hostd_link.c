/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_hostd_link.c - a hostile device at hostd: the input is what it sends after a good greeting (or, if its first
 * byte is odd, in place of one).  The network is played: every lease is given, every file has 10 bytes.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dhcp/dhcp.h"
#include "net/frames.h"
#include "log.h"
#include "pvboot_link.h"
#include "server.h"
#include "tftp/tftp.h"
#include "net/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the network ----------------------------------------------------------------------------------------------- */

struct dhcp {
	struct event *event;
	dhcp_done_fn done;
	void *arg;
};

struct tftp {
	struct event *event;
	const struct tftp_ops *ops;
	void *arg;
};

void dhcp_cancel(struct dhcp *dhcp)
{
	event_free(dhcp->event);
	free(dhcp);
}

static void dhcp_answers(evutil_socket_t fd, short what, void *arg)
{
	static struct dhcp_result result;
	struct dhcp *dhcp = arg;

	memcpy(result.info.res.lease.boot_server, (uint8_t[]){172, 21, 0, 2}, 4);
	dhcp->done(dhcp->arg, &result);
	dhcp_cancel(dhcp);
}

struct dhcp *dhcp_start(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done, dhcp_trace_fn trace,
			void *arg)
{
	struct dhcp *dhcp = malloc(sizeof(*dhcp));

	*dhcp = (struct dhcp){event_new(base, -1, 0, dhcp_answers, dhcp), done, arg};
	event_active(dhcp->event, EV_TIMEOUT, 0);
	return dhcp;
}

void tftp_cancel(struct tftp *tftp)
{
	event_free(tftp->event);
	free(tftp);
}

static void tftp_answers(evutil_socket_t fd, short what, void *arg)
{
	struct tftp *tftp = arg;

	if (what & EV_READ) {
		tftp->ops->opened(tftp->arg, 10, 1428);
		return; /* it may be gone */
	}
	if (tftp->ops->data(tftp->arg, "0123456789", 10))
		tftp->ops->done(tftp->arg, PVBOOT_S_OK, 0, "");
	else
		tftp->ops->done(tftp->arg, PVBOOT_S_NO_RESOURCES, 0, "no");
	tftp_cancel(tftp);
}

struct tftp *tftp_get(struct event_base *base, const struct tftp_request *req, const struct tftp_ops *ops, void *arg)
{
	struct tftp *tftp = malloc(sizeof(*tftp));

	*tftp = (struct tftp){event_new(base, -1, 0, tftp_answers, tftp), ops, arg};
	event_active(tftp->event, EV_READ, 0);
	event_add(tftp->event, &(struct timeval){0, 1});
	return tftp;
}

/* In place of udp.c: no datagram leaves the host. */
struct udp *udp_new(struct event_base *base, const char *vm, udp_deliver_fn deliver, void *arg)
{
	return malloc(1);
}

void udp_free(struct udp *udp)
{
	free(udp);
}

void udp_reset(struct udp *udp)
{
}

void udp_use_source(struct udp *udp, struct source *source)
{
}

void udp_send(struct udp *udp, const struct pvboot_dgram_args *to, const void *payload, size_t len)
{
	static volatile uint8_t last;

	if (len)
		last = ((const uint8_t *)payload)[len - 1];
}

bool udp_allowed(const uint8_t address[4])
{
	return address[0] != 127;
}

/* In place of frames.c: no frame leaves it either, and each is answered by two. */
struct frames {
	const struct frames_ops *ops;
	void *arg;
};

struct frames *frames_open(struct event_base *base, const struct frames_guest *guest, const struct ether_filter *filter,
			   const struct frames_ops *ops, void *arg, char *err, size_t err_len)
{
	struct frames *frames = malloc(sizeof(*frames));

	*frames = (struct frames){ops, arg};
	return frames;
}

void frames_close(struct frames *frames)
{
	free(frames);
}

void frames_set_filter(struct frames *frames, const struct ether_filter *filter)
{
	if (filter->n_mcasts > PVBOOT_FRAME_MCASTS)
		abort();
}

void frames_send(struct frames *frames, const uint8_t *frame, size_t len)
{
	if (len < PVBOOT_FRAME_MIN || len > PVBOOT_FRAME_MAX)
		abort();
	for (int i = 0; i < 2; i++)
		frames->ops->deliver(frames->arg, frame, len);
}

void frames_hold(struct frames *frames, bool hold)
{
}

/* ---- the device ------------------------------------------------------------------------------------------------ */

static const char config[] =
	"[vm net]\ninterface = x\nallow_uid = any\n[vm local]\nroot = /usr/share/doc\nallow_uid = any\n";

static void drain(struct event_base *base, int fd)
{
	static uint8_t sink[1 << 17];

	for (int i = 0; i < 6; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		/* descriptors that come along are closed by the kernel */
		if (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) <= 0 && i > 1)
			break;
	}
}

static void greet(struct event_base *base, int fd, uint8_t how)
{
	struct {
		struct pvboot_link_hdr hdr;
		struct pvboot_link_hello hello;
	} first;
	struct {
		struct pvboot_link_hdr hdr;
		struct pvboot_link_identity id;
	} answer = {{PVBOOT_LINK_MAGIC, sizeof(answer.id), PVBOOT_LINK_IDENTITY, 0, 0}, {.version = 1}};
	struct pvboot_link_hdr resume = {PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, 0, 0};

	event_base_loop(base, EVLOOP_NONBLOCK);
	if (how & 1 || recv(fd, &first, sizeof(first), 0) != sizeof(first))
		return;
	answer.id.nonce = first.hello.nonce;
	answer.id.features = how & 2 ? PVBOOT_LINK_F_FD : 0;
	strcpy(answer.id.name, how & 4 ? "local" : "net");
	if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
		return;
	if (!(how & 8) && send(fd, &resume, sizeof(resume), MSG_NOSIGNAL) < 0)
		return;
	drain(base, fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	struct event_base *base;
	struct server *server;
	int ends[2];

	if (!conf.tail) {
		log_open(false, LOG_EMERG);
		conf_init(&conf);
		if (!conf_parse(&conf, "f", config, sizeof(config) - 1) || !conf_check(&conf, "f") ||
		    !conf_open_roots(&conf, "f"))
			abort();
	}
	if (!size || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return 0;
	base = event_base_new();
	server = server_new(base, &conf);
	server_take(server, ends[1], 1234, 0);
	greet(base, ends[0], data[0]);
	for (size_t at = 1; at < size; at += 4096) {
		if (send(ends[0], data + at, size - at < 4096 ? size - at : 4096, MSG_NOSIGNAL) < 0)
			break;
		drain(base, ends[0]);
	}
	drain(base, ends[0]);
	server_free(server);
	event_base_free(base);
	close(ends[0]);
	return 0;
}
