/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_show.c - a boot plan in words. */
#include "plan_show.h"

#include <stdarg.h>
#include <string.h>

#include "show_line.h"

struct show {
	FILE *out;
	const struct pxelinux_config *config;
	const struct pxelinux_guest *guest;
	plan_seen_fn seen;
	void *arg;
	char error[PXELINUX_ERROR_MAX];
};

static void say(const struct show *show, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct show *show, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	show_line(show->out, fmt, ap);
	va_end(ap);
}

_Static_assert(PLAN_CMDLINE_MAX + PXELINUX_NAME_TEXT_MAX <= SHOW_LINE_MAX, "a command line is shown whole");

static void say_file(const struct show *show, const char *what, const struct pxelinux_file *file)
{
	char name[PXELINUX_NAME_TEXT_MAX];

	pxelinux_file_text(name, file);
	say(show, "  %-7s %s", what, name);
}

static void show_plan(const struct show *show, const struct plan *plan)
{
	if (plan->kind == PLAN_LOCAL) {
		say(show, "  no boot from the network: on to the next boot device");
		return;
	}
	say_file(show, "kernel", &plan->kernel);
	for (unsigned int i = 0; i < plan->n_initrds; i++)
		say_file(show, "initrd", &plan->initrd[i]);
	/* Between quotes, for the blanks at its end. */
	say(show, "  append  \"%s\"", plan->cmdline);
	if (plan->video_mode)
		say(show, "  video   mode %04xh", plan->video_mode);
	if (plan->memory_limit)
		say(show, "  memory  below %llu bytes", (unsigned long long)plan->memory_limit);
	if (show->seen)
		show->seen(show->arg, plan);
}

/* A heading, and the plan of one command. */
static bool show_command(struct show *show, const struct pxelinux_command *command, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool show_command(struct show *show, const struct pxelinux_command *command, const char *fmt, ...)
{
	char heading[PLAN_COMMAND_MAX + 1];
	struct plan plan;
	va_list ap;

	if (!plan_make(&plan, show->config, command, show->guest, show->error, sizeof(show->error)))
		return false;
	va_start(ap, fmt);
	vsnprintf(heading, sizeof(heading), fmt, ap);
	va_end(ap);
	say(show, "%s", heading);
	show_plan(show, &plan);
	return true;
}

static bool show_list(struct show *show, const struct plan_choice *choice)
{
	say(show, "asks%s%s%s", choice->title ? " \"" : "", choice->title ? choice->title : "",
	    choice->title ? "\"" : "");
	if (choice->timeout_ms)
		say(show, "  until a key is pressed, for %u.%u s", choice->timeout_ms / 1000,
		    choice->timeout_ms / 100 % 10);
	if (choice->total_timeout_ms)
		say(show, "  in any case no longer than %u.%u s", choice->total_timeout_ms / 1000,
		    choice->total_timeout_ms / 100 % 10);
	if (choice->command.text && (choice->timeout_ms || choice->total_timeout_ms) &&
	    !show_command(show, &choice->command, "then boots \"%s\"", choice->command.text))
		return false;
	for (const struct pxelinux_label *label = show->config->labels; label; label = label->next) {
		const struct pxelinux_command command = {.text = label->name, .where = label->where};
		bool first = choice->preferred && !strcmp(choice->preferred, label->name);

		if (!plan_listed(label))
			continue;
		if (!show_command(show, &command, "entry \"%s\"%s: %s", label->name, first ? ", selected" : "",
				  label->title))
			return false;
	}
	return true;
}

static bool show_all(struct show *show)
{
	struct plan_choice choice;

	if (!plan_choose(&choice, show->config, show->error, sizeof(show->error)))
		return false;
	if (choice.ask)
		return show_list(show, &choice);
	return show_command(show, &choice.command, "boots \"%s\"", choice.command.text);
}

bool plan_show(FILE *out, const struct pxelinux_config *config, const struct pxelinux_guest *guest, plan_seen_fn seen,
	       void *arg)
{
	struct show show = {.out = out, .config = config, .guest = guest, .seen = seen, .arg = arg};

	if (show_all(&show))
		return true;
	say(&show, "cannot be booted directly: %s", show.error);
	return false;
}
