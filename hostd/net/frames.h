/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.h - a guest's Ethernet frames on its boot interface: what sends as the guest there and hears what its network
 * card would hear (docs/spec.md 4.9).
 */
#ifndef HOSTD_FRAMES_H
#define HOSTD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/ether.h"

struct event_base;
struct frames;

struct frames_ops {
	/* A frame for the guest, PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes, good until it returns.  False: it was
	 * dropped. */
	bool (*deliver)(void *arg, const uint8_t *frame, size_t len);
};

struct frames_guest {
	const char *vm;	    /* for the log */
	uint32_t section;   /* its place in conf->vms, for the helper that makes taps */
	const char *ifname; /* the boot interface */
	uint8_t mac[6];
};

/*
 * Open for that guest, which is copied, but for its texts: they live as long as the struct.  Frames are heard from now
 * on, by filter.  NULL: err has the words, with the interface and what to do.
 */
struct frames *frames_open(struct event_base *base, const struct frames_guest *guest, const struct ether_filter *filter,
			   const struct frames_ops *ops, void *arg, char *err, size_t err_len);
/* What went and what was dropped is told in the log. */
void frames_close(struct frames *frames);

/* From now on hear by this filter; what waits already is judged by it, too. */
void frames_set_filter(struct frames *frames, const struct ether_filter *filter);

/* Send a guest's frame of len bytes.  One that it may not send, or that cannot be sent, is dropped and counted. */
void frames_send(struct frames *frames, const uint8_t *frame, size_t len);

/* Let frames wait in the kernel, which bounds and counts them, until told otherwise. */
void frames_hold(struct frames *frames, bool hold);

struct frames_count {
	uint64_t in, out;     /* frames to and from the guest */
	uint64_t not_its_own; /* dropped: from another MAC, or tagged */
	uint64_t unsent;      /* dropped: the interface did not take them */
	uint64_t misfit;      /* dropped: too long for a guest, or not understood */
	uint64_t overrun;     /* dropped: came faster than the guest takes them */
};

struct frames_count frames_count(struct frames *frames);

/* There can be no taps, for that reason (copied): it is told in the log when the first would be of use. */
void frames_without_taps(const char *why);

#endif /* HOSTD_FRAMES_H */
