/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_config.h - what a configuration of pxelinux says. */
#ifndef HOSTD_PXELINUX_CONFIG_H
#define HOSTD_PXELINUX_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PXELINUX_TEXT_MAX (256 * 1024) /* bytes of one configuration file */
#define PXELINUX_FILES_MAX 64	       /* INCLUDEs in all; what was included twice counts twice */
#define PXELINUX_DEPTH_MAX 16	       /* INCLUDEs within each other */
#define PXELINUX_LABELS_MAX 512
#define PXELINUX_LINE_MAX 4094 /* bytes of one line: pxelinux makes two of a longer one */
#define PXELINUX_WANTED_MAX 256
#define PXELINUX_ERROR_MAX 512

/* Where something stands. */
struct pxelinux_where {
	const char *file; /* NULL: nowhere */
	unsigned int line;
};

enum pxelinux_type {
	PXELINUX_TYPE_KERNEL,	 /* KERNEL, or nothing of the kind: the file's name says what it is */
	PXELINUX_TYPE_LINUX,	 /* LINUX */
	PXELINUX_TYPE_LOCALBOOT, /* LOCALBOOT: on to the BIOS's next device */
	PXELINUX_TYPE_OTHER	 /* COM32, PXE, CONFIG, MENU EXIT, ...: nothing that can be booted directly */
};

/* One LABEL.  All strings live as long as the struct pxelinux_config. */
struct pxelinux_label {
	struct pxelinux_label *next;
	const char *name;
	const char *title; /* MENU LABEL without its ^, else the name */
	enum pxelinux_type type;
	const char
		*keyword;  /* the line that made it of this type, "LINUX", "COM32", ...; "LABEL" where there was none */
	const char *image; /* what that line says: a file, perhaps with arguments */
	const char *append; /* its own, or the global one; never NULL, "" for "-" */
	const char *initrd; /* or NULL */
	uint32_t sysappend;
	bool hide;		     /* MENU HIDE */
	bool preferred;		     /* MENU DEFAULT */
	bool disabled;		     /* MENU DISABLE: can be neither chosen nor named */
	bool has_password;	     /* MENU PASSWD */
	unsigned int depth;	     /* in how many MENU BEGIN */
	struct pxelinux_where where; /* of the line that says what to boot */
};

/* A line with a value. */
struct pxelinux_command {
	const char *text; /* NULL: there was none */
	struct pxelinux_where where;
};

struct pxelinux_config {
	struct pxelinux_label *labels, **tail; /* in their order */
	size_t n_labels;
	struct pxelinux_command by_default; /* DEFAULT */
	struct pxelinux_command on_timeout; /* ONTIMEOUT */
	struct pxelinux_command ui;	    /* UI */
	const char *title;		    /* MENU TITLE, or NULL */
	uint32_t timeout;		    /* TIMEOUT, in tenths of a second; 0: none */
	uint32_t total_timeout;		    /* TOTALTIMEOUT, likewise */
	bool prompt;			    /* PROMPT */
	bool no_escape;			    /* NOESCAPE: nobody may keep it from booting */
	bool implicit;			    /* IMPLICIT: a kernel may be named without a LABEL */
	bool allow_options;		    /* ALLOWOPTIONS */
	uint32_t sysappend;		    /* for kernels without a LABEL */
	struct pxelinux_where submenu;	    /* the first MENU BEGIN */
	struct pxelinux_where odd_menu;	    /* the first MENU line that is not understood */
	struct pxelinux_where first;	    /* of the main file, for errors about the whole */
	char error[PXELINUX_ERROR_MAX];	    /* PXELINUX_REFUSED: "FILE:LINE: words", printable */
	char wanted[PXELINUX_WANTED_MAX];   /* PXELINUX_WAITS: the name of a file that an INCLUDE asked for */
	struct pxelinux_string *strings;    /* owns all of the above */
};

/* What an INCLUDE finds. */
enum pxelinux_found {
	PXELINUX_FOUND,	  /* text and len are set, and stay valid until pxelinux_parse() returns */
	PXELINUX_MISSING, /* there is no such file: the INCLUDE is passed over, as pxelinux does */
	PXELINUX_FAILED,  /* it cannot be read: the configuration is refused */
	PXELINUX_LATER	  /* it is not there yet */
};
typedef enum pxelinux_found (*pxelinux_include_fn)(void *arg, const char *name, const char **text, size_t *len);

enum pxelinux_parsed {
	PXELINUX_PARSED,
	PXELINUX_REFUSED, /* config->error */
	PXELINUX_WAITS	  /* for config->wanted: get it, and parse again from the start */
};

/* Zeroed memory that lives as long as the configuration; NULL if there is none left. */
void *pxelinux_config_keep(struct pxelinux_config *config, size_t size);
void pxelinux_config_free(struct pxelinux_config *config);

/* The first label that has the name in the first len bytes at name; NULL: none. */
const struct pxelinux_label *pxelinux_find_label(const struct pxelinux_config *config, const char *name, size_t len);

#endif /* HOSTD_PXELINUX_CONFIG_H */
