/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_plan.c - PLAN: what a guest boots without a boot program, from its section or from a pxelinux configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "base/addr.h"
#include "file/file.h"
#include "log.h"
#include "pxelinux/plan_answer.h"
#include "pxelinux/plan_boot.h"
#include "pxelinux/pxelinux_fetch.h"
#include "vm/vm_data.h"
#include "vm/vm_open.h"
#include "vm/vm_plan.h"
#include "vm/vm_send.h"

struct vm_plan {
	struct vm *vm;
	struct file_watch watch; /* watch.file: the boot file, until hostd knows whether it is a kernel */
	struct file *boot_file;
	uint32_t id; /* the PLAN's request id */
	struct pvboot_plan_args args;
	struct pxelinux_guest guest; /* the guest, from its lease */
	struct pxelinux_fetch *fetch;
};

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static void reply_words(struct vm *vm, uint32_t id, uint32_t kind, const char *words)
{
	struct pvboot_plan res;

	plan_answer_words(&res, kind, words);
	if (res.text_len)
		log_msg(kind == PVBOOT_PLAN_NONE ? LOG_WARNING : LOG_INFO, vm->id.name, "%s", words);
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

static void reply_plan(struct vm *vm, uint32_t id, const struct plan *plan)
{
	struct pvboot_plan res;

	if (!plan_answer(&res, plan)) {
		reply_words(vm, id, PVBOOT_PLAN_NONE, "the plan has too many or too long files for a direct boot");
		return;
	}
	if (res.kind == PVBOOT_PLAN_LINUX)
		log_msg(LOG_INFO, vm->id.name, "plan: kernel \"%s\", %u initrds, \"%s\"", plan->kernel.name,
			plan->n_initrds, plan->cmdline);
	else
		log_msg(LOG_INFO, vm->id.name, "%s", res.bytes + res.text_at);
	vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
}

/* ---- what the section says --------------------------------------------------------------------------------------- */

static void reply_configured(struct vm *vm, uint32_t id)
{
	struct plan plan;
	const struct conf_vm *conf = vm->id.conf;

	memset(&plan, 0, sizeof(plan));
	snprintf(plan.kernel.name, sizeof(plan.kernel.name), "%s", conf->kernel);
	for (size_t i = 0; i < conf->n_initrds; i++)
		snprintf(plan.initrd[i].name, sizeof(plan.initrd[i].name), "%s", conf->initrd[i]);
	plan.n_initrds = (unsigned int)conf->n_initrds;
	snprintf(plan.cmdline, sizeof(plan.cmdline), "%s", conf->append);
	reply_plan(vm, id, &plan);
}

/* ---- what pxelinux would find ------------------------------------------------------------------------------------ */

static struct file *open_file(void *arg, const struct pxelinux_file *named)
{
	const struct vm_plan *job = arg;
	char words[PVBOOT_ERROR_MAX + 1];
	struct url url = {.port = named->port};

	memcpy(url.server, named->server, 4);
	memcpy(url.path, named->name, sizeof(url.path));
	if (named->is_url && !url_parse(&url, named->name, words, sizeof(words)))
		return file_new_failed(job->vm->id.name, named->name, PVBOOT_S_UNSUPPORTED, words);
	if (url.kind != URL_HTTP && addr_none(url.server))
		memcpy(url.server, job->vm->boot.res.lease.boot_server, 4);
	return vm_open(job->vm, url.server, url.port, url.path, false);
}

/* ---- what DHCP says ---------------------------------------------------------------------------------------------- */

/*
 * Read the choice between direct boot and boot program from the site's DHCP option, else from the section.  *understood
 * is false if the option has a value that hostd does not know.
 */
static enum plan_boot read_boot(const struct vm *vm, const struct boot_info *info, const char **options,
				bool *understood)
{
	enum plan_boot boot;

	*understood = plan_boot_parse(info->site_text, &boot, options);
	if (boot == PLAN_BOOT_UNSAID)
		return vm->id.conf->direct ? PLAN_BOOT_DIRECT : PLAN_BOOT_PROGRAM;
	return boot;
}

bool vm_plan_wanted(const struct vm *vm, const struct boot_info *boot)
{
	const char *options;
	bool understood;

	return read_boot(vm, boot, &options, &understood) == PLAN_BOOT_DIRECT;
}

static void stop_looking(struct vm_plan *job)
{
	if (!job->boot_file)
		return;
	file_unwatch(&job->watch);
	file_unref(job->boot_file);
	job->boot_file = NULL;
}

static bool is_kernel(const struct vm_plan *job)
{
	uint8_t head[PLAN_KERNEL_HEAD];

	return file_read(job->boot_file, 0, head, sizeof(head)) == (ssize_t)sizeof(head) && plan_boot_is_kernel(head);
}

static void reply_boot_file(struct vm_plan *job)
{
	struct plan plan;
	char words[PXELINUX_ERROR_MAX], text[PXELINUX_ERROR_MAX];
	struct vm *vm = job->vm;
	const char *options, *file = vm->boot.res.lease.bootfile;
	bool understood;

	read_boot(vm, &vm->boot, &options, &understood);
	vm->plan = NULL;
	if (plan_boot_make(&plan, file, vm->id.conf->append, options, &job->guest, words, sizeof(words))) {
		reply_plan(vm, job->id, &plan);
	} else {
		snprintf(text, sizeof(text), "no direct boot of %.100s: %.370s", file, words);
		reply_words(vm, job->id, PVBOOT_PLAN_NONE, text);
	}
	free(job);
}

/* The boot file has grown: once its head is there, answer with it as the kernel, or continue without it. */
static void look(struct vm_plan *job)
{
	if (!file_done(job->boot_file) && file_available(job->boot_file) < PLAN_KERNEL_HEAD)
		return;
	if (is_kernel(job)) {
		stop_looking(job);
		pxelinux_fetch_cancel(job->fetch);
		reply_boot_file(job);
		return;
	}
	stop_looking(job);
	pxelinux_fetch_run(job->fetch);
}

static void on_boot_file(struct file_watch *watch)
{
	look(container_of(watch, struct vm_plan, watch));
}

/* Begin to find out whether the boot file is a kernel.  Returns false if it cannot be one. */
static bool look_at_boot_file(struct vm_plan *job)
{
	const char *file = job->vm->boot.res.lease.bootfile;
	struct pxelinux_file named = {.is_url = true};

	if (!plan_boot_may_be_kernel(file))
		return false;
	snprintf(named.name, sizeof(named.name), "%s", file);
	job->watch.changed = on_boot_file;
	job->boot_file = open_file(job, &named);
	if (!job->boot_file)
		return false;
	file_watch(job->boot_file, &job->watch);
	look(job);
	return true;
}

/* ---- a configuration --------------------------------------------------------------------------------------------- */

enum asked {
	ASKED_CHOSEN, /* command is what the guest's user chose */
	ASKED_LISTED, /* the list went to the guest, as the answer */
	ASKED_REFUSED /* err says why */
};

/*
 * The user must choose a label.  If the guest has sent a valid choice, sets *command to it; otherwise answers with the
 * menu.  A menu takes two PLAN requests, and hostd reads the configuration again for the second: it stores no menu, so
 * a hostd that was restarted in between can answer.
 */
static enum asked ask_which(const struct vm_plan *job, const struct pxelinux_config *config,
			    const struct plan_choice *choice, struct pxelinux_command *command, char *err,
			    size_t err_len)
{
	struct pvboot_plan_list list;
	struct vm *vm = job->vm;

	if (!(job->args.flags & PVBOOT_PLAN_F_LIST)) {
		snprintf(err, err_len, "%.200s asks which label to boot", config->first.file);
		return ASKED_REFUSED;
	}
	if (!plan_answer_list(&list, config, choice, &job->guest, err, err_len))
		return ASKED_REFUSED;
	if (job->args.choice && plan_answer_chosen(command, &list, config, choice, job->args.choice)) {
		log_msg(LOG_INFO, vm->id.name, "chosen: %s", command->text);
		return ASKED_CHOSEN;
	}
	if (job->args.choice)
		log_msg(LOG_WARNING, vm->id.name, "%s changed while somebody chose from it: asking again",
			config->first.file);
	else
		log_msg(LOG_INFO, vm->id.name, "%s: somebody is to choose one of %u labels", config->first.file,
			list.n_entries);
	vm_reply(vm, job->id, PVBOOT_S_OK, 0, "", &list, sizeof(list));
	return ASKED_LISTED;
}

/* Answer the PLAN from a configuration.  On failure returns false and fills err. */
static bool decide(const struct vm_plan *job, const struct pxelinux_config *config, char *err, size_t err_len)
{
	enum asked asked = ASKED_CHOSEN;
	struct plan_choice choice;
	struct plan plan;

	if (!plan_choose(&choice, config, err, err_len))
		return false;
	if (choice.ask)
		asked = ask_which(job, config, &choice, &choice.command, err, err_len);
	if (asked != ASKED_CHOSEN)
		return asked == ASKED_LISTED;
	if (!plan_make(&plan, config, &choice.command, &job->guest, err, err_len))
		return false;
	reply_plan(job->vm, job->id, &plan);
	return true;
}

static void on_fetched(void *arg, enum pxelinux_fetched fetched, const struct pxelinux_config *config, const char *why)
{
	char words[PXELINUX_ERROR_MAX], text[PXELINUX_ERROR_MAX];
	struct vm_plan *job = arg;

	job->vm->plan = NULL;
	snprintf(words, sizeof(words), "%s", fetched == PXELINUX_FETCHED ? "" : why);
	if (fetched != PXELINUX_FETCHED || !decide(job, config, words, sizeof(words))) {
		snprintf(text, sizeof(text), "no direct boot: %.480s", words);
		reply_words(job->vm, job->id, PVBOOT_PLAN_NONE, text);
	}
	free(job);
}

static const struct pxelinux_fetch_ops fetch_ops = {.open = open_file, .done = on_fetched};

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void start(struct vm *vm, uint32_t id, const struct pvboot_plan_args *args)
{
	struct vm_plan *job = calloc(1, sizeof(*job));

	if (job) {
		pxelinux_guest_make(&job->guest, &vm->boot);
		job->fetch = pxelinux_fetch_new(&job->guest, &fetch_ops, job);
	}
	if (!job || !job->fetch) {
		free(job);
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "out of memory");
		return;
	}
	job->vm = vm;
	job->id = id;
	job->args = *args;
	vm->plan = job;
	if (!look_at_boot_file(job))
		pxelinux_fetch_run(job->fetch);
}

void vm_plan_ask(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	const struct conf_vm *conf = vm->id.conf;
	struct pvboot_plan_args args;
	const char *options;
	bool understood;

	memcpy(&args, bytes, sizeof(args));
	if (len != sizeof(args) || room < sizeof(struct pvboot_plan) || (args.choice && !args.flags))
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed PLAN");
	else if (args.flags & ~PVBOOT_PLAN_F_LIST)
		vm_fail(vm, id, PVBOOT_S_UNSUPPORTED, 0, "unknown flag in PLAN");
	else if (vm->plan)
		vm_fail(vm, id, PVBOOT_S_NO_RESOURCES, 0, "a plan is being made already");
	else if (conf->kernel[0])
		reply_configured(vm, id);
	else if (read_boot(vm, &vm->boot, &options, &understood) == PLAN_BOOT_DIRECT)
		start(vm, id, &args);
	else
		reply_words(vm, id, PVBOOT_PLAN_NONE,
			    understood ? "" : "the site's DHCP option says neither \"direct\" nor \"program\"");
}

bool vm_plan_cancel(struct vm *vm, uint32_t id)
{
	if (!vm->plan || vm->plan->id != id)
		return false;
	vm_plan_reset(vm);
	return true;
}

void vm_plan_reset(struct vm *vm)
{
	if (!vm->plan)
		return;
	stop_looking(vm->plan);
	pxelinux_fetch_cancel(vm->plan->fetch);
	free(vm->plan);
	vm->plan = NULL;
}
