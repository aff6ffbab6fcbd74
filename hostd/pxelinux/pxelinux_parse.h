/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_parse.h - configuration files of pxelinux (syslinux.cfg(5)), read as pxelinux 6.04 reads them.
 *
 * pxelinux passes over every line that it does not know.  Here such a line is an error, with file and line, so that a
 * VM never boots something else than its configuration says; what only matters to a boot program's screen is known, and
 * ignored.
 */
#ifndef HOSTD_PXELINUX_PARSE_H
#define HOSTD_PXELINUX_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_TEXT_MAX (256 * 1024) /* bytes of one configuration file */
#define PLAN_FILES_MAX 64	   /* INCLUDEs in all; what was included twice counts twice */
#define PLAN_DEPTH_MAX 16	   /* INCLUDEs within each other */
#define PLAN_LABELS_MAX 512
#define PLAN_LINE_MAX 4094 /* bytes of one line: pxelinux makes two of a longer one */
#define PLAN_WANTED_MAX 256
#define PLAN_ERROR_MAX 512

/* Where something stands. */
struct plan_where {
	const char *file; /* NULL: nowhere */
	unsigned int line;
};

enum plan_type {
	PLAN_TYPE_KERNEL,    /* KERNEL, or nothing of the kind: the file's name says what it is */
	PLAN_TYPE_LINUX,     /* LINUX */
	PLAN_TYPE_LOCALBOOT, /* LOCALBOOT: on to the BIOS's next device */
	PLAN_TYPE_OTHER	     /* COM32, PXE, CONFIG, MENU EXIT, ...: nothing that can be booted directly */
};

/* One LABEL.  All strings live as long as the struct plan_config. */
struct plan_label {
	struct plan_label *next;
	const char *name;
	const char *title; /* MENU LABEL without its ^, else the name */
	enum plan_type type;
	const char
		*keyword;  /* the line that made it of this type, "LINUX", "COM32", ...; "LABEL" where there was none */
	const char *image; /* what that line says: a file, perhaps with arguments */
	const char *append; /* its own, or the global one; never NULL, "" for "-" */
	const char *initrd; /* or NULL */
	uint32_t sysappend;
	bool hide;		 /* MENU HIDE */
	bool preferred;		 /* MENU DEFAULT */
	bool disabled;		 /* MENU DISABLE: can be neither chosen nor named */
	bool has_password;	 /* MENU PASSWD */
	unsigned int depth;	 /* in how many MENU BEGIN */
	struct plan_where where; /* of the line that says what to boot */
};

/* A line with a value. */
struct plan_command {
	const char *text; /* NULL: there was none */
	struct plan_where where;
};

struct plan_config {
	struct plan_label *labels, **tail; /* in their order */
	size_t n_labels;
	struct plan_command by_default; /* DEFAULT */
	struct plan_command on_timeout; /* ONTIMEOUT */
	struct plan_command ui;		/* UI */
	const char *title;		/* MENU TITLE, or NULL */
	uint32_t timeout;		/* TIMEOUT, in tenths of a second; 0: none */
	uint32_t total_timeout;		/* TOTALTIMEOUT, likewise */
	bool prompt;			/* PROMPT */
	bool no_escape;			/* NOESCAPE: nobody may keep it from booting */
	bool implicit;			/* IMPLICIT: a kernel may be named without a LABEL */
	bool allow_options;		/* ALLOWOPTIONS */
	uint32_t sysappend;		/* for kernels without a LABEL */
	struct plan_where submenu;	/* the first MENU BEGIN */
	struct plan_where odd_menu;	/* the first MENU line that is not understood */
	struct plan_where first;	/* of the main file, for errors about the whole */
	char error[PLAN_ERROR_MAX];	/* PLAN_REFUSED: "FILE:LINE: words", printable */
	char wanted[PLAN_WANTED_MAX];	/* PLAN_WAITS: the name of a file that an INCLUDE asked for */
	struct plan_string *strings;	/* owns all of the above */
};

/* What an INCLUDE finds. */
enum plan_found {
	PLAN_FOUND,   /* text and len are set, and stay valid until plan_parse() returns */
	PLAN_MISSING, /* there is no such file: the INCLUDE is passed over, as pxelinux does */
	PLAN_FAILED,  /* it cannot be read: the configuration is refused */
	PLAN_LATER    /* it is not there yet */
};
typedef enum plan_found (*plan_include_fn)(void *arg, const char *name, const char **text, size_t *len);

enum plan_parsed {
	PLAN_PARSED,
	PLAN_REFUSED, /* config->error */
	PLAN_WAITS    /* for config->wanted: get it, and parse again from the start */
};

/*
 * Parse len bytes of configuration; file is what errors call it.  include may be NULL: then every INCLUDE is refused.
 * However it ends, the caller owns config and ends with plan_config_free().  Memory that ran out is PLAN_REFUSED.
 */
enum plan_parsed plan_parse(struct plan_config *config, const char *file, const char *text, size_t len,
			    plan_include_fn include, void *arg);
void plan_config_free(struct plan_config *config);

/* The first label that has the name in the first len bytes at name; NULL: none. */
const struct plan_label *plan_find_label(const struct plan_config *config, const char *name, size_t len);

/* Bytes up to the first blank (pxelinux's: all up to 20h, and 7Fh) or the end. */
size_t plan_word(const char *text);
/* text behind its leading blanks. */
const char *plan_skip(const char *text);

#endif /* HOSTD_PXELINUX_PARSE_H */
