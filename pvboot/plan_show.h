/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_show.h - a boot plan in words, as `pvboot plan` prints it. */
#ifndef PLAN_SHOW_H
#define PLAN_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "pxelinux/plan.h"

/* What is told of each plan that is shown, for example to look for its files; may be NULL. */
typedef void (*plan_seen_fn)(void *arg, const struct plan *plan);

/*
 * Write what booting the configuration as guest comes to: what is booted unasked, or the list that is shown and each of
 * its entries; or "cannot be booted directly: " and why.  False for the latter.
 */
bool plan_show(FILE *out, const struct pxelinux_config *config, const struct pxelinux_guest *guest, plan_seen_fn seen,
	       void *arg);

#endif /* PLAN_SHOW_H */
