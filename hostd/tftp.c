/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp.c - the TFTP client's socket and timer: tftp_client.c does the talking. */
#include "tftp.h"

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

#include "log.h"
#include "tftp_client.h"

#define WINDOWSIZE_DEFAULT 32
#define HEADROOM 32		/* IPv4, UDP and TFTP headers: blksize is the MTU less this */
#define MTU_FALLBACK 1500	/* where the route does not tell */
#define RCVBUF (2 << 20)	/* asked for; a user's own hostd gets net.core.rmem_max */
#define BATCH_MAX 32		/* datagrams taken by one system call */
#define BATCH_BYTES (256 << 10) /* and the memory spent on them */
#define DATAGRAM_MIN 1024	/* room for a datagram that is no DATA */
#define ROUNDS_MAX 4		/* system calls in a row before others have their turn */

struct tftp {
	struct event_base *base;
	struct event *timer, *readable;
	struct tftp_client client;
	const struct tftp_ops *ops;
	void *arg;
	char vm[64], ifname[IF_NAMESIZE], *filename;
	struct sockaddr_in server;
	uint64_t armed; /* when the timer goes off; 0: it does not */
	int fd;
	int error; /* a send failed with: told to the client once it returned */
	uint16_t error_port;
	unsigned nested; /* calls into the client now on the stack */
	bool started, dead;
	size_t slot, slots; /* bytes of one receive buffer, and how many */
	uint8_t *buffers;
	uint8_t *stage; /* bytes in order that the owner does not have yet: one call for a whole batch of blocks */
	size_t staged, stage_size;
	bool refused; /* the owner wants no more */
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

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
		return; /* as good as lost on the way */
	t->error = errno;
	t->error_port = port;
}

static void on_readable(evutil_socket_t fd, short what, void *arg);

/* Returns 0 or an errno. */
static int open_socket(struct tftp *t)
{
	const int on = 1, want = RCVBUF;
	int err;

	t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (t->fd < 0)
		return errno;
	if (*t->ifname && setsockopt(t->fd, SOL_SOCKET, SO_BINDTODEVICE, t->ifname, (socklen_t)strlen(t->ifname)) < 0)
		goto failed;
	/* Whole windows arrive at once. */
	if (setsockopt(t->fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) < 0)
		setsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	/* ICMP errors as errno also on a socket that is not connected: the server's port is not known beforehand. */
	if (setsockopt(t->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) < 0)
		goto failed;
	t->readable = event_new(t->base, t->fd, EV_READ | EV_PERSIST, on_readable, t);
	if (t->readable && event_add(t->readable, NULL) == 0)
		return 0;
	errno = ENOMEM;
failed:
	err = errno;
	close_socket(t);
	return err;
}

static void fail_socket(struct tftp *t, int err)
{
	if (*t->ifname)
		tftp_client_fail(&t->client, PVBOOT_S_UNREACHABLE, 0, "cannot open a socket on interface %s: %s",
				 t->ifname, strerror(err));
	else
		tftp_client_fail(&t->client, PVBOOT_S_NO_RESOURCES, 0, "cannot open a socket: %s", strerror(err));
}

static void on_rebind(void *arg)
{
	struct tftp *t = arg;
	int err;

	log_msg(LOG_WARNING, t->vm, "tftp: asking %s again for %.128s, %llu bytes are here", t->client.server,
		t->filename, (unsigned long long)t->client.have);
	close_socket(t);
	err = open_socket(t);
	if (err)
		fail_socket(t, err);
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

/* After each call into the client: pass on what the socket said, free it if it is over, or set the timer. */
static void settle(struct tftp *t)
{
	if (t->client.state != TFTP_DONE && !flush(t) && !t->dead)
		tftp_client_fail(&t->client, PVBOOT_S_NO_RESOURCES, 0, "no room on the host for %.128s", t->filename);
	while (t->error && t->client.state != TFTP_DONE) {
		int err = t->error;

		t->error = 0;
		tftp_client_error(&t->client, now_us(), t->error_port, err);
	}
	t->nested--;
	if (t->client.state == TFTP_DONE) {
		destroy(t);
		return;
	}
	/* A timer that goes off early is cheaper than one that is set for every datagram. */
	if (!t->armed || t->client.deadline < t->armed) {
		uint64_t now = now_us();
		uint64_t wait = t->client.deadline > now ? t->client.deadline - now : 0;
		struct timeval tv = {.tv_sec = (time_t)(wait / 1000000), .tv_usec = (suseconds_t)(wait % 1000000)};

		t->armed = t->client.deadline;
		event_add(t->timer, &tv);
	}
}

/* ICMP errors that came back, each with the port it is about: one about a stray TID must not end the transfer. */
static void read_errors(struct tftp *t)
{
	int fd = t->fd;

	while (t->fd == fd && t->client.state != TFTP_DONE) {
		uint8_t control[256] __attribute__((aligned(8)));
		struct sockaddr_in to = {0};
		struct msghdr msg = {.msg_name = &to,
				     .msg_namelen = sizeof(to),
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			struct sock_extended_err ee;

			if (cmsg->cmsg_level != IPPROTO_IP || cmsg->cmsg_type != IP_RECVERR ||
			    cmsg->cmsg_len < CMSG_LEN(sizeof(ee)))
				continue;
			memcpy(&ee, CMSG_DATA(cmsg), sizeof(ee));
			tftp_client_error(&t->client, now_us(), ntohs(to.sin_port), (int)ee.ee_errno);
			break;
		}
	}
}

/* Take a batch of datagrams.  False if that was all for now. */
static bool receive_batch(struct tftp *t)
{
	struct mmsghdr msgs[BATCH_MAX];
	struct sockaddr_in from[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	int fd = t->fd, count;

	memset(msgs, 0, sizeof(msgs));
	for (size_t i = 0; i < t->slots; i++) {
		iov[i] = (struct iovec){.iov_base = t->buffers + i * t->slot, .iov_len = t->slot};
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &iov[i], .msg_iovlen = 1};
	}
	count = recvmmsg(fd, msgs, (unsigned)t->slots, MSG_DONTWAIT, NULL);
	if (count < 0) {
		read_errors(t);
		return false;
	}
	for (int i = 0; i < count; i++) {
		/* Another host's datagrams are nobody's (RFC 1350 4); a socket opened anew has nothing of these. */
		if (msgs[i].msg_hdr.msg_namelen != sizeof(from[i]) || from[i].sin_family != AF_INET ||
		    from[i].sin_addr.s_addr != t->server.sin_addr.s_addr)
			continue;
		if (msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			msgs[i].msg_len = (unsigned)t->slot;
		tftp_client_input(&t->client, now_us(), ntohs(from[i].sin_port), iov[i].iov_base, msgs[i].msg_len);
		if (t->client.state == TFTP_DONE || t->fd != fd)
			return false;
	}
	return count == (int)t->slots;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tftp *t = arg;

	t->nested++;
	for (int round = 0; round < ROUNDS_MAX && receive_batch(t); round++)
		flush(t);
	settle(t);
}

/* The MTU of the route to the server; 0 and errno where there is no route. */
static int route_mtu(const struct tftp *t)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	int mtu = MTU_FALLBACK, err;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return MTU_FALLBACK;
	if (*t->ifname)
		(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->ifname, (socklen_t)strlen(t->ifname));
	if (connect(fd, (const struct sockaddr *)&t->server, sizeof(t->server)) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return 0;
	}
	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) < 0 || mtu < 68)
		mtu = MTU_FALLBACK;
	close(fd);
	return mtu;
}

/* As many blocks in a row as the receive buffer surely holds: a third of it, as the kernel counts its own overhead. */
static uint16_t fitting_window(const struct tftp *t, uint16_t wanted, uint16_t blksize)
{
	int rcvbuf = 0;
	socklen_t len = sizeof(rcvbuf);
	unsigned fit;

	if (getsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, &len) < 0 || rcvbuf <= 0)
		return 1;
	fit = (unsigned)rcvbuf / 3 / (blksize + 1u);
	return fit < 1 ? 1 : fit < wanted ? (uint16_t)fit : wanted;
}

static void start(struct tftp *t)
{
	struct tftp_client *c = &t->client;
	int mtu = route_mtu(t), err;

	if (!mtu) {
		tftp_client_error(c, now_us(), c->port, errno);
		if (c->state != TFTP_DONE)
			tftp_client_fail(c, PVBOOT_S_UNREACHABLE, 0, "the host has no way to TFTP server %s: %s",
					 c->server, strerror(errno));
		return;
	}
	err = open_socket(t);
	if (err) {
		fail_socket(t, err);
		return;
	}
	if (!c->ask_blksize)
		c->ask_blksize = mtu - HEADROOM < TFTP_BLKSIZE_MAX ? (uint16_t)(mtu - HEADROOM) : TFTP_BLKSIZE_MAX;
	if (!c->ask_windowsize)
		c->ask_windowsize = fitting_window(t, WINDOWSIZE_DEFAULT, c->ask_blksize);
	/* One byte more than the largest DATA, so that a larger one shows. */
	t->slot = (c->ask_blksize > DATAGRAM_MIN ? c->ask_blksize : DATAGRAM_MIN) + TFTP_HEADER + 1u;
	t->slots = BATCH_BYTES / t->slot < BATCH_MAX ? BATCH_BYTES / t->slot : BATCH_MAX;
	t->buffers = malloc(t->slot * t->slots);
	t->stage_size = t->slot * t->slots;
	t->stage = malloc(t->stage_size);
	if (!t->buffers || !t->stage) {
		tftp_client_fail(c, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
		return;
	}
	log_msg(LOG_DEBUG, t->vm, "tftp: asking %s for %.128s, blksize %u, windowsize %u", c->server, t->filename,
		c->ask_blksize, c->ask_windowsize);
	tftp_client_start(c, now_us());
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tftp *t = arg;

	t->armed = 0;
	t->nested++;
	if (!t->started) {
		t->started = true;
		start(t);
	} else {
		tftp_client_timeout(&t->client, now_us());
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
	t->filename = strdup(req->filename);
	t->timer = evtimer_new(base, on_timer, t);
	if (!t->filename || !t->timer) {
		destroy(t);
		return NULL;
	}
	if (req->vm)
		strncpy(t->vm, req->vm, sizeof(t->vm) - 1);
	if (req->ifname)
		strncpy(t->ifname, req->ifname, sizeof(t->ifname) - 1);
	copy.filename = t->filename;
	tftp_client_init(&t->client, &copy, req->blksize, req->windowsize, &client_ops, t, &client_out, t);
	t->server.sin_family = AF_INET;
	t->server.sin_port = htons(t->client.port);
	memcpy(&t->server.sin_addr, req->server, sizeof(req->server));
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
