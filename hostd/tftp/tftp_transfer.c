/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_transfer.c - the state of a transfer, and its end. */
#include "tftp/tftp_transfer.h"

#include <stdarg.h>
#include <stdio.h>

#include "log.h"

/* In the order of enum tftp_state. */
static const char *const state_names[] = {"NEW", "ASKING", "RECEIVING", "DONE"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == TFTP_DONE + 1, "a name for each state");

void tftp_transfer_enter(struct tftp_client *c, enum tftp_state state)
{
	if (state == c->state)
		return; /* the file is asked for again, or the end of what is over */
	log_msg(LOG_DEBUG, c->vm, "tftp: %.200s: %s -> %s", c->filename, state_names[c->state], state_names[state]);
	c->state = state;
}

void tftp_transfer_finish(struct tftp_client *c, uint32_t status, uint32_t detail, const char *text)
{
	tftp_transfer_enter(c, TFTP_DONE);
	c->deadline = UINT64_MAX;
	c->ops->done(c->arg, status, detail, text);
}

void tftp_transfer_error(struct tftp_client *c, uint16_t port, uint16_t code, const char *text)
{
	uint8_t buf[TFTP_HEADER + TFTP_ERROR_TEXT];

	c->out->send(c->out_arg, port, buf, tftp_build_error(buf, sizeof(buf), code, text));
}

/* An ERROR stops the server if it is sending (RFC 1350 7: a courtesy). */
void tftp_transfer_fail(struct tftp_client *c, uint32_t status, uint32_t detail, const char *fmt, ...)
{
	char text[PVBOOT_ERROR_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->tid)
		tftp_transfer_error(c, c->tid, TFTP_E_UNDEFINED, "transfer abandoned");
	c->tid = 0;
	tftp_transfer_finish(c, status, detail, text);
}
