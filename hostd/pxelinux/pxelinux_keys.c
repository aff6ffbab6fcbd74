/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_keys.c - what a line of a pxelinux configuration means (syslinux.cfg(5), syslinux's menu.txt). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxelinux/pxelinux_keys.h"
#include "pxelinux/pxelinux_text.h"

/* Handles the rest of a keyword's line, without leading blanks.  Returns false if the configuration is refused. */
struct key {
	const char *word;
	bool (*set)(struct pxelinux_parser *p, const struct key *key, const char *value);
};

/* ---- values ----------------------------------------------------------------------------------------------------- */

/*
 * Copy a text for a kernel or a server, which must be printable.  Titles need not be: Debian's installer rings the bell
 * in one.
 */
static bool keep_text(struct pxelinux_parser *p, const char **text, const char *value)
{
	for (const char *s = value; *s; s++)
		if ((unsigned char)*s < ' ' && *s != '\t')
			return pxelinux_refuse(p, "there is a control character, %02Xh", (unsigned char)*s);
	*text = pxelinux_copy(p, value, strlen(value));
	return *text;
}

/* Read a decimal, octal or hexadecimal number, which must be the only word: pxelinux would take anything else for 0. */
static bool read_number(struct pxelinux_parser *p, const struct key *key, const char *value, uint32_t max,
			uint32_t *number)
{
	unsigned long n;
	char *end;

	n = strtoul(value, &end, 0);
	if (value[0] < '0' || value[0] > '9' || end != value + pxelinux_word(value) || *pxelinux_skip(end))
		return pxelinux_refuse(p, "%s %.60s: this takes a number", key->word, value);
	if (n > max)
		return pxelinux_refuse(p, "%s %.60s: the number is too large", key->word, value);
	*number = (uint32_t)n;
	return true;
}

/* ---- the main keywords ------------------------------------------------------------------------------------------- */

static bool set_label(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	size_t len = pxelinux_word(value);

	if (!len)
		return pxelinux_refuse(p, "LABEL has no name");
	return pxelinux_label_begin(p, value, len);
}

static bool set_append(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return keep_text(p, p->label ? &p->label->append : &p->append, value);
}

static bool set_initrd(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	/* pxelinux ignores an INITRD outside of a label. */
	return !p->label || keep_text(p, &p->label->initrd, value);
}

static bool set_sysappend(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_number(p, key, value, UINT32_MAX, p->label ? &p->label->sysappend : &p->sysappend);
}

static bool set_image(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	static const struct {
		const char *word;
		enum pxelinux_type type;
	} types[] = {{"KERNEL", PXELINUX_TYPE_KERNEL},
		     {"LINUX", PXELINUX_TYPE_LINUX},
		     {"LOCALBOOT", PXELINUX_TYPE_LOCALBOOT}};
	struct pxelinux_label *label = p->label;

	/* pxelinux ignores this line outside of a label. */
	if (!label)
		return true;
	label->type = PXELINUX_TYPE_OTHER;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(key->word, types[i].word))
			label->type = types[i].type;
	label->keyword = key->word;
	label->where = p->where;
	return keep_text(p, &label->image, value);
}

static bool keep_command(struct pxelinux_parser *p, struct pxelinux_command *command, const struct key *key,
			 const char *value)
{
	if (!*value)
		return pxelinux_refuse(p, "%s says nothing to boot", key->word);
	command->where = p->where;
	return keep_text(p, &command->text, value);
}

static bool set_default(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return keep_command(p, &p->config->by_default, key, value);
}

static bool set_ontimeout(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return keep_command(p, &p->config->on_timeout, key, value);
}

static bool set_ui(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return keep_command(p, &p->config->ui, key, value);
}

static bool set_include(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return p->include_file(p, value, pxelinux_word(value));
}

static bool set_timeout(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_number(p, key, value, UINT32_MAX / 1000, &p->config->timeout);
}

static bool set_totaltimeout(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_number(p, key, value, UINT32_MAX / 1000, &p->config->total_timeout);
}

static bool read_flag(struct pxelinux_parser *p, const struct key *key, const char *value, bool *flag)
{
	uint32_t number;

	if (!read_number(p, key, value, INT32_MAX, &number))
		return false;
	*flag = number;
	return true;
}

static bool set_prompt(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_flag(p, key, value, &p->config->prompt);
}

static bool set_noescape(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_flag(p, key, value, &p->config->no_escape);
}

static bool set_implicit(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_flag(p, key, value, &p->config->implicit);
}

static bool set_allowoptions(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return read_flag(p, key, value, &p->config->allow_options);
}

static bool set_text(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	p->in_text = true;
	return true;
}

static bool ignore(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return true;
}

/* ---- MENU ------------------------------------------------------------------------------------------------------- */

/* Copy a title without the ^ that marks its hot key, and without control characters. */
static bool keep_title(struct pxelinux_parser *p, const char **title, const char *value)
{
	char *copy = pxelinux_copy(p, value, strlen(value)), *to = copy;

	if (!copy)
		return false;
	for (; *value; value++)
		if (*value != '^' && (unsigned char)*value >= ' ')
			*to++ = *value;
	*to = 0;
	*title = copy;
	return true;
}

static bool menu_label(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	/* Outside of a label, MENU LABEL names the submenu. */
	return !p->label || keep_title(p, &p->label->title, value);
}

static bool menu_title(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	return p->menu_depth || keep_title(p, &p->config->title, value);
}

static bool menu_default(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	if (p->label)
		p->label->preferred = true;
	return true;
}

static bool menu_hide(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	if (p->label)
		p->label->hide = true;
	return true;
}

static bool menu_disable(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	if (p->label)
		p->label->disabled = true;
	return true;
}

static bool menu_passwd(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	if (p->label)
		p->label->has_password = true;
	return true;
}

static bool menu_separator(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	pxelinux_label_end(p);
	return true;
}

static bool menu_begin(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	pxelinux_label_end(p);
	if (!p->config->submenu.file)
		p->config->submenu = p->where;
	p->menu_depth++;
	return true;
}

static bool menu_end(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	pxelinux_label_end(p);
	if (p->menu_depth)
		p->menu_depth--;
	return true;
}

static bool menu_include(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	size_t len = pxelinux_word(value);
	bool submenu = *pxelinux_skip(value + len);

	if (submenu)
		menu_begin(p, key, value);
	if (!p->include_file(p, value, len))
		return false;
	return !submenu || menu_end(p, key, value);
}

/* A label that leads to another menu. */
static bool menu_action(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	static const char *const words[] = {"MENU GOTO", "MENU EXIT", "MENU QUIT", "MENU HELP"};

	if (!p->label)
		return true;
	p->label->type = PXELINUX_TYPE_OTHER;
	p->label->where = p->where;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(key->word, words[i] + 5))
			p->label->keyword = words[i];
	return keep_text(p, &p->label->image, value);
}

/* The keywords behind MENU.  Those about the look of a menu are ignored: the guest draws its own. */
static const struct key menu_keys[] = {
	{"LABEL", menu_label},
	{"TITLE", menu_title},
	{"DEFAULT", menu_default},
	{"HIDE", menu_hide},
	{"DISABLE", menu_disable},
	{"DISABLED", menu_disable},
	{"PASSWD", menu_passwd},
	{"SEPARATOR", menu_separator},
	{"BEGIN", menu_begin},
	{"END", menu_end},
	{"INCLUDE", menu_include},
	{"GOTO", menu_action},
	{"EXIT", menu_action},
	{"QUIT", menu_action},
	{"HELP", menu_action},
	{"AUTOBOOT", ignore},
	{"BACKGROUND", ignore},
	{"CLEAR", ignore},
	{"CMDLINEROW", ignore},
	{"COLOR", ignore},
	{"COLOUR", ignore},
	{"ENDROW", ignore},
	{"HELPMSGENDROW", ignore},
	{"HELPMSGROW", ignore},
	{"HIDDEN", ignore},
	{"HIDDENROW", ignore},
	{"HSHIFT", ignore},
	{"INDENT", ignore},
	{"MARGIN", ignore},
	{"MASTER", ignore}, /* PASSWD: it protects the editing of entries, which this menu does not offer */
	{"MSGCOLOR", ignore},
	{"MSGCOLOUR", ignore},
	{"NOSAVE", ignore},
	{"NOTABMSG", ignore},
	{"ONERROR", ignore},
	{"PASSPROMPT", ignore},
	{"PASSWORDMARGIN", ignore},
	{"PASSWORDROW", ignore},
	{"RESOLUTION", ignore},
	{"ROWS", ignore},
	{"SAVE", ignore}, /* pxelinux has nowhere to save to */
	{"SHIFTKEY", ignore},
	{"TABMSG", ignore},
	{"TABMSGROW", ignore},
	{"TIMEOUTROW", ignore},
	{"VSHIFT", ignore},
	{"WIDTH", ignore},
};

static bool set_menu(struct pxelinux_parser *p, const struct key *key, const char *value)
{
	for (size_t i = 0; i < sizeof(menu_keys) / sizeof(menu_keys[0]); i++) {
		const char *rest = pxelinux_keyword(value, menu_keys[i].word);

		if (rest)
			return menu_keys[i].set(p, &menu_keys[i], rest);
	}
	/* This is an error only if a menu is shown: plan_choose() checks. */
	if (!p->config->odd_menu.file)
		p->config->odd_menu = p->where;
	return true;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static const struct key keys[] = {
	{"MENU", set_menu},
	{"TEXT", set_text},
	{"INCLUDE", set_include},
	{"APPEND", set_append},
	{"INITRD", set_initrd},
	{"LABEL", set_label},
	{"KERNEL", set_image},
	{"LINUX", set_image},
	{"LOCALBOOT", set_image},
	{"BOOT", set_image},
	{"BSS", set_image},
	{"COM32", set_image},
	{"COMBOOT", set_image},
	{"CONFIG", set_image},
	{"FDIMAGE", set_image},
	{"PXE", set_image},
	{"TIMEOUT", set_timeout},
	{"TOTALTIMEOUT", set_totaltimeout},
	{"ONTIMEOUT", set_ontimeout},
	{"IPAPPEND", set_sysappend},
	{"SYSAPPEND", set_sysappend},
	{"DEFAULT", set_default},
	{"UI", set_ui},
	{"PROMPT", set_prompt},
	{"NOESCAPE", set_noescape},
	{"IMPLICIT", set_implicit},
	{"ALLOWOPTIONS", set_allowoptions},
	/* Settings of pxelinux's own screen, keyboard and network code. */
	{"CONSOLE", ignore},
	{"DISPLAY", ignore},
	{"FONT", ignore},
	{"KBDMAP", ignore},
	{"NOCOMPLETE", ignore},
	{"NOHALT", ignore},
	{"ONERROR", ignore},
	{"PATH", ignore},
	{"PXERETRY", ignore},
	{"SAY", ignore},
	{"SENDCOOKIES", ignore},
	{"SERIAL", ignore},
};

/* Is it F1 to F12, or F0 for F10, which name a help screen? */
static bool is_function_key(const char *line)
{
	size_t len = pxelinux_word(line);

	return (line[0] == 'F' || line[0] == 'f') && len >= 2 && len <= 3 &&
	       strspn(line + 1, "0123456789") == len - 1 && strtoul(line + 1, NULL, 10) <= 12;
}

bool pxelinux_line(struct pxelinux_parser *p, const char *line)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = pxelinux_keyword(line, keys[i].word);

		if (value)
			return keys[i].set(p, &keys[i], value);
	}
	if (is_function_key(line))
		return true;
	return pxelinux_refuse(p, "%.80s: this is not understood", line);
}
