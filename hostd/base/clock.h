/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - the time since the host started; it never goes back.  It is signed, so that subtraction gives the time
 * left.
 */
#ifndef HOSTD_CLOCK_H
#define HOSTD_CLOCK_H

#include <stdint.h>

int64_t clock_us(void); /* microseconds */
int64_t clock_ms(void); /* milliseconds */

#endif /* HOSTD_CLOCK_H */
