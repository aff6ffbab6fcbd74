/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_clock.h - a clock that a test moves, instead of sleeping.  A program that links fake_clock.o has its own
 * clock_gettime(), which libraries such as libevent use as well: monotonic clocks are ahead by what the test let pass.
 */
#ifndef TESTS_FAKE_CLOCK_H
#define TESTS_FAKE_CLOCK_H

/* Let so many milliseconds pass at once.  An event loop sees it at its next turn. */
void fake_clock_pass(unsigned int ms);

#endif /* TESTS_FAKE_CLOCK_H */
