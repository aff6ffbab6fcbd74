/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_frame.c - a guest's Ethernet frames: open, send, deliver, and keep the state for the next hostd (docs/spec.md
 * 4.9).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kept_head.h"
#include "net/frames.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_frame.h"
#include "vm/vm_send.h"
#include "vm/vm_source.h"

/* The frame state that the device keeps for the next hostd. */
struct kept_frame {
	struct kept_head head;
	struct pvboot_frame_open_args args;
};
_Static_assert(sizeof(struct kept_frame) == 64, "kept_frame");
#define KEPT_FRAME_VERSION 1

struct vm_frame {
	struct frames *open;		    /* NULL: the guest has not opened frames */
	char refused[PVBOOT_ERROR_MAX + 1]; /* the last refusal logged in this boot */
};

/*
 * Deliver a frame to the guest.  If the device does not read, frames wait in the kernel's queue until
 * vm_frame_drained().
 */
static bool deliver(void *arg, const uint8_t *frame, size_t len)
{
	struct vm *vm = arg;

	vm_send(vm, PVBOOT_LINK_FRAME, 0, -1, &(struct link_part){frame, len}, 1);
	if (link_full(vm->link))
		frames_hold(vm->frame->open, true);
	return true;
}

static const struct frames_ops frames_ops = {
	.deliver = deliver,
};

void vm_frame_drained(struct vm *vm)
{
	if (vm->frame && vm->frame->open)
		frames_hold(vm->frame->open, false);
}

/* Open frames.  Returns PVBOOT_S_OK; otherwise another status, and err is filled. */
static uint32_t begin(struct vm *vm, const uint8_t *args, size_t len, char *err, size_t err_len)
{
	const struct conf_vm *conf = vm->id.conf;
	struct frames_guest guest = {.vm = vm->id.name, .section = conf->place, .ifname = conf->ifname};
	struct ether_filter filter;

	if (!ether_filter_parse(&filter, args, len)) {
		snprintf(err, err_len, "the request for frames is malformed");
		return PVBOOT_S_BAD_REQUEST;
	}
	if (conf_vm_has_directory(conf)) {
		snprintf(err, err_len, "behind a directory there is no network to send frames to");
		return PVBOOT_S_DENIED;
	}
	if (conf->frames == CONF_FRAMES_OFF) {
		snprintf(err, err_len, "[vm %s] may not send frames: its boot program needs frames = on", conf->name);
		return PVBOOT_S_DENIED;
	}
	if (!conf_vm_allows_mac(conf, vm->id.mac)) { /* no MAC yet: mac = card, before any DISCOVER */
		snprintf(err, err_len, "the guest asks for frames before it said which MAC its card has");
		return PVBOOT_S_DENIED;
	}
	if (vm->frame->open) {
		frames_set_filter(vm->frame->open, &filter);
		return PVBOOT_S_OK;
	}
	memcpy(guest.mac, vm->id.mac, sizeof(guest.mac));
	vm->frame->open = frames_open(vm->env->base, &guest, &filter, &frames_ops, vm, err, err_len);
	if (!vm->frame->open)
		return PVBOOT_S_FAILED;
	vm_source_own_stack(vm, true);
	log_msg(LOG_INFO, vm->id.name, "the guest sends and hears frames on %s", conf->ifname);
	return PVBOOT_S_OK;
}

void vm_frame_open(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room)
{
	struct kept_frame kept = {.head = {KEPT_FRAME_MAGIC, KEPT_FRAME_VERSION, 0}};
	char why[PVBOOT_ERROR_MAX + 1] = "";
	uint32_t status = begin(vm, args, len, why, sizeof(why));

	if (status != PVBOOT_S_OK) {
		/* Some boot programs retry endlessly: log a refusal once. */
		if (strcmp(why, vm->frame->refused) != 0)
			log_msg(LOG_WARNING, vm->id.name, "%s", why);
		snprintf(vm->frame->refused, sizeof(vm->frame->refused), "%s", why);
		vm_reply(vm, id, status, 0, why, NULL, 0);
		return;
	}
	memcpy(&kept.args, args, sizeof(kept.args));
	vm_send_keep(vm, PVBOOT_LINK_KEY_FRAME, &kept, sizeof(kept));
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", NULL, 0);
}

void vm_frame_reset(struct vm *vm)
{
	if (!vm->frame || !vm->frame->open)
		return;
	frames_close(vm->frame->open);
	vm->frame->open = NULL;
	vm_send_forget(vm, PVBOOT_LINK_KEY_FRAME);
	vm_source_own_stack(vm, false);
}

void vm_frame_start_over(struct vm *vm)
{
	vm_frame_reset(vm);
	vm->frame->refused[0] = '\0';
}

bool vm_frame_start(struct vm *vm)
{
	vm->frame = calloc(1, sizeof(*vm->frame));
	return vm->frame != NULL;
}

void vm_frame_stop(struct vm *vm)
{
	vm_frame_reset(vm);
	free(vm->frame);
	vm->frame = NULL;
}

bool vm_frame_input(struct vm *vm, const uint8_t *body, size_t len, const char **why)
{
	*why = "malformed FRAME";
	if (len < PVBOOT_FRAME_MIN || len > PVBOOT_FRAME_MAX)
		return false;
	if (vm->frame->open)
		frames_send(vm->frame->open, body, len);
	return true;
}

bool vm_frame_restore(struct vm *vm, const uint8_t *blob, size_t len)
{
	char why[PVBOOT_ERROR_MAX + 1] = "";
	struct kept_frame kept;

	if (len != sizeof(kept) || !kept_head_good(blob, len, KEPT_FRAME_MAGIC, KEPT_FRAME_VERSION, sizeof(kept)))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	if (begin(vm, (const uint8_t *)&kept.args, sizeof(kept.args), why, sizeof(why)) == PVBOOT_S_OK)
		return true;
	log_msg(LOG_WARNING, vm->id.name, "%s", why);
	return false;
}
