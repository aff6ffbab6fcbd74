/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_parse.c - configuration files of pxelinux: files and lines. */
#include "pxelinux/pxelinux_parse.h"

#include <string.h>

#include "pxelinux/pxelinux_keys.h"
#include "pxelinux/pxelinux_text.h"

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
	/* A TEXT without ENDTEXT ends with its file. */
	p->in_text = false;
	p->where = outer;
	return good;
}

/* The include_file() of struct pxelinux_parser. */
static bool include_file(struct pxelinux_parser *p, const char *name, size_t len)
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
	struct pxelinux_parser p = {.config = config,
				    .include = include,
				    .arg = arg,
				    .include_file = include_file,
				    .where = {.file = file}};

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
