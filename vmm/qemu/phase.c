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

static void attach(void *backend, struct pvboot_dev *dev)
{
	struct phase *p = backend;

	p->dev = dev;
	p->next->attach(p->next_backend, dev);
}

static void submit(void *backend, struct pvboot_io *io)
{
	struct phase *p = backend;

	p->next->submit(p->next_backend, io);
}

static void cancel(void *backend, struct pvboot_io *io)
{
	struct phase *p = backend;

	p->next->cancel(p->next_backend, io);
}

static void log_phase(struct phase *p, const uint8_t *args)
{
	struct pvboot_phase_args a;
	uint8_t phase;
	char line[64];

	memcpy(&a, args, sizeof(a));
	if (a.phase < PVBOOT_PHASE_ROM || a.phase > PVBOOT_PHASE_LAST)
		return;
	if (a.phase == PVBOOT_PHASE_ROM || !p->begun) /* else the guest's clock, which may tick in steps of 55 ms */
		p->start_ms = pvboot_dev_now_ms(p->dev) - (a.phase == PVBOOT_PHASE_ROM ? 0 : a.guest_ms);
	p->begun = true;
	snprintf(line, sizeof(line), "phase %s %" PRIu64 " ms", phase_names[a.phase],
		 pvboot_dev_now_ms(p->dev) - p->start_ms);
	pvboot_dev_log(p->dev, PVBOOT_LOG_NOTICE, line);
	phase = (uint8_t)a.phase;
	if (p->fd >= 0 && write(p->fd, &phase, 1) != 1)
		return; /* nobody reads it: the guest boots all the same */
}

/* hostd logs these for everybody; here they are for whoever looks at one VM closely. */
static void log_text(struct phase *p, const uint8_t *args, uint32_t arg_len)
{
	char line[sizeof("guest: ") + PVBOOT_LOG_MAX];
	int len = (int)(arg_len - sizeof(struct pvboot_log_args));

	snprintf(line, sizeof(line), "guest: %.*s", len, (const char *)args + sizeof(struct pvboot_log_args));
	pvboot_dev_log(p->dev, PVBOOT_LOG_DEBUG, line);
}

static void note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	struct phase *p = backend;

	if (op == PVBOOT_OP_PHASE)
		log_phase(p, args);
	else if (op == PVBOOT_OP_LOG)
		log_text(p, args, arg_len);
	if (p->heard)
		p->heard(op, args);
	p->next->note(p->next_backend, op, args, arg_len);
}

static void dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
	struct phase *p = backend;

	p->next->dgram(p->next_backend, args, payload, len);
}

static void frame(void *backend, const void *bytes, uint32_t len)
{
	struct phase *p = backend;

	p->next->frame(p->next_backend, bytes, len);
}

static void reset(void *backend)
{
	struct phase *p = backend;

	if (p->heard)
		p->heard(0, NULL);
	p->next->reset(p->next_backend);
}

const struct pvboot_backend_ops phase_backend = {
	.name = "phase",
	.attach = attach,
	.submit = submit,
	.cancel = cancel,
	.note = note,
	.dgram = dgram,
	.frame = frame,
	.reset = reset,
};
