/* SPDX-License-Identifier: BSD-2-Clause */
/* private_hostd.h - a pvboot-hostd for one guest: its directory, its socket, its command line. */
#ifndef PRIVATE_HOSTD_H
#define PRIVATE_HOSTD_H

#include <limits.h>
#include <stdbool.h>

#include "child.h"
#include "run_options.h"
#include "temp_dir.h"

struct private_hostd {
	struct temp_dir dir;
	char socket[96]; /* in it */
	struct argv argv;
	struct child child;
	unsigned int starts; /* how often it was started */
};

enum private_hostd_answer { HOSTD_ANSWERS, HOSTD_ABSENT, HOSTD_FORBIDDEN };

/* Does a hostd answer on this socket?  It is asked to say HELLO (pvboot_link.h). */
enum private_hostd_answer private_hostd_ask(const char *socket_path);

/* Make its command line; program is its path.  Nothing is created yet.  False, said on stderr, if --root or --interface
 * is none that works. */
bool private_hostd_plan(struct private_hostd *hostd, const struct run_options *o, const char *program);

/* Make the directory and start it; returns once its socket accepts, or false, said on stderr. */
bool private_hostd_start(struct private_hostd *hostd, int stderr_fd);

/* It ended while it was needed: start it again, a few times at most; the device finds it by itself.  False, said on
 * stderr, if it is not started. */
bool private_hostd_restart(struct private_hostd *hostd, int stderr_fd);

/* Stop it and remove the directory. */
void private_hostd_end(struct private_hostd *hostd);

#endif /* PRIVATE_HOSTD_H */
