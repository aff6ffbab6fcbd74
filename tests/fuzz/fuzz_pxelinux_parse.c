/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_pxelinux_parse.c - any bytes as a configuration of pxelinux, which includes itself; every plan that comes of it.
 */
#include <stdlib.h>
#include <string.h>

#include "pxelinux/plan_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *text;
	size_t len;
};

/* What is included is what is behind the first NUL, or nothing; what becomes of it is in the first letter of its name.
 */
static enum pxelinux_found on_include(void *arg, const char *name, const char **text, size_t *len)
{
	const struct input *input = arg;

	switch (name[0]) {
	case 'f':
		return PXELINUX_FAILED;
	case 'l':
		return PXELINUX_LATER;
	case 'm':
		return PXELINUX_MISSING;
	default:
		*text = input->text;
		*len = input->len;
		return PXELINUX_FOUND;
	}
}

/* Whatever is made must be within what its users may rely on. */
static void check_plan(const struct plan *plan)
{
	if (plan->kind != PLAN_LINUX)
		return;
	if (strncmp(plan->cmdline, "BOOT_IMAGE=", 11) || strlen(plan->cmdline) >= PLAN_CMDLINE_MAX ||
	    !plan->kernel.name[0])
		abort();
	if (plan->n_initrds > PLAN_INITRDS_MAX)
		abort();
	for (unsigned int i = 0; i < plan->n_initrds; i++)
		if (!plan->initrd[i].name[0])
			abort();
}

static const struct pxelinux_guest guest = {.prefix = "boot/", .uuid = {[6] = 0x40}};

/* A list is what the guest checks [DRV-25], and each number of it is a command that can be booted. */
static void list(const struct pxelinux_config *config, const struct plan_choice *choice)
{
	static struct pvboot_plan_list shown;
	char error[PXELINUX_ERROR_MAX] = "";
	struct pxelinux_command command;
	static struct plan plan;
	uint32_t nuls = 0;

	if (!plan_answer_list(&shown, config, choice, &guest, error, sizeof(error))) {
		if (!error[0])
			abort();
		return;
	}
	for (size_t i = 0; i < sizeof(shown.bytes); i++)
		nuls += !shown.bytes[i];
	if (!shown.n_entries || shown.selected >= shown.n_entries || nuls <= shown.n_entries || !shown.first)
		abort();
	for (uint32_t n = 0; n <= shown.n_entries; n++) {
		if (!plan_answer_chosen(&command, &shown, config, choice, shown.first + n)) {
			if (n < shown.n_entries)
				abort();
		} else if (!plan_make(&plan, config, &command, &guest, error, sizeof(error))) {
			abort();
		}
	}
}

static void make(const struct pxelinux_config *config, const struct pxelinux_command *command)
{
	static struct plan plan;
	char error[PXELINUX_ERROR_MAX] = "";

	if (plan_make(&plan, config, command, &guest, error, sizeof(error)))
		check_plan(&plan);
	else if (!error[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nul = memchr(text, 0, size);
	size_t len = nul ? (size_t)(nul - text) : size;
	struct input input = {.text = nul ? nul + 1 : text, .len = nul ? size - len - 1 : 0};
	struct pxelinux_config config;
	struct plan_choice choice;
	char error[PXELINUX_ERROR_MAX] = "";

	if (pxelinux_parse(&config, "f", text, len, on_include, &input) == PXELINUX_PARSED) {
		if (plan_choose(&choice, &config, error, sizeof(error))) {
			make(&config, &choice.command);
			if (choice.ask)
				list(&config, &choice);
		} else if (!error[0])
			abort();
		for (const struct pxelinux_label *label = config.labels; label; label = label->next) {
			const struct pxelinux_command command = {.text = label->name, .where = label->where};

			make(&config, &command);
		}
	} else if (!config.error[0] && !config.wanted[0]) {
		abort();
	}
	pxelinux_config_free(&config);
	return 0;
}
