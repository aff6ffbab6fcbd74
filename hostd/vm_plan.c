/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_plan.c - PLAN: what a guest boots without a boot program, as its section says it or as pxelinux would find it.
 *
 * The configuration's files are fetched one after the other; an INCLUDE has the whole parsed again once its file is
 * there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "plan.h"
#include "vm_internal.h"

/* A file of the configuration. */
struct text {
	struct text *next;
	char name[PLAN_WANTED_MAX]; /* as INCLUDE calls it */
	bool missing;
	size_t len;
	char bytes[];
};

struct vm_plan {
	struct vm *vm;
	uint32_t id; /* request */
	struct plan_names names;
	unsigned int tried;	    /* of names */
	struct text *main, *others; /* main NULL: it is still looked for */
	char main_name[PLAN_NAME_TEXT_MAX];
	char wanted[PLAN_WANTED_MAX];
	struct file *file; /* on its way */
	struct file_watch watch;
};

/* A plan that is being written. */
struct writer {
	struct pvboot_plan *to;
	size_t used;
	bool full;
};

/* ---- the answer -------------------------------------------------------------------------------------------------- */

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

static void put_file(struct writer *w, const struct plan_file *file)
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

static void reply_words(struct vm *vm, uint32_t id, uint32_t kind, const char *words)
{
	struct pvboot_plan res = {.kind = kind};
	struct writer w = {.to = &res};

	res.text_len = (uint16_t)strnlen(words, PLAN_ERROR_MAX);
	res.text_at = put_text(&w, words, res.text_len);
	if (res.text_len)
		log_msg(kind == PVBOOT_PLAN_NONE ? LOG_WARNING : LOG_INFO, vm->id.name, "%s", words);
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

static void reply_plan(struct vm *vm, uint32_t id, const struct plan *plan)
{
	struct pvboot_plan res = {.kind = PVBOOT_PLAN_LINUX};
	struct writer w = {.to = &res};

	if (plan->kind == PLAN_LOCAL) {
		reply_words(vm, id, PVBOOT_PLAN_LOCAL, "the configuration says to boot from a local disk");
		return;
	}
	res.video_mode = plan->video_mode;
	res.memory_limit = plan->memory_limit;
	put_file(&w, &plan->kernel);
	for (unsigned int i = 0; i < plan->n_initrds; i++)
		put_file(&w, &plan->initrd[i]);
	res.text_len = (uint16_t)strlen(plan->cmdline);
	res.text_at = put_text(&w, plan->cmdline, res.text_len);
	if (w.full) {
		reply_words(vm, id, PVBOOT_PLAN_NONE, "the plan has too many or too long files for a direct boot");
		return;
	}
	log_msg(LOG_INFO, vm->id.name, "plan: kernel \"%s\", %u initrds, \"%s\"", plan->kernel.name, plan->n_initrds,
		plan->cmdline);
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

/* ---- what the section says --------------------------------------------------------------------------------------- */

static void reply_configured(struct vm *vm, uint32_t id)
{
	static struct plan plan; /* too large for the stack */
	const struct conf_vm *conf = vm->id.conf;

	memset(&plan, 0, sizeof(plan));
	snprintf(plan.kernel.name, sizeof(plan.kernel.name), "%s", conf->kernel);
	for (size_t i = 0; i < conf->n_initrds; i++)
		snprintf(plan.initrd[i].name, sizeof(plan.initrd[i].name), "%s", conf->initrd[i]);
	plan.n_initrds = (unsigned int)conf->n_initrds;
	snprintf(plan.cmdline, sizeof(plan.cmdline), "%s", conf->append);
	reply_plan(vm, id, &plan);
}

bool vm_plan_allows(const struct vm *vm, const char *name)
{
	const struct conf_vm *conf = vm->id.conf;

	if (!conf->sealed || !strcmp(name, conf->kernel))
		return true;
	for (size_t i = 0; i < conf->n_initrds; i++)
		if (!strcmp(name, conf->initrd[i]))
			return true;
	return false;
}

/* ---- a job's life ------------------------------------------------------------------------------------------------ */

static void drop_file(struct vm_plan *job)
{
	file_unwatch(&job->watch);
	file_unref(job->file);
	job->file = NULL;
}

static void end(struct vm_plan *job)
{
	job->vm->plan = NULL;
	if (job->file)
		drop_file(job);
	while (job->others) {
		struct text *next = job->others->next;

		free(job->others);
		job->others = next;
	}
	free(job->main);
	free(job);
}

static void give_up(struct vm_plan *job, const char *words)
{
	char text[PLAN_ERROR_MAX];

	snprintf(text, sizeof(text), "no direct boot: %.480s", words);
	reply_words(job->vm, job->id, PVBOOT_PLAN_NONE, text);
	end(job);
}

/* ---- the configuration ------------------------------------------------------------------------------------------- */

static enum plan_found on_include(void *arg, const char *name, const char **bytes, size_t *len)
{
	const struct vm_plan *job = arg;

	for (const struct text *text = job->others; text; text = text->next) {
		if (strcmp(text->name, name))
			continue;
		*bytes = text->bytes;
		*len = text->len;
		return text->missing ? PLAN_MISSING : PLAN_FOUND;
	}
	return PLAN_LATER;
}

static void begin(struct vm_plan *job, const struct plan_file *named);

/* All files that were asked for are there. */
static void decide(struct vm_plan *job)
{
	static struct plan plan; /* too large for the stack */
	char error[PLAN_ERROR_MAX];
	struct plan_config config;
	struct plan_choice choice;
	struct plan_file file;
	enum plan_parsed parsed =
		plan_parse(&config, job->main_name, job->main->bytes, job->main->len, on_include, job);

	snprintf(error, sizeof(error), "%s", parsed == PLAN_REFUSED ? config.error : "");
	snprintf(job->wanted, sizeof(job->wanted), "%s", parsed == PLAN_WAITS ? config.wanted : "");
	if (parsed == PLAN_PARSED && plan_choose(&choice, &config, error, sizeof(error)) && choice.ask)
		snprintf(error, sizeof(error), "%.300s asks which label to boot", job->main_name);
	else if (parsed == PLAN_PARSED && !error[0])
		plan_make(&plan, &config, &choice.command, &job->vm->guest, error, sizeof(error));
	plan_config_free(&config);
	if (parsed == PLAN_WAITS) {
		if (plan_file_resolve(&file, job->vm->guest.prefix, job->wanted, strlen(job->wanted), error,
				      sizeof(error)))
			begin(job, &file);
		else
			give_up(job, error);
	} else if (error[0]) {
		give_up(job, error);
	} else {
		reply_plan(job->vm, job->id, &plan);
		end(job);
	}
}

/* The file that has come, in memory; NULL if it cannot be read. */
static struct text *read_text(struct vm_plan *job, bool missing)
{
	uint64_t size = missing ? 0 : file_available(job->file);
	struct text *text;

	if (size > PLAN_TEXT_MAX)
		return NULL;
	text = calloc(1, sizeof(*text) + (size_t)size + 1);
	if (!text)
		return NULL;
	text->missing = missing;
	while (text->len < size) {
		ssize_t n = file_read(job->file, text->len, text->bytes + text->len, (size_t)size - text->len);

		if (n <= 0) {
			free(text);
			return NULL;
		}
		text->len += (size_t)n;
	}
	return text;
}

static void look_on(struct vm_plan *job)
{
	if (job->tried == job->names.count) {
		give_up(job, "there is no pxelinux.cfg/default, nor another configuration of pxelinux's");
		return;
	}
	plan_file_text(job->main_name, &job->names.file[job->tried]);
	begin(job, &job->names.file[job->tried++]);
}

/* pxelinux looks on after whatever the server says; one that is silent is another matter. */
static bool is_missing(uint32_t status)
{
	return status == PVBOOT_S_NOT_FOUND || status == PVBOOT_S_ACCESS || status == PVBOOT_S_TFTP_ERROR;
}

static void on_file(struct vm_plan *job)
{
	bool missing = is_missing(file_status(job->file));
	char words[PVBOOT_ERROR_MAX + 1];
	struct text *text;

	if (!missing && file_status(job->file) != PVBOOT_S_OK) {
		snprintf(words, sizeof(words), "%s", file_text(job->file));
		give_up(job, words);
		return;
	}
	text = read_text(job, missing);
	drop_file(job);
	if (!text) {
		give_up(job, "a configuration file is too long or cannot be read");
	} else if (job->main) {
		snprintf(text->name, sizeof(text->name), "%s", job->wanted);
		text->next = job->others;
		job->others = text;
		decide(job);
	} else if (!text->len) { /* pxelinux takes an empty file for a missing one */
		free(text);
		look_on(job);
	} else {
		job->main = text;
		decide(job);
	}
}

static void on_changed(struct file_watch *watch)
{
	struct vm_plan *job = (struct vm_plan *)((char *)watch - offsetof(struct vm_plan, watch));

	if (file_done(job->file))
		on_file(job);
}

/* Fetch a file; on_file() comes now or later. */
static void begin(struct vm_plan *job, const struct plan_file *named)
{
	static const uint8_t none[4];
	char words[PVBOOT_ERROR_MAX + 1];
	uint16_t port = named->port;
	const char *path;
	uint8_t server[4];

	memcpy(server, memcmp(named->server, none, 4) ? named->server : job->vm->lease.boot_server, 4);
	if (vm_source_parse(named->name, server, &port, &path, words, sizeof(words)) != PVBOOT_S_OK) {
		give_up(job, words);
		return;
	}
	job->file = vm_source(job->vm, server, port, path, false);
	if (!job->file) {
		give_up(job, "out of memory");
		return;
	}
	job->watch = (struct file_watch){.changed = on_changed};
	file_watch(job->file, &job->watch);
	if (file_done(job->file))
		on_file(job);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void start(struct vm *vm, uint32_t id)
{
	struct vm_plan *job = calloc(1, sizeof(*job));

	if (!job) {
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
		return;
	}
	vm->plan = job;
	job->vm = vm;
	job->id = id;
	plan_names(&job->names, &vm->guest);
	look_on(job);
}

void vm_plan_ask(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	const struct conf_vm *conf = vm->id.conf;
	struct pvboot_plan_args args;

	memcpy(&args, bytes, sizeof(args));
	if (len != sizeof(args) || args.reserved || room < sizeof(struct pvboot_plan))
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed PLAN");
	else if (args.flags)
		vm_fail(vm, id, PVBOOT_S_UNSUPPORTED, 0, "unknown flag in PLAN");
	else if (vm->plan)
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "a plan is being made already");
	else if (conf->kernel[0])
		reply_configured(vm, id);
	else if (conf->direct)
		start(vm, id);
	else
		reply_words(vm, id, PVBOOT_PLAN_NONE, "");
}

bool vm_plan_cancel(struct vm *vm, uint32_t id)
{
	if (!vm->plan || vm->plan->id != id)
		return false;
	end(vm->plan);
	return true;
}

void vm_plan_reset(struct vm *vm)
{
	if (vm->plan)
		end(vm->plan);
}
