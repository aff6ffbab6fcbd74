/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_parser.c - the state of the parser of pxelinux configurations. */
#include "pxelinux/pxelinux_parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pxelinux/pxelinux_text.h"

bool pxelinux_refuse(struct pxelinux_parser *p, const char *fmt, ...)
{
	char words[PXELINUX_ERROR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	pxelinux_words(p->config->error, sizeof(p->config->error), "%s:%u: %s", p->where.file, p->where.line, words);
	p->result = PXELINUX_REFUSED;
	return false;
}

static void *keep(struct pxelinux_parser *p, size_t size)
{
	void *kept = pxelinux_config_keep(p->config, size);

	if (!kept)
		pxelinux_refuse(p, "the host has no memory left");
	return kept;
}

char *pxelinux_copy(struct pxelinux_parser *p, const char *text, size_t len)
{
	char *copy = keep(p, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void pxelinux_label_end(struct pxelinux_parser *p)
{
	struct pxelinux_label *label = p->label;

	p->label = NULL;
	if (!label)
		return;
	if (!label->append)
		label->append = p->append ? p->append : "";
	if (!strcmp(label->append, "-"))
		label->append = "";
	label->depth = p->menu_depth;
	*p->config->tail = label;
	p->config->tail = &label->next;
	p->config->n_labels++;
}

bool pxelinux_label_begin(struct pxelinux_parser *p, const char *name, size_t len)
{
	struct pxelinux_label *label;

	pxelinux_label_end(p);
	if (p->config->n_labels == PXELINUX_LABELS_MAX)
		return pxelinux_refuse(p, "there are more than %d LABELs", PXELINUX_LABELS_MAX);
	label = keep(p, sizeof(*label));
	if (!label)
		return false;
	label->name = pxelinux_copy(p, name, len);
	if (!label->name)
		return false;
	label->title = label->name;
	label->type = PXELINUX_TYPE_KERNEL;
	label->keyword = "LABEL";
	/* The label's name is the file, unless a KERNEL or similar line follows. */
	label->image = label->name;
	label->sysappend = p->sysappend;
	label->where = p->where;
	p->label = label;
	return true;
}
