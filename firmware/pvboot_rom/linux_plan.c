// SPDX-License-Identifier: BSD-2-Clause
/* linux_plan.c - the plan of a boot without a boot program. */
#include "linux_plan.h"

#include "console.h"
#include "errors.h"
#include "linux_list.h"
#include "request.h"

const char *linux_plan_words;

uint32_t linux_plan_refuse(const char *words)
{
	linux_plan_words = words;
	return ERROR_KERNEL;
}

/* Are len bytes at at, and the one after them, within bytes[]? */
static bool is_text(uint32_t at, uint32_t len)
{
	return at < PVBOOT_PLAN_TEXT && len < PVBOOT_PLAN_TEXT - at;
}

static bool plan_is_good(uint32_t length)
{
	if (length != sizeof(struct pvboot_plan) || linux_plan()->n_files > PVBOOT_FILES_MAX ||
	    !is_text(linux_plan()->text_at, linux_plan()->text_len) ||
	    linux_plan()->bytes[linux_plan()->text_at + linux_plan()->text_len])
		return false;
	for (uint32_t i = 0; i < linux_plan()->n_files; i++)
		if (!is_text(linux_plan()->file[i].name_at, linux_plan()->file[i].name_len))
			return false;
	return linux_plan()->kind != PVBOOT_PLAN_LINUX || linux_plan()->n_files;
}

void linux_plan_print(uint32_t at, uint32_t len)
{
	char c;

	for (; len--; at++) {
		c = linux_plan()->bytes[at];
		print_text(&c, 1);
	}
}

uint32_t linux_plan_ask(void)
{
	struct pvboot_plan_args args = {.flags = PVBOOT_PLAN_F_LIST};
	struct request r = {
		.op = PVBOOT_OP_PLAN,
		.args = &args,
		.arg_len = sizeof(args),
		.room = LINUX_PLAN_AT,
		.room_len = sizeof(struct pvboot_plan),
	};
	uint32_t status;

	for (;;) {
		status = request(&r);
		if (status)
			return status == PVBOOT_S_UNSUPPORTED ? ERROR_NO_PLAN : status; /* [DEV-39] */
		if (r.length != sizeof(struct pvboot_plan) || linux_plan()->kind != PVBOOT_PLAN_LIST)
			break;
		status = linux_list_choose(LINUX_PLAN_AT, &args.choice);
		if (status)
			return status == PVBOOT_S_BAD_REQUEST
				       ? linux_plan_refuse("the host's list is malformed: update hostd or the ROM")
				       : status;
	}
	if (!plan_is_good(r.length))
		return linux_plan_refuse("the host's boot plan is malformed: update hostd or the ROM");
	if (linux_plan()->kind == PVBOOT_PLAN_LINUX)
		return PVBOOT_S_OK;
	if (linux_plan()->text_len) {
		linux_plan_print(linux_plan()->text_at, linux_plan()->text_len);
		print("\n");
	}
	return linux_plan()->kind == PVBOOT_PLAN_LOCAL ? ERROR_LOCAL : ERROR_NO_PLAN;
}
