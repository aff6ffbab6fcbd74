/* SPDX-License-Identifier: BSD-2-Clause */
/* plan.c - what a guest boots without a boot program. */
#include "pxelinux/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "pxelinux/pxelinux_text.h"

#define MS_PER_TENTH 100

/* The boot of one command. */
struct boot {
	const struct pxelinux_config *config;
	const struct pxelinux_guest *guest;
	const struct pxelinux_label *label; /* NULL: the command names a kernel, not a label */
	struct pxelinux_where where;	    /* the line that errors name */
	char command[PLAN_COMMAND_MAX + 1];
	size_t len;
	bool too_long;
	char *error;
	size_t cap;
};

static bool refuse(char *err, size_t err_len, const struct pxelinux_where *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool refuse(char *err, size_t err_len, const struct pxelinux_where *where, const char *fmt, ...)
{
	char words[PXELINUX_ERROR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (where->file)
		pxelinux_words(err, err_len, "%s:%u: %s", where->file, where->line, words);
	else
		pxelinux_words(err, err_len, "%s", words);
	return false;
}

#define blame(boot, ...) refuse((boot)->error, (boot)->cap, &(boot)->where, __VA_ARGS__)

/* ---- what pxelinux does with a file, by its name ------------------------------------------------------------------
 */

static bool ends_in(const char *text, size_t len, const char *ending)
{
	size_t n = strlen(ending);

	return len >= n && !memcmp(text + len - n, ending, n);
}

/* What kind of boot program a file is by its name, for files that are not loaded as Linux; NULL if it may be Linux. */
static const char *other_kind(const char *name, size_t len)
{
	static const struct {
		const char *ending, *kind;
	} kinds[] = {
		{".c32", "a module of syslinux"}, {".0", "a boot program"}, {".bin", "a boot sector"},
		{".bss", "a boot sector"},	  {".bs", "a boot sector"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (ends_in(name, len, kinds[i].ending))
			return kinds[i].kind;
	return NULL;
}

/* Is this menu.c32, in any directory, without arguments?  hostd and the guest show its menu themselves. */
static bool is_text_menu(const char *text)
{
	size_t len = pxelinux_word(text);

	return ends_in(text, len, "menu.c32") && (len == 8 || text[len - 9] == '/' || text[len - 9] == ':') &&
	       !*pxelinux_skip(text + len);
}

/* The same for a command, which may also name a label that begins the menu. */
static bool begins_text_menu(const struct pxelinux_config *config, const char *text)
{
	size_t len = pxelinux_word(text);
	const struct pxelinux_label *label = pxelinux_find_label(config, text, len);

	if (!label)
		return is_text_menu(text);
	return (label->type == PXELINUX_TYPE_KERNEL || !strcmp(label->keyword, "COM32")) &&
	       is_text_menu(label->image) && !label->append[0] && !label->initrd && !label->sysappend &&
	       !*pxelinux_skip(text + len);
}

/* ---- the choice -------------------------------------------------------------------------------------------------- */

bool plan_listed(const struct pxelinux_label *label)
{
	return !label->hide && !label->disabled;
}

/* Check that the label can be booted, whatever its options.  On failure returns false and fills err. */
static bool check_label(const struct pxelinux_label *label, char *err, size_t err_len)
{
	const struct pxelinux_where *where = &label->where;
	size_t len = pxelinux_word(label->image);
	const char *kind = label->type == PXELINUX_TYPE_KERNEL ? other_kind(label->image, len) : NULL;

	if (label->has_password)
		return refuse(err, err_len, where, "LABEL %.60s has a MENU PASSWD", label->name);
	if (label->type == PXELINUX_TYPE_OTHER)
		return refuse(err, err_len, where, "%s %.80s: this is no Linux kernel", label->keyword, label->image);
	if (kind)
		return refuse(err, err_len, where, "%s %.80s: by its name this is %s", label->keyword, label->image,
			      kind);
	if (!len)
		return refuse(err, err_len, where, "%s says nothing to boot", label->keyword);
	return true;
}

/* The user chooses from all labels that are shown, so each of them must be bootable. */
static bool ask(struct plan_choice *choice, const struct pxelinux_config *config, char *err, size_t err_len)
{
	bool any = false;

	for (const struct pxelinux_label *label = config->labels; label; label = label->next) {
		if (!plan_listed(label))
			continue;
		if (!check_label(label, err, err_len))
			return false;
		any = true;
	}
	if (!any)
		return refuse(err, err_len, &config->first, "there is no LABEL to choose from, and no DEFAULT to boot");
	choice->ask = true;
	choice->title = config->title;
	choice->timeout_ms = config->timeout * MS_PER_TENTH;
	choice->total_timeout_ms = config->total_timeout * MS_PER_TENTH;
	return true;
}

/*
 * The entry that menu.c32 selects first: DEFAULT's, if a UI line makes DEFAULT the name of a label; else the last MENU
 * DEFAULT; else the first.
 */
static const struct pxelinux_label *menu_entry(const struct pxelinux_config *config)
{
	const struct pxelinux_label *first = NULL, *entry = NULL, *named = NULL;

	for (const struct pxelinux_label *label = config->labels; label; label = label->next) {
		if (!plan_listed(label))
			continue;
		if (!first)
			first = label;
		if (label->preferred)
			entry = label;
	}
	if (config->ui.text && config->by_default.text)
		named = pxelinux_find_label(config, config->by_default.text, pxelinux_word(config->by_default.text));
	if (named && plan_listed(named))
		return named;
	return entry ? entry : first;
}

static bool choose_from_menu(struct plan_choice *choice, const struct pxelinux_config *config, char *err,
			     size_t err_len)
{
	const struct pxelinux_label *entry = menu_entry(config);

	if (config->submenu.file)
		return refuse(err, err_len, &config->submenu, "MENU BEGIN: a menu within a menu");
	if (config->odd_menu.file)
		return refuse(err, err_len, &config->odd_menu, "this MENU line is not understood");
	if (!ask(choice, config, err, err_len))
		return false;
	choice->preferred = entry->name;
	choice->command.text = entry->name;
	choice->command.where = entry->where;
	if (config->on_timeout.text)
		choice->command = config->on_timeout;
	return true;
}

bool plan_choose(struct plan_choice *choice, const struct pxelinux_config *config, char *err, size_t err_len)
{
	const struct pxelinux_command *ui = &config->ui, *by_default = &config->by_default;
	const struct pxelinux_label *label;

	memset(choice, 0, sizeof(*choice));
	if (ui->text) {
		if (!is_text_menu(ui->text))
			return refuse(err, err_len, &ui->where, "UI %.100s", ui->text);
		return choose_from_menu(choice, config, err, err_len);
	}
	if (by_default->text && begins_text_menu(config, by_default->text))
		return choose_from_menu(choice, config, err, err_len);
	label = by_default->text ? pxelinux_find_label(config, by_default->text, pxelinux_word(by_default->text))
				 : NULL;
	choice->command = *by_default;
	if (by_default->text && (!config->prompt || config->no_escape))
		return true;
	if (config->on_timeout.text)
		choice->command = config->on_timeout;
	if (!ask(choice, config, err, err_len))
		return false;
	choice->preferred = label && plan_listed(label) ? label->name : NULL;
	return true;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static void add(struct boot *boot, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct boot *boot, const char *fmt, ...)
{
	size_t room = sizeof(boot->command) - boot->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(boot->command + boot->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		boot->too_long = true;
	else
		boot->len += (size_t)n;
}

/* Append the words of SYSAPPEND, each behind a blank. */
static bool add_sysappend(struct boot *boot, uint32_t bits)
{
	const struct pxelinux_guest *g = boot->guest;
	uint32_t known = PLAN_SYSAPPEND_IP | PLAN_SYSAPPEND_BOOTIF | PLAN_SYSAPPEND_SYSUUID | PLAN_SYSAPPEND_FSUUID;
	char text[ADDR_UUID_TEXT];

	if (bits & ~known)
		return blame(boot, "SYSAPPEND %#x: bits %#x ask for what only the guest knows", bits, bits & ~known);
	if (bits & PLAN_SYSAPPEND_IP)
		add(boot, " ip=%s:%s:%s:%s", addr_text(g->address), addr_text(g->server), addr_text(g->router),
		    addr_text(g->netmask));
	if (bits & PLAN_SYSAPPEND_BOOTIF)
		add(boot, " BOOTIF=01-%02x-%02x-%02x-%02x-%02x-%02x", g->mac[0], g->mac[1], g->mac[2], g->mac[3],
		    g->mac[4], g->mac[5]);
	if (bits & PLAN_SYSAPPEND_SYSUUID && pxelinux_uuid_valid(g->uuid)) {
		addr_uuid_text(text, g->uuid);
		add(boot, " SYSUUID=%s", text);
	}
	return true;
}

/* Expand "LABEL options" as pxelinux does: the label's file and options, its initrd, SYSAPPEND, then the options. */
static bool expand_label(struct boot *boot, const char *options)
{
	const struct pxelinux_label *label = boot->label;

	add(boot, "%s", label->image);
	if (label->append[0])
		add(boot, " %s", label->append);
	if (label->initrd)
		add(boot, " initrd=%s", label->initrd);
	if (!add_sysappend(boot, label->sysappend))
		return false;
	if (*options)
		add(boot, " %s", options);
	/* pxelinux puts ".linux " before the command. */
	if (label->type == PXELINUX_TYPE_LINUX && boot->len > PLAN_COMMAND_MAX - strlen(".linux "))
		boot->too_long = true;
	return true;
}

/* Expand a command that names a kernel without a label. */
static bool expand_kernel(struct boot *boot, const char *text, const char *options)
{
	const struct pxelinux_config *config = boot->config;
	size_t len = pxelinux_word(text);
	const char *kind = other_kind(text, len);

	if (!config->implicit)
		return blame(boot, "%.80s: there is no such LABEL, and IMPLICIT 0 allows no other", text);
	if (kind)
		return blame(boot, "%.*s: there is no such LABEL, and by its name this is %s",
			     len < 100 ? (int)len : 100, text, kind);
	if (text[0] == '.')
		return blame(boot, "%.80s: there is no such LABEL", text);
	add(boot, "%.*s", (int)len, text);
	if (*options && config->allow_options)
		add(boot, " %s", options);
	return add_sysappend(boot, config->sysappend);
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static bool resolve(struct boot *boot, struct pxelinux_file *file, const char *name, size_t len)
{
	char error[PXELINUX_ERROR_MAX];

	return pxelinux_file_resolve(file, boot->guest->prefix, name, len, error, sizeof(error)) ||
	       blame(boot, "%s", error);
}

/* Read the files of the first "initrd=", wherever it stands, up to a blank: pxelinux reads no further. */
static bool read_initrds(struct boot *boot, struct plan *plan)
{
	const char *names = strstr(plan->cmdline, "initrd=");

	if (!names)
		return true;
	names += strlen("initrd=");
	for (;;) {
		size_t span = strcspn(names, " ,"), len = pxelinux_word(names);

		if (plan->n_initrds == PLAN_INITRDS_MAX)
			return blame(boot, "there are more than %d initrds", PLAN_INITRDS_MAX);
		if (!resolve(boot, &plan->initrd[plan->n_initrds], names, len < span ? len : span))
			return false;
		plan->n_initrds++;
		names += span;
		if (*names != ',')
			return true;
		names++;
	}
}

/*
 * Find the last word that begins with name, which ends in "=".  Returns what is behind the "="; NULL if there is none.
 */
static const char *find_argument(const char *cmdline, const char *name)
{
	const char *found = NULL;

	for (cmdline = pxelinux_skip(cmdline); *cmdline; cmdline = pxelinux_skip(cmdline + pxelinux_word(cmdline)))
		if (!strncmp(cmdline, name, strlen(name)))
			found = cmdline + strlen(name);
	return found;
}

/* The setup header's vid_mode (Linux: Documentation/admin-guide/svga.rst); 0 if "vga=" is missing. */
static uint16_t video_mode(const char *vga)
{
	if (!vga)
		return 0;
	switch (vga[0] | 0x20) {
	case 'a': /* ask */
		return 0xfffd;
	case 'e': /* ext */
		return 0xfffe;
	case 'n': /* normal */
		return 0xffff;
	case 'c': /* current */
		return 0x0f04;
	default:
		return (uint16_t)strtoul(vga, NULL, 0);
	}
}

static uint64_t memory_limit(const char *mem)
{
	static const char suffixes[] = "kmgtpe";
	const char *suffix;
	unsigned long long n;
	unsigned int shift = 0;
	char *end;

	if (!mem || mem[0] < '0' || mem[0] > '9')
		return 0;
	n = strtoull(mem, &end, 0);
	suffix = *end ? strchr(suffixes, *end | 0x20) : NULL;
	if (suffix)
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	return n > UINT64_MAX >> shift ? UINT64_MAX : (uint64_t)n << shift;
}

static bool make_linux(struct boot *boot, struct plan *plan)
{
	size_t len = pxelinux_word(boot->command);

	plan->kind = PLAN_LINUX;
	snprintf(plan->cmdline, sizeof(plan->cmdline), "BOOT_IMAGE=%.*s %s", (int)len, boot->command,
		 pxelinux_skip(boot->command + len));
	/* A direct boot does not keep the PXE stack, so a kernel that needs it cannot be booted directly. */
	if (strstr(plan->cmdline, "keeppxe"))
		return blame(boot, "keeppxe: only a boot program can keep the PXE stack");
	plan->video_mode = video_mode(find_argument(plan->cmdline, "vga="));
	plan->memory_limit = memory_limit(find_argument(plan->cmdline, "mem="));
	return resolve(boot, &plan->kernel, boot->command, len) && read_initrds(boot, plan);
}

bool plan_make(struct plan *plan, const struct pxelinux_config *config, const struct pxelinux_command *command,
	       const struct pxelinux_guest *guest, char *err, size_t err_len)
{
	struct boot boot = {.config = config, .guest = guest, .where = command->where, .error = err, .cap = err_len};
	const char *text = command->text ? command->text : "";
	size_t len = pxelinux_word(text);
	const char *options = pxelinux_skip(text + len);

	memset(plan, 0, sizeof(*plan));
	boot.label = pxelinux_find_label(config, text, len);
	if (boot.label) {
		boot.where = boot.label->where;
		snprintf(plan->label, sizeof(plan->label), "%s", boot.label->name);
		if (!check_label(boot.label, err, err_len))
			return false;
		if (boot.label->type == PXELINUX_TYPE_LOCALBOOT) {
			plan->kind = PLAN_LOCAL;
			return true;
		}
		if (!expand_label(&boot, options))
			return false;
	} else if (!len) {
		return blame(&boot, "there is nothing to boot");
	} else if (!expand_kernel(&boot, text, options)) {
		return false;
	}
	if (boot.too_long)
		return blame(&boot, "the command line is longer than pxelinux's %d bytes", PLAN_COMMAND_MAX);
	return make_linux(&boot, plan);
}
