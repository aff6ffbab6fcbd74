/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.h - the event loop of the device process, which can stay awake for a moment after what QEMU waited for. */
#ifndef QEMU_LOOP_H
#define QEMU_LOOP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct loop {
	struct event_base *base;
	bool yields; /* between two looks: an answer goes by a thread of QEMU's that may be waiting for this core */
	/* loop.c's */
	bool awake;
	uint64_t awake_until_us; /* of CLOCK_MONOTONIC */
	uint32_t in_vain;	 /* attempts that were, less those that were of use */
	uint32_t skip;		 /* answers until the next attempt */
};

/*
 * Call after an answer to QEMU, which may send the next access at once: stay awake for it, if that was useful before.
 */
void loop_stay_awake(struct loop *l);

/* Dispatch events until event_base_loopbreak(), or until there are none to wait for. */
void loop_run(struct loop *l);

#endif /* QEMU_LOOP_H */
