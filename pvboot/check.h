/* SPDX-License-Identifier: BSD-2-Clause */
/* check.h - what a hostd of our own is sure to fail at, before anything is started. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "run_options.h"

/* Each returns false, said on stderr, if the guest could not boot. */

/* --root: the directory (full: its whole path) is there, and (but for --dry-run) what is booted from it. */
bool check_root(const struct run_options *o, const char *full);

/* --interface: it is there, up, and leads to an IPv4 network; program, hostd, may open packet sockets. */
bool check_interface(const struct run_options *o, const char *program);

/* A file of this machine, by the option that names it: full is its whole path, and the caller's to free. */
bool check_file(const char *option, const char *name, char **full);

#endif /* CHECK_H */
