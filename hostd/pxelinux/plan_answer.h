/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_answer.h - a boot plan, and a list to choose from, as a guest gets them (docs/spec.md 4.8). */
#ifndef HOSTD_PLAN_ANSWER_H
#define HOSTD_PLAN_ANSWER_H

#include "pxelinux/plan.h"

/* Words instead of a plan; what is too long is cut. */
void plan_answer_words(struct pvboot_plan *to, uint32_t kind, const char *words);

/* A plan.  False if it has more or longer names than the answer holds. */
bool plan_answer(struct pvboot_plan *to, const struct plan *plan);

/*
 * The labels that choice lets somebody choose from.  Returns false and fills err unless each of them, and what is
 * booted when the time is up, can be booted directly.  Another configuration gives other numbers (list->first): who
 * chose from an old list chose nothing.
 */
bool plan_answer_list(struct pvboot_plan_list *list, const struct pxelinux_config *config,
		      const struct plan_choice *choice, const struct pxelinux_guest *guest, char *err, size_t err_len);

/* What was chosen from that list, by the guest's number.  False: the number is not of this list. */
bool plan_answer_chosen(struct pxelinux_command *command, const struct pvboot_plan_list *list,
			const struct pxelinux_config *config, const struct plan_choice *choice, uint32_t number);

#endif /* HOSTD_PLAN_ANSWER_H */
