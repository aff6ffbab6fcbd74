/* SPDX-License-Identifier: BSD-2-Clause */
/* run_options.h - the command line of `pvboot run`. */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include <stdbool.h>

#include "attach.h"

#define RUN_INITRDS_MAX 15

struct run_options {
	const char *root;					 /* --root, NULL: none */
	const char *interface;					 /* --interface, NULL: none */
	const char *hostd;					 /* --hostd, NULL: the default socket, if it answers */
	const char *boot_file;					 /* for a hostd of our own; NULL: as it finds */
	const char *source, *http_proxy, *tls_ca, *tftp_blksize; /* the same; as typed, NULL: its defaults */
	bool direct;						 /* --direct */
	const char *kernel;					 /* --kernel, NULL: none */
	const char *initrd[RUN_INITRDS_MAX];
	unsigned int n_initrds;
	const char *append;	   /* NULL: none */
	const char *mac;	   /* as typed, checked; NULL: none */
	const char *uuid;	   /* as typed, checked; NULL: none */
	const char *name;	   /* NULL: none */
	const char *qemu;	   /* the program */
	const char *rom;	   /* NULL: find it */
	const char *device;	   /* NULL: find it */
	const char *hostd_program; /* NULL: find it */
	const char *bus;	   /* --bus, NULL: QEMU's choice */
	const char *log;	   /* NULL: stderr */
	const char *host_wait;	   /* milliseconds, as typed; NULL: the default */
	int fail_exit;		   /* the status where the network boot failed; 0: QEMU's */
	unsigned int verbose;	   /* 0: warnings only */
	bool attach_given;	   /* --attach: */
	enum attach attach;
	bool private_hostd; /* --private: do not use a running hostd */
	bool boot_first;
	bool dry_run;
	bool explain;  /* with dry_run: why, too */
	int qemu_argc; /* what stands behind -- */
	const char *const *qemu_argv;
};

/*
 * Parse argv[1..] into *o.  Returns -1 to go on, or an exit status: 0 after --help, 2 after an error, which it has
 * printed on stderr.  The strings in *o point into argv.
 */
int run_options_parse(struct run_options *o, int argc, char *argv[]);

/* Is this a name that hostd and the device take: 1 to 63 printable characters without blanks? */
bool run_options_name_is_good(const char *text);

/* Does the command line have an option that only a private hostd can take? */
bool run_options_for_private(const struct run_options *o);

/* How much the log is to say: 0 warnings, 1 one line per event, 2 everything. */
unsigned int run_options_level(const struct run_options *o);

#endif /* RUN_OPTIONS_H */
