/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_TIME_H
#define STANDIN_VMM_TIME_H

#include <palacios/vmm_types.h>

struct guest_info;

/* Called by the vcore's thread, once for each exit. */
struct v3_timer_ops {
	void (*update_timer)(struct guest_info *core, ullong_t cpu_cycles, ullong_t cpu_freq, void *priv_data);
	void (*advance_timer)(struct guest_info *core, void *private_data);
};

struct v3_timer {
	void *private_data;
	struct v3_timer_ops *ops;
};

struct v3_timer *v3_add_timer(struct guest_info *core, struct v3_timer_ops *ops, void *private_data);
int v3_remove_timer(struct guest_info *core, struct v3_timer *timer);

#define rdtscll(val)                                                                                                   \
	do {                                                                                                           \
		unsigned int low_, high_;                                                                              \
		__asm__ volatile("rdtsc" : "=a"(low_), "=d"(high_));                                                   \
		(val) = ((uint64_t)high_ << 32) | low_;                                                                \
	} while (0)

#endif
