/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_config.h - a pxelinux configuration after parsing. */
#ifndef HOSTD_PXELINUX_CONFIG_H
#define HOSTD_PXELINUX_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PXELINUX_TEXT_MAX (256 * 1024) /* bytes of one configuration file */
#define PXELINUX_FILES_MAX 64	       /* INCLUDEs in all; a file that is included twice counts twice */
#define PXELINUX_DEPTH_MAX 16	       /* nested INCLUDEs */
#define PXELINUX_LABELS_MAX 512
#define PXELINUX_LINE_MAX 4094 /* bytes of one line: pxelinux splits a longer one */
#define PXELINUX_WANTED_MAX 256
#define PXELINUX_ERROR_MAX 512

/* A place in a configuration. */
struct pxelinux_where {
	const char *file; /* NULL: no place */
	unsigned int line;
};

enum pxelinux_type {
	PXELINUX_TYPE_KERNEL,	 /* KERNEL, or no such line: the type depends on the file's name */
	PXELINUX_TYPE_LINUX,	 /* LINUX */
	PXELINUX_TYPE_LOCALBOOT, /* LOCALBOOT: the BIOS tries its next device */
	PXELINUX_TYPE_OTHER	 /* COM32, PXE, CONFIG, MENU EXIT, ...: cannot be booted directly */
};

/* One LABEL.  All strings live as long as the struct pxelinux_config. */
struct pxelinux_label {
	struct pxelinux_label *next;
	const char *name;
	const char *title; /* MENU LABEL without its ^, else the name */
	enum pxelinux_type type;
	const char *keyword; /* the line that gave it its type, "LINUX", "COM32", ...; "LABEL" if there was none */
	const char *image;   /* the value of that line: a file, perhaps with arguments */
	const char *append;  /* its own, or the global one; never NULL, "" for "-" */
	const char *initrd;  /* or NULL */
	uint32_t sysappend;
	bool hide;		     /* MENU HIDE */
	bool preferred;		     /* MENU DEFAULT */
	bool disabled;		     /* MENU DISABLE: cannot be chosen, nor named in a command */
	bool has_password;	     /* MENU PASSWD */
	unsigned int depth;	     /* number of enclosing MENU BEGINs */
	struct pxelinux_where where; /* the line that names what to boot */
};

/* A line with a value. */
struct pxelinux_command {
	const char *text; /* NULL: there is no such line */
	struct pxelinux_where where;
};

struct pxelinux_config {
	struct pxelinux_label *labels, **tail; /* in the order of the file */
	size_t n_labels;
	struct pxelinux_command by_default; /* DEFAULT */
	struct pxelinux_command on_timeout; /* ONTIMEOUT */
	struct pxelinux_command ui;	    /* UI */
	const char *title;		    /* MENU TITLE, or NULL */
	uint32_t timeout;		    /* TIMEOUT, in tenths of a second; 0: none */
	uint32_t total_timeout;		    /* TOTALTIMEOUT, likewise */
	bool prompt;			    /* PROMPT */
	bool no_escape;			    /* NOESCAPE: the user may not interrupt the boot */
	bool implicit;			    /* IMPLICIT: a kernel may be named without a LABEL */
	bool allow_options;		    /* ALLOWOPTIONS */
	uint32_t sysappend;		    /* for kernels without a LABEL */
	struct pxelinux_where submenu;	    /* the first MENU BEGIN, if any */
	struct pxelinux_where odd_menu;	    /* the first MENU line that hostd does not understand */
	struct pxelinux_where first;	    /* line 1 of the main file, for errors about the whole */
	char error[PXELINUX_ERROR_MAX];	    /* PXELINUX_REFUSED: "FILE:LINE: text", printable */
	char wanted[PXELINUX_WANTED_MAX];   /* PXELINUX_WAITS: the name of the file that an INCLUDE needs */
	struct pxelinux_string *strings;    /* owns all of the above */
};

/* The result of looking for an INCLUDE's file. */
enum pxelinux_found {
	PXELINUX_FOUND,	  /* text and len are set, and stay valid until pxelinux_parse() returns */
	PXELINUX_MISSING, /* no such file: skip the INCLUDE, as pxelinux does */
	PXELINUX_FAILED,  /* the file cannot be read: refuse the configuration */
	PXELINUX_LATER	  /* the file has not been fetched yet */
};
typedef enum pxelinux_found (*pxelinux_include_fn)(void *arg, const char *name, const char **text, size_t *len);

enum pxelinux_parsed {
	PXELINUX_PARSED,
	PXELINUX_REFUSED, /* config->error says why */
	PXELINUX_WAITS	  /* needs the file config->wanted: fetch it, then parse again from the start */
};

/* Allocate zeroed memory that lives as long as the configuration.  Returns NULL if memory ran out. */
void *pxelinux_config_keep(struct pxelinux_config *config, size_t size);
void pxelinux_config_free(struct pxelinux_config *config);

/* Find the first label whose name is the len bytes at name; NULL if there is none. */
const struct pxelinux_label *pxelinux_find_label(const struct pxelinux_config *config, const char *name, size_t len);

#endif /* HOSTD_PXELINUX_CONFIG_H */
