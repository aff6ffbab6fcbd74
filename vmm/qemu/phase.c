/* SPDX-License-Identifier: BSD-2-Clause */
/* phase.c - what the guest reports of its boot, in the log of this process. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "phase.h"

static const char *const phase_names[] = {
	[PVBOOT_PHASE_ROM] = "rom",	  [PVBOOT_PHASE_LEASE] = "lease",   [PVBOOT_PHASE_NBP] = "nbp",
	[PVBOOT_PHASE_UNLOAD] = "unload", [PVBOOT_PHASE_FAILED] = "failed", [PVBOOT_PHASE_KERNEL] = "kernel",
};
_Static_assert(sizeof(phase_names) / sizeof(phase_names[0]) == PVBOOT_PHASE_LAST + 1, "a name for every phase");

static void log_phase(struct phase *p, struct pvboot_dev *dev, const uint8_t *args)
{
	struct pvboot_phase_args a;
	uint8_t phase;
	char line[64];

	memcpy(&a, args, sizeof(a));
	if (a.phase < PVBOOT_PHASE_ROM || a.phase > PVBOOT_PHASE_LAST)
		return;
	if (a.phase == PVBOOT_PHASE_ROM || !p->begun) /* else the guest's clock, which may tick in steps of 55 ms */
		p->start_ms = pvboot_dev_now_ms(dev) - (a.phase == PVBOOT_PHASE_ROM ? 0 : a.guest_ms);
	p->begun = true;
	snprintf(line, sizeof(line), "phase %s %" PRIu64 " ms", phase_names[a.phase],
		 pvboot_dev_now_ms(dev) - p->start_ms);
	pvboot_dev_log(dev, PVBOOT_LOG_NOTICE, line);
	phase = (uint8_t)a.phase;
	if (p->fd >= 0 && write(p->fd, &phase, 1) != 1)
		return; /* nobody reads it: the guest boots all the same */
}

/* hostd logs these for everybody; here they are for whoever looks at one VM closely. */
static void log_text(struct pvboot_dev *dev, const uint8_t *args, uint32_t arg_len)
{
	char line[sizeof("guest: ") + PVBOOT_LOG_MAX];
	int len = (int)(arg_len - sizeof(struct pvboot_log_args));

	snprintf(line, sizeof(line), "guest: %.*s", len, (const char *)args + sizeof(struct pvboot_log_args));
	pvboot_dev_log(dev, PVBOOT_LOG_DEBUG, line);
}

void phase_note(struct phase *p, struct pvboot_dev *dev, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	if (op == PVBOOT_OP_PHASE)
		log_phase(p, dev, args);
	else if (op == PVBOOT_OP_LOG)
		log_text(dev, args, arg_len);
}
