/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_clock.c - a clock that a test moves, instead of sleeping. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fake_clock.h"

static unsigned int passed_ms;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, ts);

	if (failed || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE))
		return failed;
	ts->tv_sec += passed_ms / 1000;
	ts->tv_nsec += passed_ms % 1000 * 1000000L;
	if (ts->tv_nsec >= 1000000000L) {
		ts->tv_sec++;
		ts->tv_nsec -= 1000000000L;
	}
	return 0;
}

void fake_clock_pass(unsigned int ms)
{
	passed_ms += ms;
}
