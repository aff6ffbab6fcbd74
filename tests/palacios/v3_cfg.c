/* SPDX-License-Identifier: BSD-2-Clause */
/* v3_cfg.c - a guest's XML as Palacios understands it: elements, attributes, text, comments. */
#include <palacios/vm_guest.h>

#include "v3_vm.h"

#define ATTRS 16

struct v3_xml {
	char *name;
	char *text; /* may be empty, never NULL */
	char *attr[ATTRS][2];
	struct v3_xml *child, *sibling;
};

struct parser {
	const char *at;
	const char *wrong;
};

static char *copy(const char *from, const char *to)
{
	char *s = host_alloc((uint_t)(to - from) + 1);

	memcpy(s, from, (size_t)(to - from));
	return s;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int is_name(char c)
{
	return c && !is_space(c) && !strchr("<>/=\"'", c);
}

static void skip_space(struct parser *p)
{
	while (is_space(*p->at))
		p->at++;
}

/* Behind the first of text, or the end. */
static void skip_behind(struct parser *p, const char *text)
{
	size_t n = strlen(text);

	while (*p->at && strncmp(p->at, text, n))
		p->at++;
	p->at += *p->at ? n : 0;
}

static char *take_name(struct parser *p)
{
	const char *from = p->at;

	while (is_name(*p->at))
		p->at++;
	if (p->at == from)
		p->wrong = "a name is missing";
	return copy(from, p->at);
}

static void take_attributes(struct parser *p, struct v3_xml *x)
{
	for (int i = 0; i < ATTRS - 1; i++) {
		const char *from;
		char quote;

		skip_space(p);
		if (!is_name(*p->at))
			return;
		x->attr[i][0] = take_name(p);
		skip_space(p);
		if (*p->at++ != '=') {
			p->wrong = "an attribute without a value";
			p->at--;
			return;
		}
		skip_space(p);
		quote = *p->at;
		if (quote != '"' && quote != '\'') {
			p->wrong = "a value without quotes";
			return;
		}
		for (from = ++p->at; *p->at && *p->at != quote; p->at++)
			;
		x->attr[i][1] = copy(from, p->at);
		p->at += *p->at ? 1 : 0;
	}
}

static void add_text(struct v3_xml *x, const char *from, const char *to)
{
	size_t had = strlen(x->text);
	char *text = host_alloc((uint_t)(had + (size_t)(to - from) + 1));

	memcpy(text, x->text, had);
	memcpy(text + had, from, (size_t)(to - from));
	host_dealloc(x->text);
	x->text = text;
}

static struct v3_xml *take_element(struct parser *p);

static void take_content(struct parser *p, struct v3_xml *x)
{
	struct v3_xml **last = &x->child;

	while (!p->wrong) {
		const char *from = p->at;

		while (*p->at && *p->at != '<')
			p->at++;
		add_text(x, from, p->at);
		if (!*p->at) {
			p->wrong = "an element has no end";
		} else if (strncmp(p->at, "<!--", 4) == 0) {
			skip_behind(p, "-->");
		} else if (p->at[1] == '/') {
			size_t n = strlen(x->name);

			if (strncmp(p->at + 2, x->name, n) || is_name(p->at[2 + n]))
				p->wrong = "another element ends than the one that began";
			skip_behind(p, ">");
			return;
		} else {
			*last = take_element(p);
			last = &(*last)->sibling;
		}
	}
}

static struct v3_xml *take_element(struct parser *p)
{
	struct v3_xml *x = host_alloc(sizeof(*x));

	p->at++; /* < */
	x->text = copy("", "");
	x->text[0] = 0;
	x->name = take_name(p);
	take_attributes(p, x);
	if (p->wrong)
		return x;
	if (p->at[0] == '/' && p->at[1] == '>') {
		p->at += 2;
	} else if (*p->at == '>') {
		p->at++;
		take_content(p, x);
	} else {
		p->wrong = "> is missing";
	}
	return x;
}

struct v3_xml *cfg_parse(const char *text)
{
	struct parser p = {text, NULL};
	struct v3_xml *x;

	for (skip_space(&p); p.at[0] == '<' && (p.at[1] == '?' || p.at[1] == '!'); skip_space(&p))
		skip_behind(&p, strncmp(p.at, "<!--", 4) == 0 ? "-->" : ">");
	if (*p.at != '<')
		return NULL;
	x = take_element(&p);
	if (!p.wrong)
		return x;
	PrintError(VM_NONE, VCORE_NONE, "XML: %s\n", p.wrong);
	cfg_free(x);
	return NULL;
}

void cfg_free(struct v3_xml *x)
{
	while (x) {
		struct v3_xml *next = x->sibling;

		for (int i = 0; i < ATTRS; i++) {
			host_dealloc(x->attr[i][0]);
			host_dealloc(x->attr[i][1]);
		}
		cfg_free(x->child);
		host_dealloc(x->name);
		host_dealloc(x->text);
		host_dealloc(x);
		x = next;
	}
}

/* ---- what plugins call ------------------------------------------------------------------------------------------ */

v3_cfg_tree_t *v3_cfg_subtree(v3_cfg_tree_t *tree, char *tag)
{
	struct v3_xml *x = tree ? tree->child : NULL;

	while (x && strcasecmp(x->name, tag))
		x = x->sibling;
	return x;
}

v3_cfg_tree_t *v3_cfg_next_branch(v3_cfg_tree_t *tree)
{
	struct v3_xml *x = tree->sibling;

	while (x && strcasecmp(x->name, tree->name))
		x = x->sibling;
	return x;
}

char *v3_cfg_val(v3_cfg_tree_t *tree, char *tag)
{
	struct v3_xml *child = v3_cfg_subtree(tree, tag);
	char *attr = NULL;

	for (int i = 0; tree && i < ATTRS && tree->attr[i][0]; i++) {
		if (strcasecmp(tree->attr[i][0], tag) == 0)
			attr = tree->attr[i][1];
	}
	if (attr && child) {
		PrintError(VM_NONE, VCORE_NONE, "Duplicate Configuration parameters present for %s\n", tag);
		return NULL;
	}
	return attr ? attr : child && child->text[0] ? child->text : NULL;
}
