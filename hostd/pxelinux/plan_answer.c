/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_answer.c - a boot plan, and a menu to choose from, in the form that a guest gets. */
#include "pxelinux/plan_answer.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "pxelinux/pxelinux_text.h"

#define TITLE_MAX 72 /* characters of an entry: a screen has 80 columns */

/* ---- a plan ------------------------------------------------------------------------------------------------------ */

/* A plan that is being written. */
struct writer {
	struct pvboot_plan *to;
	size_t used;
	bool full;
};

static uint16_t put_text(struct writer *w, const char *text, size_t len)
{
	size_t at = w->used;

	if (len >= sizeof(w->to->bytes) - at) {
		w->full = true;
		return 0;
	}
	memcpy(w->to->bytes + at, text, len);
	w->used += len + 1; /* the NUL is there */
	return (uint16_t)at;
}

static void put_file(struct writer *w, const struct pxelinux_file *file)
{
	struct pvboot_plan_file *f;

	if (w->to->n_files == PVBOOT_FILES_MAX) {
		w->full = true;
		return;
	}
	f = &w->to->file[w->to->n_files++];
	memcpy(f->server, file->server, 4);
	f->port_be = (uint16_t)(file->port >> 8 | file->port << 8);
	f->name_len = (uint16_t)strlen(file->name);
	f->name_at = put_text(w, file->name, f->name_len);
}

void plan_answer_words(struct pvboot_plan *to, uint32_t kind, const char *words)
{
	struct writer w = {.to = to};

	memset(to, 0, sizeof(*to));
	to->kind = kind;
	to->text_len = (uint16_t)strnlen(words, PXELINUX_ERROR_MAX);
	to->text_at = put_text(&w, words, to->text_len);
}

bool plan_answer(struct pvboot_plan *to, const struct plan *plan)
{
	struct writer w = {.to = to};

	if (plan->kind == PLAN_LOCAL) {
		plan_answer_words(to, PVBOOT_PLAN_LOCAL, "the configuration says to boot from a local disk");
		return true;
	}
	memset(to, 0, sizeof(*to));
	to->kind = PVBOOT_PLAN_LINUX;
	to->video_mode = plan->video_mode;
	to->memory_limit = plan->memory_limit;
	put_file(&w, &plan->kernel);
	for (unsigned int i = 0; i < plan->n_initrds; i++)
		put_file(&w, &plan->initrd[i]);
	to->text_len = (uint16_t)strlen(plan->cmdline);
	to->text_at = put_text(&w, plan->cmdline, to->text_len);
	return !w.full;
}

/* ---- a list ------------------------------------------------------------------------------------------------------ */

/* A list that is being written. */
struct listing {
	struct pvboot_plan_list *to;
	const struct pxelinux_config *config;
	const struct pxelinux_guest *guest;
	size_t used;
	uint64_t hash;
	char *error;
	size_t cap;
};

static bool put_string(struct listing *l, const char *text)
{
	char shown[TITLE_MAX + 1];
	size_t len;

	pxelinux_words(shown, sizeof(shown), "%s", text);
	len = strlen(shown) + 1;
	if (len > sizeof(l->to->bytes) - l->used) {
		snprintf(l->error, l->cap, "there are more labels than can be shown");
		return false;
	}
	memcpy(l->to->bytes + l->used, shown, len);
	l->used += len;
	return true;
}

/* Check that the command can be booted, and add it to the hash that list->first is made from. */
static bool check_command(struct listing *l, const struct pxelinux_command *command)
{
	struct plan plan;
	struct pvboot_plan answer;

	if (!plan_make(&plan, l->config, command, l->guest, l->error, l->cap))
		return false;
	if (!plan_answer(&answer, &plan)) {
		snprintf(l->error, l->cap, "%.60s has too many or too long files", command->text);
		return false;
	}
	l->hash = hash_add(l->hash, &answer, sizeof(answer));
	return true;
}

static bool put_entry(struct listing *l, const struct pxelinux_label *label, const char *preferred)
{
	const struct pxelinux_command command = {.text = label->name, .where = label->where};

	if (preferred && !strcmp(preferred, label->name))
		l->to->selected = l->to->n_entries;
	l->to->n_entries++;
	return check_command(l, &command) && put_string(l, label->title);
}

bool plan_answer_list(struct pvboot_plan_list *list, const struct pxelinux_config *config,
		      const struct plan_choice *choice, const struct pxelinux_guest *guest, char *err, size_t err_len)
{
	struct listing l = {
		.to = list, .config = config, .guest = guest, .hash = HASH_NONE, .error = err, .cap = err_len};

	memset(list, 0, sizeof(*list));
	list->kind = PVBOOT_PLAN_LIST;
	if (!put_string(&l, choice->title ? choice->title : ""))
		return false;
	for (const struct pxelinux_label *label = config->labels; label; label = label->next)
		if (plan_listed(label) && !put_entry(&l, label, choice->preferred))
			return false;
	if (choice->command.text && (choice->timeout_ms || choice->total_timeout_ms)) {
		list->timeout_ms = choice->timeout_ms;
		list->total_ms = choice->total_timeout_ms;
		if (!check_command(&l, &choice->command))
			return false;
	}
	l.hash = hash_add(l.hash, list->bytes, l.used);
	list->first = (uint32_t)(l.hash % (UINT32_MAX - PXELINUX_LABELS_MAX)) + 1;
	return true;
}

bool plan_answer_chosen(struct pxelinux_command *command, const struct pvboot_plan_list *list,
			const struct pxelinux_config *config, const struct plan_choice *choice, uint32_t number)
{
	uint32_t n = number - list->first; /* a number of another list gives an index beyond its entries */

	if (n == list->n_entries) {
		*command = choice->command;
		return list->timeout_ms || list->total_ms;
	}
	for (const struct pxelinux_label *label = config->labels; label; label = label->next) {
		if (!plan_listed(label) || n--)
			continue;
		*command = (struct pxelinux_command){.text = label->name, .where = label->where};
		return true;
	}
	return false;
}
