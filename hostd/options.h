/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - hostd's command line (docs/pvboot-hostd.8): it mirrors the configuration file, and comes after it. */
#ifndef HOSTD_OPTIONS_H
#define HOSTD_OPTIONS_H

#include <stdbool.h>

#include "conf.h"

struct options {
	bool foreground;       /* -d */
	bool check_only;       /* -n */
	bool exit_with_parent; /* end when the process that started us does */
	int ready_fd;	       /* where a byte is written when listening, or -1 */
	bool default_user;     /* conf->user is isolate_default_user() */
	const char *file;      /* of the configuration; NULL: none was read */
};

/*
 * Read the command line and the configuration it names into *opt and *conf (which it initialises).  Returns -1 to go
 * on, else the status to exit with, after writing what there is to say to stdout or stderr.
 */
int options_read(int argc, char **argv, struct options *opt, struct conf *conf);

#endif /* HOSTD_OPTIONS_H */
