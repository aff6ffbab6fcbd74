/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_answer.h - a boot plan, and a menu to choose from, in the form that a guest gets (docs/spec.md 4.8). */
#ifndef HOSTD_PLAN_ANSWER_H
#define HOSTD_PLAN_ANSWER_H

#include "pxelinux/plan.h"

/* Fill in an answer that is a text instead of a plan.  A text that is too long is cut. */
void plan_answer_words(struct pvboot_plan *to, uint32_t kind, const char *words);

/* Fill in an answer from a plan.  Returns false if the plan has more or longer names than the answer holds. */
bool plan_answer(struct pvboot_plan *to, const struct plan *plan);

/*
 * List the labels that choice lets the user choose from.  Each of them, and the command that is booted when the time is
 * up, must be directly bootable; if one is not, returns false and fills err.  Another configuration gives other numbers
 * (list->first), so a choice from an outdated list is recognised.
 */
bool plan_answer_list(struct pvboot_plan_list *list, const struct pxelinux_config *config,
		      const struct plan_choice *choice, const struct pxelinux_guest *guest, char *err, size_t err_len);

/* Set *command to the label with the guest's number.  Returns false if the number is not from this list. */
bool plan_answer_chosen(struct pxelinux_command *command, const struct pvboot_plan_list *list,
			const struct pxelinux_config *config, const struct plan_choice *choice, uint32_t number);

#endif /* HOSTD_PLAN_ANSWER_H */
