/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_parser.h - the state of reading a configuration of pxelinux: where it is, and the label at hand. */
#ifndef HOSTD_PXELINUX_PARSER_H
#define HOSTD_PXELINUX_PARSER_H

#include "pxelinux/pxelinux_config.h"

struct pxelinux_parser {
	struct pxelinux_config *config;
	pxelinux_include_fn include;
	void *arg;
	/* Parse the file that an INCLUDE names. */
	bool (*include_file)(struct pxelinux_parser *p, const char *name, size_t len);
	struct pxelinux_label *label; /* being read, not yet in the list; NULL: none */
	const char *append;	      /* the global one so far, or NULL */
	uint32_t sysappend;	      /* likewise */
	unsigned int depth;	      /* of INCLUDEs */
	unsigned int files;	      /* INCLUDEs so far */
	unsigned int menu_depth;      /* of MENU BEGINs */
	bool in_text;		      /* between TEXT and ENDTEXT */
	struct pxelinux_where where;  /* the line being read */
	enum pxelinux_parsed result;  /* once it is not PXELINUX_PARSED, all stops */
};

/* Refuse the configuration at the current line; false. */
bool pxelinux_refuse(struct pxelinux_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A copy of len bytes that lives as long as the configuration; NULL (and it is refused) if memory ran out. */
char *pxelinux_copy(struct pxelinux_parser *p, const char *text, size_t len);

/* Begin a LABEL, and end the one that was being read. */
bool pxelinux_label_begin(struct pxelinux_parser *p, const char *name, size_t len);
void pxelinux_label_end(struct pxelinux_parser *p);

#endif /* HOSTD_PXELINUX_PARSER_H */
