/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - the event loop of the device process.
 *
 * Over vfio-user QEMU holds the vcpu until an access is answered, and where accesses follow each other closely most of
 * their time is that of a core that wakes up.  So the loop looks at its descriptors for a while before it sleeps.  A
 * loop that looks in vain takes the core from the processes that would send the access, and loses its own right to be
 * woken at once: eight guests on two cores took twice as long to boot, or ten times if the loop yielded.  So after each
 * attempt in vain the loop skips twice as many answers before the next attempt; each useful attempt takes one such step
 * back.
 *
 * System calls: epoll_wait, sched_yield, clock_gettime.
 */
#include <sched.h>
#include <time.h>

#include "loop.h"

#define AWAKE_US 100u
#define IN_VAIN_MAX 8u /* then one answer in 256 is followed by an attempt */

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void loop_stay_awake(struct loop *l)
{
	if (l->awake && l->in_vain) /* it was asked while it looked */
		l->in_vain--;
	if (l->skip) {
		l->skip--;
		return;
	}
	l->awake = true;
	l->awake_until_us = now_us() + AWAKE_US;
}

/* Is this a moment to look once more, not to sleep? */
static bool is_awake(struct loop *l)
{
	if (!l->awake)
		return false;
	if (l->yields)
		sched_yield();
	if (now_us() < l->awake_until_us)
		return true;
	l->awake = false;
	l->skip = (1u << l->in_vain) - 1;
	if (l->in_vain < IN_VAIN_MAX)
		l->in_vain++;
	return false;
}

void loop_run(struct loop *l)
{
	int flags;

	do {
		flags = is_awake(l) ? EVLOOP_NONBLOCK : EVLOOP_ONCE;
	} while (event_base_loop(l->base, flags) == 0 && !event_base_got_break(l->base));
}
