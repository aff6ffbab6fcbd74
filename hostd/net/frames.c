/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.c - carry a guest's Ethernet frames to and from its boot interface.
 *
 * hostd uses a tap if the interface is or has a bridge.  Otherwise, or if hostd cannot have a tap, it uses a packet
 * socket.  This file applies the guest's filter in both cases.  Waiting frames stay in the kernel's queue, which bounds
 * them.  While the link to the device is full, hostd reads nothing; the kernel drops and counts what exceeds the queue.
 *
 * System calls: readv, writev, those of frames_packet.c and frames_tap.c.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "net/frames_internal.h"
#include "log.h"
#include "net/packet_socket.h"

#define TURN_MAX 32    /* reads in one call, so that other VMs get their turn */
#define SHORTEST 60    /* bytes of an Ethernet frame without its checksum */
#define TICK_SECONDS 1 /* between two checks that the port is still in place */

struct frames {
	struct event_base *base;
	struct frames_guest guest;
	struct ether_filter filter;
	const struct frames_ops *ops;
	void *arg;
	const struct frames_way *way;
	struct frames_port port;
	struct event *readable, *tick;
	bool held;
	bool told; /* the log already says why there is no tap */
	struct frames_count count;
};

/* ---- to the guest ---------------------------------------------------------------------------------------------- */

static void emit(void *arg, const uint8_t *frame, size_t len)
{
	struct frames *f = arg;

	if (f->ops->deliver(f->arg, frame, len))
		f->count.in++;
	else
		f->count.overrun++;
}

static void read_drops(struct frames *f)
{
	if (f->port.fd >= 0)
		f->count.overrun += f->way->drops(&f->port);
}

static void close_port(struct frames *f)
{
	read_drops(f);
	if (f->readable)
		event_free(f->readable);
	f->readable = NULL;
	if (f->port.fd >= 0)
		packet_socket_close_aside(f->port.fd); /* closing a tap is slow, too */
	f->port.fd = -1;
}

static void lose_port(struct frames *f, const char *why)
{
	log_msg(LOG_WARNING, f->guest.vm, "the guest's frames on %s: %s", f->guest.ifname, why);
	close_port(f);
	event_add(f->tick, &(struct timeval){TICK_SECONDS, 0});
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t frame[ETHER_SEGMENT_MAX + 1];
	struct frames *f = arg;

	for (int i = 0; i < TURN_MAX && !f->held; i++) {
		struct virtio_net_hdr vnet;
		struct iovec iov[] = {{&vnet, sizeof(vnet)}, {frame, sizeof(frame)}};
		ssize_t n = readv(fd, iov, 2);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0 && errno == EINVAL) { /* the kernel cannot describe this segment and has dropped it */
			f->count.misfit++;
			continue;
		}
		if (n < 0) {
			lose_port(f, strerror(errno));
			return;
		}
		n -= (ssize_t)sizeof(vnet);
		if (n < 0 || !ether_hears(&f->filter, f->guest.mac, frame, (size_t)n))
			continue;
		if ((size_t)n > ETHER_SEGMENT_MAX || !ether_finish(&vnet, frame, (size_t)n, emit, f))
			f->count.misfit++;
	}
}

/* ---- from the guest -------------------------------------------------------------------------------------------- */

void frames_send(struct frames *f, const uint8_t *frame, size_t len)
{
	static const uint8_t zeros[SHORTEST];
	struct virtio_net_hdr vnet = {0};
	struct iovec iov[] = {{&vnet, sizeof(vnet)}, {(void *)(uintptr_t)frame, len}, {(void *)(uintptr_t)zeros, 0}};

	if (!ether_may_send(f->guest.mac, frame, len)) {
		f->count.not_its_own++;
		return;
	}
	if (len < SHORTEST)
		iov[2].iov_len = SHORTEST - len;
	if (f->port.fd >= 0 && writev(f->port.fd, iov, 3) > 0)
		f->count.out++;
	else
		f->count.unsent++;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

/*
 * Open a tap, or else a packet socket.  If a tap would have been better, log once why there is none, and what that
 * costs.
 */
static bool open_way(struct frames *f, char *err, size_t err_len)
{
	f->way = &frames_tap;
	if (f->way->open(&f->guest, &f->port, err, err_len))
		return true;
	if (err[0] && !f->told) {
		log_msg(LOG_WARNING, f->guest.vm,
			"the guest's frames leave by %s itself, and cannot reach this host's own addresses there: %s",
			f->guest.ifname, err);
		f->told = true;
	}
	f->way = &frames_packet;
	return f->way->open(&f->guest, &f->port, err, err_len);
}

static bool open_port(struct frames *f, char *err, size_t err_len)
{
	if (!open_way(f, err, err_len))
		return false;
	f->readable = event_new(f->base, f->port.fd, EV_READ | EV_PERSIST, on_readable, f);
	if (f->readable && (f->held || !event_add(f->readable, NULL)) &&
	    (!f->way->stays || !event_add(f->tick, &(struct timeval){TICK_SECONDS, 0})))
		return true;
	snprintf(err, err_len, "out of memory");
	close_port(f);
	return false;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct frames *f = arg;
	char err[512];

	if (f->port.fd >= 0 && f->way->stays(&f->guest, &f->port))
		event_add(f->tick, &(struct timeval){TICK_SECONDS, 0});
	else if (f->port.fd >= 0)
		lose_port(f, "its bridge has changed");
	else if (open_port(f, err, sizeof(err)))
		log_msg(LOG_INFO, f->guest.vm, "the guest's frames are on %s again", f->guest.ifname);
	else
		event_add(f->tick, &(struct timeval){TICK_SECONDS, 0});
}

struct frames *frames_open(struct event_base *base, const struct frames_guest *guest, const struct ether_filter *filter,
			   const struct frames_ops *ops, void *arg, char *err, size_t err_len)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	*f = (struct frames){
		.base = base, .guest = *guest, .filter = *filter, .ops = ops, .arg = arg, .port = {.fd = -1}};
	f->tick = evtimer_new(base, on_tick, f);
	if (!f->tick)
		snprintf(err, err_len, "out of memory");
	else if (open_port(f, err, err_len))
		return f;
	if (f->tick)
		event_free(f->tick);
	free(f);
	return NULL;
}

void frames_close(struct frames *f)
{
	struct frames_count c;

	if (!f)
		return;
	close_port(f);
	event_free(f->tick);
	c = f->count;
	log_msg(LOG_INFO, f->guest.vm, "frames: %llu from the guest, %llu to it", (unsigned long long)c.out,
		(unsigned long long)c.in);
	if (c.not_its_own || c.unsent || c.misfit || c.overrun)
		log_msg(LOG_WARNING, f->guest.vm,
			"frames dropped: %llu from an address that is not the guest's, %llu that %s did not take, %llu "
			"too long or not understood, %llu faster than the guest takes them",
			(unsigned long long)c.not_its_own, (unsigned long long)c.unsent, f->guest.ifname,
			(unsigned long long)c.misfit, (unsigned long long)c.overrun);
	free(f);
}

void frames_set_filter(struct frames *f, const struct ether_filter *filter)
{
	f->filter = *filter;
}

void frames_hold(struct frames *f, bool hold)
{
	if (f->held == hold)
		return;
	f->held = hold;
	if (!f->readable)
		return;
	if (hold)
		event_del(f->readable);
	else
		event_add(f->readable, NULL);
}

struct frames_count frames_count(struct frames *f)
{
	read_drops(f);
	return f->count;
}
