/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.h - the event loop of the device process, which stays awake for a moment after each word of QEMU's. */
#ifndef QEMU_LOOP_H
#define QEMU_LOOP_H

#include <event2/event.h>
#include <stdint.h>

struct loop {
	struct event_base *base;
	uint64_t awake_until_us; /* of CLOCK_MONOTONIC */
};

/* Something of the guest was served, and more may follow at once: stay awake. */
void loop_stay_awake(struct loop *l);

/* Dispatch events until event_base_loopbreak(), or until there are none to wait for. */
void loop_run(struct loop *l);

#endif /* QEMU_LOOP_H */
