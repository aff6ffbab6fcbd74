/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_parser.h - the state of the parser of pxelinux configurations: its place, and the label being read. */
#ifndef HOSTD_PXELINUX_PARSER_H
#define HOSTD_PXELINUX_PARSER_H

#include "pxelinux/pxelinux_config.h"

struct pxelinux_parser {
	struct pxelinux_config *config;
	pxelinux_include_fn include;
	void *arg;
	/* Parse the file that an INCLUDE names.  Returns false if parsing stops. */
	bool (*include_file)(struct pxelinux_parser *p, const char *name, size_t len);
	struct pxelinux_label *label; /* being read, not yet in the list; NULL: outside of a label */
	const char *append;	      /* the global APPEND so far, or NULL */
	uint32_t sysappend;	      /* the global SYSAPPEND so far */
	unsigned int depth;	      /* nested INCLUDEs */
	unsigned int files;	      /* INCLUDEs so far */
	unsigned int menu_depth;      /* nested MENU BEGINs */
	bool in_text;		      /* between TEXT and ENDTEXT */
	struct pxelinux_where where;  /* the line being read */
	enum pxelinux_parsed result;  /* parsing stops once it is not PXELINUX_PARSED */
};

/* Refuse the configuration at the current line.  Always returns false. */
bool pxelinux_refuse(struct pxelinux_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Copy len bytes; the copy lives as long as the configuration.  If memory ran out, refuses the configuration and
 * returns NULL.
 */
char *pxelinux_copy(struct pxelinux_parser *p, const char *text, size_t len);

/* End the label being read, and begin a new one.  Returns false if the configuration is refused. */
bool pxelinux_label_begin(struct pxelinux_parser *p, const char *name, size_t len);
void pxelinux_label_end(struct pxelinux_parser *p);

#endif /* HOSTD_PXELINUX_PARSER_H */
