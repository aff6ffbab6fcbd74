/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_parse.c - configuration files of pxelinux: files, lines and labels. */
#include "pxelinux/pxelinux_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxelinux/pxelinux_internal.h"

struct pxelinux_string {
	struct pxelinux_string *next;
	_Alignas(max_align_t) char bytes[];
};

/* ---- words ------------------------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

size_t pxelinux_word(const char *text)
{
	size_t len = 0;

	while (!is_blank(text[len]))
		len++;
	return len;
}

const char *pxelinux_skip(const char *text)
{
	while (*text && is_blank(*text))
		text++;
	return text;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

const char *pxelinux_keyword(const char *text, const char *word)
{
	while (*word && lower(*text) == lower(*word)) {
		text++;
		word++;
	}
	return !*word && is_blank(*text) ? pxelinux_skip(text) : NULL;
}

void pxelinux_words(char *buf, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, cap, fmt, ap);
	va_end(ap);
	for (char *s = buf; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

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

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static void *keep(struct pxelinux_parser *p, size_t size)
{
	struct pxelinux_string *s = calloc(1, sizeof(*s) + size);

	if (!s) {
		pxelinux_refuse(p, "the host has no memory left");
		return NULL;
	}
	s->next = p->config->strings;
	p->config->strings = s;
	return s->bytes;
}

char *pxelinux_copy(struct pxelinux_parser *p, const char *text, size_t len)
{
	char *copy = keep(p, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void pxelinux_config_free(struct pxelinux_config *config)
{
	while (config->strings) {
		struct pxelinux_string *next = config->strings->next;

		free(config->strings);
		config->strings = next;
	}
	memset(config, 0, sizeof(*config));
}

/* ---- labels ----------------------------------------------------------------------------------------------------- */

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
	/* Until a KERNEL or its like says otherwise, the label's name is the file. */
	label->image = label->name;
	label->sysappend = p->sysappend;
	label->where = p->where;
	p->label = label;
	return true;
}

const struct pxelinux_label *pxelinux_find_label(const struct pxelinux_config *config, const char *name, size_t len)
{
	for (const struct pxelinux_label *label = config->labels; label; label = label->next)
		if (!label->disabled && !strncmp(label->name, name, len) && !label->name[len])
			return label;
	return NULL;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static bool read_line(struct pxelinux_parser *p, const char *text, size_t len)
{
	char line[PXELINUX_LINE_MAX + 1];
	const char *cr, *start;

	if (len > PXELINUX_LINE_MAX)
		return pxelinux_refuse(p,
				       "the line has more than %d bytes, and pxelinux would make two of it: shorten it",
				       PXELINUX_LINE_MAX);
	/* pxelinux reads a line up to its first carriage return. */
	cr = memchr(text, '\r', len);
	if (cr)
		len = (size_t)(cr - text);
	if (memchr(text, 0, len))
		return pxelinux_refuse(p, "there is a NUL byte: this is no text file");
	memcpy(line, text, len);
	line[len] = 0;
	start = pxelinux_skip(line);
	if (p->in_text) {
		p->in_text = !pxelinux_keyword(start, "ENDTEXT");
		return true;
	}
	if (!*start || *start == '#')
		return true;
	return pxelinux_line(p, start);
}

static bool read_text(struct pxelinux_parser *p, const char *file, const char *text, size_t len)
{
	struct pxelinux_where outer = p->where;
	size_t pos = 0;
	bool good = true;

	p->where.file = pxelinux_copy(p, file, strlen(file));
	if (!p->where.file) {
		p->where = outer;
		return false;
	}
	p->where.line = 0;
	if (len > PXELINUX_TEXT_MAX)
		good = pxelinux_refuse(p, "the file has more than %d bytes: this is no configuration",
				       PXELINUX_TEXT_MAX);
	while (good && pos < len) {
		const char *end = memchr(text + pos, '\n', len - pos);
		size_t n = end ? (size_t)(end - text) - pos : len - pos;

		p->where.line++;
		good = read_line(p, text + pos, n);
		pos += n + 1;
	}
	/* A TEXT that is not ended ends with its file. */
	p->in_text = false;
	p->where = outer;
	return good;
}

bool pxelinux_include(struct pxelinux_parser *p, const char *name, size_t len)
{
	enum pxelinux_found found;
	const char *text = NULL;
	char *file;
	size_t size = 0;
	bool good;

	if (!len)
		return pxelinux_refuse(p, "INCLUDE names no file");
	if (len >= PXELINUX_WANTED_MAX)
		return pxelinux_refuse(p, "INCLUDE names a file of %zu bytes, and pxelinux reads no more than %d", len,
				       PXELINUX_WANTED_MAX - 1);
	if (p->depth == PXELINUX_DEPTH_MAX)
		return pxelinux_refuse(p, "INCLUDE: files are included %d deep, does one include itself?",
				       PXELINUX_DEPTH_MAX);
	if (p->files == PXELINUX_FILES_MAX)
		return pxelinux_refuse(p, "INCLUDE: more than %d files are included", PXELINUX_FILES_MAX);
	file = pxelinux_copy(p, name, len);
	if (!file)
		return false;
	p->files++;
	found = p->include ? p->include(p->arg, file, &text, &size) : PXELINUX_FAILED;
	switch (found) {
	case PXELINUX_FOUND:
		break;
	case PXELINUX_MISSING:
		return true;
	case PXELINUX_LATER:
		memcpy(p->config->wanted, file, len + 1);
		p->result = PXELINUX_WAITS;
		return false;
	case PXELINUX_FAILED:
	default:
		return pxelinux_refuse(p, "INCLUDE %s: the file cannot be read", file);
	}
	p->depth++;
	good = read_text(p, file, text, size);
	p->depth--;
	return good;
}

enum pxelinux_parsed pxelinux_parse(struct pxelinux_config *config, const char *file, const char *text, size_t len,
				    pxelinux_include_fn include, void *arg)
{
	struct pxelinux_parser p = {.config = config, .include = include, .arg = arg, .where = {.file = file}};

	memset(config, 0, sizeof(*config));
	config->tail = &config->labels;
	config->implicit = true;
	config->allow_options = true;
	config->first.file = pxelinux_copy(&p, file, strlen(file));
	config->first.line = 1;
	if (!config->first.file || !read_text(&p, file, text, len))
		return p.result;
	pxelinux_label_end(&p);
	config->sysappend = p.sysappend;
	return PXELINUX_PARSED;
}
