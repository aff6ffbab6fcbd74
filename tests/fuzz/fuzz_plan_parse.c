/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_plan_parse.c - any bytes as a configuration of pxelinux, which includes itself; every plan that comes of it. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *text;
	size_t len;
};

/* What is included is what is behind the first NUL, or nothing; what becomes of it is in the first letter of its name.
 */
static enum plan_found on_include(void *arg, const char *name, const char **text, size_t *len)
{
	const struct input *input = arg;

	switch (name[0]) {
	case 'f':
		return PLAN_FAILED;
	case 'l':
		return PLAN_LATER;
	case 'm':
		return PLAN_MISSING;
	default:
		*text = input->text;
		*len = input->len;
		return PLAN_FOUND;
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

static void make(const struct plan_config *config, const struct plan_command *command)
{
	static const struct plan_guest guest = {.prefix = "boot/", .uuid = {[6] = 0x40}};
	static struct plan plan;
	char error[PLAN_ERROR_MAX] = "";

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
	struct plan_config config;
	struct plan_choice choice;
	char error[PLAN_ERROR_MAX] = "";

	if (plan_parse(&config, "f", text, len, on_include, &input) == PLAN_PARSED) {
		if (plan_choose(&choice, &config, error, sizeof(error)))
			make(&config, &choice.command);
		else if (!error[0])
			abort();
		for (const struct plan_label *label = config.labels; label; label = label->next) {
			const struct plan_command command = {.text = label->name, .where = label->where};

			make(&config, &command);
		}
	} else if (!config.error[0] && !config.wanted[0]) {
		abort();
	}
	plan_config_free(&config);
	return 0;
}
