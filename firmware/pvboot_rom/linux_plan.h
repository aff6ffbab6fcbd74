/* SPDX-License-Identifier: BSD-2-Clause */
/* linux_plan.h - the plan of a boot without a boot program: what the host wants booted. */
#ifndef ROM_LINUX_PLAN_H
#define ROM_LINUX_PLAN_H

#include "pvboot_req.h"
#include "rom.h"

#define LINUX_PLAN_AT 0x8000u /* address of struct pvboot_plan: GS reaches it, and the BIOS does not use it */

/* The plan.  Never NULL: LINUX_PLAN_AT is not 0. */
static inline const struct pvboot_plan BDA *linux_plan(void)
{
	return (const struct pvboot_plan BDA *)LINUX_PLAN_AT;
}

/* The physical address of the plan's byte at. */
static inline uint32_t linux_plan_phys(uint32_t at)
{
	return LINUX_PLAN_AT + offsetof(struct pvboot_plan, bytes) + at;
}

/*
 * Ask the host for the plan.  If it is a list, let the user choose, and ask again.  Returns PVBOOT_S_OK if a kernel is
 * to be booted, else a status of errors.h.
 */
uint32_t linux_plan_ask(void);

/* Print len of the plan's bytes from bytes[at] on. */
void linux_plan_print(uint32_t at, uint32_t len);

/* Keep the words that say why the plan cannot be carried out.  Returns ERROR_KERNEL. */
uint32_t linux_plan_refuse(const char *words);

extern const char *linux_plan_words; /* the argument of the last linux_plan_refuse(); NULL: none */

#endif /* ROM_LINUX_PLAN_H */
