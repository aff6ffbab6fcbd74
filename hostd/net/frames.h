/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.h - carry a guest's Ethernet frames to and from its boot interface (docs/spec.md 4.9).  hostd sends there as
 * the guest, and hears what the guest's network card would hear.
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
	/* Deliver a frame of PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes to the guest.  frame is valid only during the
	 * call.  Returns false if the frame was dropped. */
	bool (*deliver)(void *arg, const uint8_t *frame, size_t len);
};

struct frames_guest {
	const char *vm;	    /* for the log */
	uint32_t section;   /* the VM's index in conf->vms, for the helper that makes taps */
	const char *ifname; /* the boot interface */
	uint8_t mac[6];
};

/*
 * Open the boot interface for a guest and begin to hear frames that match filter.  *guest is copied, but not its
 * strings: they must outlive the result.  Returns NULL and fills err, with the interface and what to do, on failure.
 */
struct frames *frames_open(struct event_base *base, const struct frames_guest *guest, const struct ether_filter *filter,
			   const struct frames_ops *ops, void *arg, char *err, size_t err_len);
/* Close and free; NULL is allowed.  Logs how many frames were carried and dropped. */
void frames_close(struct frames *frames);

/* Use this filter from now on, also for frames that already wait in the kernel. */
void frames_set_filter(struct frames *frames, const struct ether_filter *filter);

/* Send a guest's frame of len bytes.  Drops and counts a frame that the guest may not send or that cannot be sent. */
void frames_send(struct frames *frames, const uint8_t *frame, size_t len);

/* hold: stop reading, so that frames wait in the kernel, which bounds and counts them; otherwise read on. */
void frames_hold(struct frames *frames, bool hold);

struct frames_count {
	uint64_t in, out;     /* frames carried to (in) and from (out) the guest */
	uint64_t not_its_own; /* dropped: not from the guest's MAC address, or tagged */
	uint64_t unsent;      /* dropped: the interface did not accept them */
	uint64_t misfit;      /* dropped: too long for a guest, or not understood */
	uint64_t overrun;     /* dropped: came faster than the guest takes them */
};

/* The counts since frames_open(). */
struct frames_count frames_count(struct frames *frames);

/* Tell this module that hostd cannot have taps, and why (copied).  The log says so when a guest first needs one. */
void frames_without_taps(const char *why);

#endif /* HOSTD_FRAMES_H */
