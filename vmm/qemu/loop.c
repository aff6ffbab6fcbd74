/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - the event loop of the device process.
 *
 * A guest's accesses come in bursts, each a few microseconds after the answer to the one before, and QEMU holds the
 * vcpu until it has that answer.  To wake a core that sleeps takes 30 to 60 us on a virtual machine, several times the
 * access: so the loop looks at its descriptors for a while before it sleeps.  It yields between two looks: what nobody
 * else wants is all it takes.
 *
 * System calls: epoll_wait, sched_yield, clock_gettime.
 */
#include <sched.h>
#include <stdbool.h>
#include <time.h>

#include "loop.h"

#define AWAKE_US 50u

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void loop_stay_awake(struct loop *l)
{
	l->awake_until_us = now_us() + AWAKE_US;
}

void loop_run(struct loop *l)
{
	int flags;

	do {
		flags = EVLOOP_ONCE;
		if (now_us() < l->awake_until_us) {
			sched_yield();
			flags = EVLOOP_NONBLOCK;
		}
	} while (event_base_loop(l->base, flags) == 0 && !event_base_got_break(l->base));
}
