/* SPDX-License-Identifier: BSD-2-Clause */
/* link.c - hostd's end of a link to one device: framing, the output queue, back pressure. */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vm/link.h"

#include "pass_fd.h"

#define IN_ROOM (sizeof(struct pvboot_link_hdr) + PVBOOT_LINK_BODY_MAX)
#define OUT_FULL (256u << 10) /* bulk data and input wait above this */
#define OUT_MAX (1u << 20)    /* a device that leaves so many bytes unread loses its link */
#define OUT_BATCH 16	      /* messages of one sendmsg() */
#define SKIP_MAX (4u << 20)   /* bytes of an earlier session to skip before the IDENTITY */

struct out_msg {
	struct out_msg *next;
	int fd;
	size_t len, sent;
	uint8_t bytes[];
};

struct link {
	int fd;
	bool synced;		/* the IDENTITY to our HELLO was seen */
	bool broken;		/* nothing can be sent any more */
	const char *why_broken; /* NULL: the peer hung up */
	bool was_full;
	uint64_t nonce;
	size_t skipped;
	struct event *readable, *writable, *flush;
	const struct link_ops *ops;
	void *arg;
	struct out_msg *head, **tail;
	size_t queued; /* bytes */
	size_t in_len;
	uint8_t in[IN_ROOM];
};

static void end(struct link *link, const char *why)
{
	const struct link_ops *ops = link->ops;
	void *arg = link->arg;

	event_del(link->readable);
	event_del(link->writable);
	event_del(link->flush);
	ops->closed(arg, why); /* the link may be gone */
}

/* ---- input ----------------------------------------------------------------------------------------------------- */

/* Is the IDENTITY that answers our HELLO at p?  The caller has checked that p has room for a header and a nonce. */
static bool identity_at(const struct link *link, const uint8_t *p)
{
	struct pvboot_link_hdr hdr;
	uint64_t nonce;

	memcpy(&hdr, p, sizeof(hdr));
	memcpy(&nonce, p + sizeof(hdr), sizeof(nonce));
	return hdr.magic == PVBOOT_LINK_MAGIC && hdr.type == PVBOOT_LINK_IDENTITY &&
	       hdr.length == sizeof(struct pvboot_link_identity) && hdr.flags == 0 && hdr.id == 0 &&
	       nonce == link->nonce;
}

/* Skip the rest of an earlier session.  Returns the number of bytes to drop from the input. */
static size_t skip(struct link *link)
{
	const size_t need = sizeof(struct pvboot_link_hdr) + sizeof(uint64_t);
	size_t at = 0;

	while (link->in_len - at >= need) {
		if (identity_at(link, link->in + at)) {
			link->synced = true;
			break;
		}
		at++;
	}
	link->skipped += at;
	return at;
}

/*
 * Handle the whole messages in the input.  Stops when the answers have filled the output: the rest waits until the
 * device has read some of it.  Returns false and sets *why if the link must end.
 */
static bool take_messages(struct link *link, const char **why)
{
	size_t at = 0;

	if (!link->synced) {
		at = skip(link);
		if (link->skipped > SKIP_MAX) {
			*why = "it never answered the hello";
			return false;
		}
	}
	while (link->synced && !link->was_full && link->in_len - at >= sizeof(struct pvboot_link_hdr)) {
		struct pvboot_link_hdr hdr;

		memcpy(&hdr, link->in + at, sizeof(hdr));
		if (hdr.magic != PVBOOT_LINK_MAGIC || hdr.flags) {
			*why = "malformed message header";
			return false;
		}
		if (hdr.length > PVBOOT_LINK_BODY_MAX) {
			*why = "message too long";
			return false;
		}
		if (hdr.length > link->in_len - at - sizeof(hdr))
			break;
		if (!link->ops->message(link->arg, &hdr, link->in + at + sizeof(hdr), why))
			return false;
		at += sizeof(hdr) + hdr.length;
	}
	memmove(link->in, link->in + at, link->in_len - at);
	link->in_len -= at;
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	const char *why = NULL;
	/* recv() has no room for ancillary data, so the kernel closes descriptors that the device sends. */
	ssize_t n = recv(fd, link->in + link->in_len, sizeof(link->in) - link->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(link, NULL);
		return;
	}
	link->in_len += (size_t)n;
	if (!take_messages(link, &why)) {
		link_flush(link);
		end(link, why);
	}
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

static void drop_first(struct link *link)
{
	struct out_msg *msg = link->head;

	link->head = msg->next;
	if (!link->head)
		link->tail = &link->head;
	if (msg->fd >= 0)
		close(msg->fd);
	free(msg);
}

/* Account for n bytes sent from the front of the queue. */
static void sent(struct link *link, size_t n)
{
	link->queued -= n;
	while (n) {
		struct out_msg *msg = link->head;
		size_t part = msg->len - msg->sent;

		if (part > n) {
			msg->sent += n;
			/* A descriptor goes with its message's first byte. */
			if (msg->fd >= 0) {
				close(msg->fd);
				msg->fd = -1;
			}
			return;
		}
		n -= part;
		drop_first(link);
	}
}

/*
 * Send the first messages with one sendmsg().  A message with a descriptor is sent alone.  Returns what sendmsg() does.
 */
static ssize_t send_batch(struct link *link)
{
	union pass_fd_room room;
	struct iovec iov[OUT_BATCH];
	struct msghdr mh = {.msg_iov = iov};

	for (struct out_msg *msg = link->head; msg && mh.msg_iovlen < OUT_BATCH; msg = msg->next) {
		if (msg->fd >= 0 && mh.msg_iovlen)
			break;
		iov[mh.msg_iovlen].iov_base = msg->bytes + msg->sent;
		iov[mh.msg_iovlen].iov_len = msg->len - msg->sent;
		mh.msg_iovlen++;
		if (msg->fd < 0)
			continue;
		pass_fd_add(&mh, &room, &msg->fd, 1);
		break;
	}
	return sendmsg(link->fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* End the link from the loop, since callers of link_send() do not expect the link to be freed during the call. */
static void give_up(struct link *link, const char *why)
{
	while (link->head)
		drop_first(link);
	link->queued = 0;
	link->broken = true;
	link->why_broken = why;
	event_active(link->flush, EV_TIMEOUT, 0);
}

void link_flush(struct link *link)
{
	while (link->head) {
		ssize_t n = send_batch(link);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			event_add(link->writable, NULL);
			return;
		}
		if (n < 0) {
			give_up(link, errno == EPIPE || errno == ECONNRESET ? NULL : strerror(errno));
			return;
		}
		sent(link, (size_t)n);
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	const char *why = NULL;

	if (link->broken) {
		end(link, link->why_broken);
		return;
	}
	link_flush(link);
	if (!link->was_full || link->queued > OUT_FULL / 2)
		return;
	link->was_full = false;
	link->ops->drained(link->arg);
	if (!take_messages(link, &why)) {
		link_flush(link);
		end(link, why);
	} else if (!link->was_full) {
		event_add(link->readable, NULL);
	}
}

void link_send(struct link *link, uint16_t type, uint32_t id, int fd, const struct link_part *parts, size_t n_parts)
{
	struct pvboot_link_hdr hdr = {.magic = PVBOOT_LINK_MAGIC, .type = type, .id = id};
	struct out_msg *msg;
	uint8_t *at;

	hdr.flags = fd >= 0 ? PVBOOT_LINK_F_FD : 0;
	for (size_t i = 0; i < n_parts; i++)
		hdr.length += (uint32_t)parts[i].len;
	msg = link->broken || link->queued > OUT_MAX ? NULL : malloc(sizeof(*msg) + sizeof(hdr) + hdr.length);
	if (!msg) {
		if (fd >= 0)
			close(fd);
		if (!link->broken)
			give_up(link, "it does not read what it asked for");
		return;
	}
	*msg = (struct out_msg){.fd = fd, .len = sizeof(hdr) + hdr.length};
	at = msg->bytes;
	memcpy(at, &hdr, sizeof(hdr));
	at += sizeof(hdr);
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	*link->tail = msg;
	link->tail = &msg->next;
	link->queued += msg->len;
	if (link->queued > OUT_FULL && !link->was_full) {
		link->was_full = true;
		event_del(link->readable);
	}
	event_active(link->flush, EV_TIMEOUT, 0);
}

bool link_hung_up(const struct link *link)
{
	struct pollfd p = {.fd = link->fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) == 1 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

bool link_full(const struct link *link)
{
	return link->was_full;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct link *link_new(struct event_base *base, int fd, uint64_t nonce, const struct link_ops *ops, void *arg)
{
	struct pvboot_link_hello hello = {
		.version_min = PVBOOT_LINK_VERSION,
		.version_max = PVBOOT_LINK_VERSION,
		.features = PVBOOT_LINK_F_FD,
		.nonce = nonce,
	};
	struct link *link = calloc(1, sizeof(*link));

	if (!link) {
		close(fd);
		return NULL;
	}
	link->fd = fd;
	link->nonce = nonce;
	link->ops = ops;
	link->arg = arg;
	link->tail = &link->head;
	evutil_make_socket_nonblocking(fd);
	link->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link);
	link->writable = event_new(base, fd, EV_WRITE, on_writable, link);
	link->flush = event_new(base, -1, 0, on_writable, link);
	if (!link->readable || !link->writable || !link->flush || event_add(link->readable, NULL)) {
		link_free(link);
		return NULL;
	}
	link_send(link, PVBOOT_LINK_HELLO, 0, -1, &(struct link_part){&hello, sizeof(hello)}, 1);
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	while (link->head)
		drop_first(link);
	if (link->readable)
		event_free(link->readable);
	if (link->writable)
		event_free(link->writable);
	if (link->flush)
		event_free(link->flush);
	close(link->fd);
	free(link);
}
