/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp.c - the TFTP client's socket and timer: tftp_client.c does the talking. */
#include "tftp/tftp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/errqueue.h> /* wants <time.h> before it */

#include <event2/event.h>

#include "base/container_of.h"
#include "base/clock.h"
#include "log.h"
#include "net/source.h"
#include "tftp/tftp_client.h"
#include "tftp/tftp_socket.h"

#define WINDOWSIZE_DEFAULT 32
#define HEADROOM 32		/* IPv4, UDP and TFTP headers: blksize is the MTU less this */
#define BATCH_MAX 32		/* datagrams received by one system call */
#define BATCH_BYTES (256 << 10) /* memory for them */
#define DATAGRAM_MIN 1024	/* room for a datagram other than DATA */
#define SPIN_US 50		/* in lock step, poll the socket for so long, which costs less than a wakeup */
#define SPIN_ALL_US 2000	/* at most so long in one call, so that others get their turn */
#define SPIN_RTT_US 500		/* do not poll if the round trip is longer than this */
#define ROUNDS_MAX 4		/* system calls in one call, so that others get their turn */

struct tftp {
	struct event_base *base;
	struct event *timer, *readable;
	struct tftp_client client;
	const struct tftp_ops *ops;
	void *arg;
	char vm[64], ifname[IF_NAMESIZE], *filename;
	struct sockaddr_in server;
	uint64_t armed; /* when the timer expires; 0: it is not set */
	int fd;
	unsigned sockets; /* sockets opened so far, because a new one may have the old one's descriptor */
	int error;	  /* errno of a failed send; passed to the client once it has returned */
	uint16_t error_port;
	unsigned nested; /* calls into the client now on the stack */
	bool started, dead;
	struct tftp_path *path;
	struct source *source;
	struct source_watch watch;
	bool source_gone;
	size_t slot, slots; /* bytes of one receive buffer, and how many */
	uint8_t *buffers;
	uint8_t *stage; /* bytes in order for the owner, so that it gets a whole batch of blocks in one call */
	size_t staged, stage_size;
	bool refused; /* the owner's data() returned false */
};

static unsigned transfers; /* now going on */

static void close_socket(struct tftp *t)
{
	if (t->readable)
		event_free(t->readable);
	t->readable = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void destroy(struct tftp *t)
{
	tftp_client_end(&t->client);
	close_socket(t);
	tftp_path_release(t->path);
	transfers--;
	source_unwatch(&t->watch);
	source_unref(t->source);
	if (t->timer)
		event_free(t->timer);
	free(t->buffers);
	free(t->stage);
	free(t->filename);
	free(t);
}

/* ---- what the client asks for ---------------------------------------------------------------------------------- */

static void on_send(void *arg, uint16_t port, const void *buf, size_t len)
{
	struct tftp *t = arg;
	struct sockaddr_in to = t->server;

	to.sin_port = htons(port);
	if (t->fd < 0)
		return;
	/* An ICMP error that came back earlier fails the next send, whomever to: read_errors() knows more.  So once
	 * more. */
	for (int tries = 0; tries < 2; tries++)
		if (sendto(t->fd, buf, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) >= 0)
			return;
	if (errno == EAGAIN || errno == ENOBUFS)
		return; /* treat it as lost on the network */
	t->error = errno;
	t->error_port = port;
}

static void on_readable(evutil_socket_t fd, short what, void *arg);

/* Returns 0 or an errno. */
static int open_socket(struct tftp *t)
{
	t->sockets++;
	t->fd = tftp_socket_open(t->source, t->ifname);
	if (t->fd < 0)
		return errno;
	t->readable = event_new(t->base, t->fd, EV_READ | EV_PERSIST, on_readable, t);
	if (t->readable && event_add(t->readable, NULL) == 0)
		return 0;
	close_socket(t);
	return ENOMEM;
}

static void fail_socket(struct tftp *t, int err)
{
	if (*t->ifname)
		tftp_transfer_fail(&t->client, PVBOOT_S_UNREACHABLE, 0, "cannot open a socket on interface %s: %s",
				   t->ifname, strerror(err));
	else
		tftp_transfer_fail(&t->client, PVBOOT_S_NO_RESOURCES, 0, "cannot open a socket: %s", strerror(err));
}

static void on_rebind(void *arg)
{
	struct tftp *t = arg;
	int err;

	if (t->client.large)
		log_msg(LOG_DEBUG, t->vm, "tftp: asking %s for blocks of %u bytes of %.128s", t->client.server,
			t->client.large_blksize, t->filename);
	else
		log_msg(LOG_WARNING, t->vm, "tftp: asking %s again for %.128s, %llu bytes are here%s%s%s",
			t->client.server, t->filename, (unsigned long long)t->client.have,
			t->client.large_lost ? " (blocks above the MTU get lost on the way)" : "",
			t->client.told[0] ? ": it ended the transfer: " : "", t->client.told);
	close_socket(t);
	err = open_socket(t);
	if (err)
		fail_socket(t, err);
}

/* The owner itself may be closing the source, so end the transfer from the loop. */
static void on_source_gone(struct source_watch *watch)
{
	struct tftp *t = container_of(watch, struct tftp, watch);

	source_unwatch(watch);
	t->source_gone = true;
	event_active(t->timer, EV_TIMEOUT, 1);
}

static const struct tftp_client_out client_out = {.send = on_send, .rebind = on_rebind};

/* The owner may cancel from within these; the struct then stays until the stack is unwound. */
static void on_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct tftp *t = arg;

	if (!t->dead)
		t->ops->opened(t->arg, size, blksize);
}

static bool flush(struct tftp *t)
{
	size_t len = t->staged;

	t->staged = 0;
	if (len && !t->dead && !t->refused)
		t->refused = !t->ops->data(t->arg, t->stage, len);
	return !t->dead && !t->refused;
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	struct tftp *t = arg;

	if (len > t->stage_size - t->staged && !flush(t))
		return false;
	memcpy(t->stage + t->staged, buf, len);
	t->staged += len;
	return true;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct tftp *t = arg;

	if (!flush(t) && status == PVBOOT_S_OK) {
		status = PVBOOT_S_NO_RESOURCES;
		text = "no room on the host for the end of the file";
	}
	if (!t->dead)
		t->ops->done(t->arg, status, detail, text);
	t->dead = true;
}

static const struct tftp_ops client_ops = {.opened = on_opened, .data = on_data, .done = on_done};

/* ---- the loop's side ------------------------------------------------------------------------------------------- */

/* After each call into the client: report a failed send, free the transfer if it has ended, or set the timer. */
static void settle(struct tftp *t)
{
	if (t->client.state != TFTP_DONE && !flush(t) && !t->dead)
		tftp_transfer_fail(&t->client, PVBOOT_S_NO_RESOURCES, 0, "no room on the host for %.128s", t->filename);
	while (t->error && t->client.state != TFTP_DONE) {
		int err = t->error;

		t->error = 0;
		tftp_client_error(&t->client, clock_us(), t->error_port, err);
	}
	t->nested--;
	if (t->client.state == TFTP_DONE) {
		destroy(t);
		return;
	}
	/* Let the timer expire early now and then: that is cheaper than setting it for every datagram. */
	if (!t->armed || t->client.deadline < t->armed) {
		uint64_t now = clock_us();
		uint64_t wait = t->client.deadline > now ? t->client.deadline - now : 0;
		struct timeval tv = {.tv_sec = (time_t)(wait / 1000000), .tv_usec = (suseconds_t)(wait % 1000000)};

		t->armed = t->client.deadline;
		event_add(t->timer, &tv);
	}
}

/* Read ICMP errors, each with the port that it is about: one about a stray TID must not end the transfer. */
static void read_errors(struct tftp *t)
{
	unsigned socket = t->sockets;

	while (t->sockets == socket && t->fd >= 0 && t->client.state != TFTP_DONE) {
		uint8_t control[256] __attribute__((aligned(8)));
		struct sockaddr_in to = {0};
		struct msghdr msg = {.msg_name = &to,
				     .msg_namelen = sizeof(to),
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};

		if (recvmsg(t->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			struct sock_extended_err ee;

			if (cmsg->cmsg_level != IPPROTO_IP || cmsg->cmsg_type != IP_RECVERR ||
			    cmsg->cmsg_len < CMSG_LEN(sizeof(ee)))
				continue;
			memcpy(&ee, CMSG_DATA(cmsg), sizeof(ee));
			tftp_client_error(&t->client, clock_us(), ntohs(to.sin_port), (int)ee.ee_errno);
			break;
		}
	}
}

/* Make room for blocks of the size now asked for, plus one byte, so that a DATA that is too large can be noticed. */
static bool fit_buffers(struct tftp *t)
{
	const struct tftp_client *c = &t->client;
	size_t blksize = c->large ? c->large_blksize : c->ask_blksize;
	size_t slot = (blksize > DATAGRAM_MIN ? blksize : DATAGRAM_MIN) + TFTP_HEADER + 1u;

	if (slot == t->slot)
		return true;
	free(t->buffers);
	free(t->stage);
	t->slot = slot;
	t->slots = BATCH_BYTES / slot < BATCH_MAX ? BATCH_BYTES / slot : BATCH_MAX;
	t->stage_size = t->slot * t->slots;
	t->buffers = malloc(t->stage_size);
	t->stage = malloc(t->stage_size);
	if (t->buffers && t->stage)
		return true;
	tftp_transfer_fail(&t->client, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
	return false;
}

/* Receive a batch of datagrams.  Sets *some if there were any.  Returns false if there are no more for now. */
static bool receive_batch(struct tftp *t, bool *some)
{
	struct mmsghdr msgs[BATCH_MAX];
	struct sockaddr_in from[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	unsigned socket = t->sockets;
	int count;

	*some = false;
	if (!fit_buffers(t))
		return false;
	memset(msgs, 0, t->slots * sizeof(msgs[0]));
	for (size_t i = 0; i < t->slots; i++) {
		iov[i] = (struct iovec){.iov_base = t->buffers + i * t->slot, .iov_len = t->slot};
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &iov[i], .msg_iovlen = 1};
	}
	count = recvmmsg(t->fd, msgs, (unsigned)t->slots, MSG_DONTWAIT, NULL);
	if (count < 0)
		return false;
	*some = true;
	for (int i = 0; i < count; i++) {
		/* Ignore datagrams from another host (RFC 1350 4). */
		if (msgs[i].msg_hdr.msg_namelen != sizeof(from[i]) || from[i].sin_family != AF_INET ||
		    from[i].sin_addr.s_addr != t->server.sin_addr.s_addr)
			continue;
		if (msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			msgs[i].msg_len = (unsigned)t->slot;
		tftp_client_input(&t->client, clock_us(), ntohs(from[i].sin_port), iov[i].iov_base, msgs[i].msg_len);
		if (t->client.state == TFTP_DONE || t->sockets != socket || t->fd < 0)
			return false;
	}
	return count == (int)t->slots;
}

/*
 * Is the next block so near that polling for it pays?  Only for small blocks: with large ones the kernel takes the
 * time.
 */
static bool spins(const struct tftp *t)
{
	const struct tftp_client *c = &t->client;

	return c->state == TFTP_RECEIVING && c->windowsize == 1 && !c->large && c->srtt < SPIN_RTT_US &&
	       transfers == 1 && t->fd >= 0;
}

static void spin(struct tftp *t)
{
	uint64_t begin = clock_us(), last = begin, now = begin;
	bool some;

	while (spins(t) && now - last < SPIN_US && now - begin < SPIN_ALL_US) {
		receive_batch(t, &some);
		now = clock_us();
		if (some) {
			flush(t);
			last = now;
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tftp *t = arg;
	bool some;

	t->nested++;
	for (int round = 0; round < ROUNDS_MAX && receive_batch(t, &some); round++)
		flush(t);
	flush(t);
	spin(t);
	read_errors(t);
	settle(t);
}

static void start(struct tftp *t)
{
	struct tftp_client *c = &t->client;
	int mtu = tftp_socket_mtu(t->source, t->ifname, &t->server), err;

	if (!mtu) {
		tftp_client_error(c, clock_us(), c->port, errno);
		if (c->state != TFTP_DONE)
			tftp_transfer_fail(
				c, PVBOOT_S_UNREACHABLE, 0,
				"the host has no way to TFTP server %s (%s): give it an address on that network, or a "
				"route to it",
				c->server, strerror(errno));
		return;
	}
	err = open_socket(t);
	if (err) {
		fail_socket(t, err);
		return;
	}
	if (!c->ask_blksize && mtu - HEADROOM < TFTP_BLKSIZE_MAX && tftp_socket_holds(t->fd, TFTP_BLKSIZE_MAX))
		c->large_blksize = TFTP_BLKSIZE_MAX;
	if (!c->ask_blksize)
		c->ask_blksize = mtu - HEADROOM < TFTP_BLKSIZE_MAX ? (uint16_t)(mtu - HEADROOM) : TFTP_BLKSIZE_MAX;
	if (!c->ask_windowsize)
		c->ask_windowsize =
			tftp_path_window(t->path, tftp_socket_window(t->fd, WINDOWSIZE_DEFAULT, c->ask_blksize));
	log_msg(LOG_DEBUG, t->vm, "tftp: asking %s for %.128s, blksize %u, windowsize %u", c->server, t->filename,
		c->ask_blksize, c->ask_windowsize);
	tftp_client_start(c, clock_us());
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tftp *t = arg;

	t->armed = 0;
	t->nested++;
	if (t->source_gone) {
		tftp_transfer_fail(&t->client, PVBOOT_S_UNREACHABLE, 0,
				   "the guest speaks for itself now: its address no longer fetches %.128s",
				   t->filename);
	} else if (!t->started) {
		t->started = true;
		start(t);
	} else {
		tftp_client_timeout(&t->client, clock_us());
	}
	settle(t);
}

/* ---- the owner's side ------------------------------------------------------------------------------------------ */

struct tftp *tftp_get(struct event_base *base, const struct tftp_request *req, const struct tftp_ops *ops, void *arg)
{
	struct tftp *t = calloc(1, sizeof(*t));
	struct tftp_request copy = *req;

	if (!t)
		return NULL;
	t->base = base;
	t->ops = ops;
	t->arg = arg;
	t->fd = -1;
	transfers++;
	t->source = source_ref(req->source);
	t->watch.gone = on_source_gone;
	t->filename = strdup(req->filename);
	t->timer = evtimer_new(base, on_timer, t);
	t->path = tftp_path_get(req->server, req->port ? req->port : TFTP_PORT, req->ifname ? req->ifname : "");
	if (!t->filename || !t->timer || !t->path) {
		destroy(t);
		return NULL;
	}
	if (req->vm)
		strncpy(t->vm, req->vm, sizeof(t->vm) - 1);
	if (req->ifname)
		strncpy(t->ifname, req->ifname, sizeof(t->ifname) - 1);
	copy.filename = t->filename;
	tftp_client_init(&t->client, &copy, req->blksize, req->windowsize, &client_ops, t, &client_out, t);
	t->client.path = t->path;
	t->server.sin_family = AF_INET;
	t->server.sin_port = htons(t->client.port);
	memcpy(&t->server.sin_addr, req->server, sizeof(req->server));
	source_watch(t->source, &t->watch);
	event_active(t->timer, EV_TIMEOUT, 1);
	return t;
}

void tftp_cancel(struct tftp *tftp)
{
	tftp->dead = true;
	tftp_client_end(&tftp->client);
	if (!tftp->nested)
		destroy(tftp);
}
