/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_files.h - which files a boot needs, and whether their server has them. */
#ifndef PROBE_FILES_H
#define PROBE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "pxelinux/pxelinux_names.h"
#include "probe_fetch.h"
#include "pvboot_req.h"

#define PROBE_NAMES_MAX (2 + PXELINUX_NAMES_MAX)

enum probe_kind {
	PROBE_PROGRAM, /* the boot program itself */
	PROBE_MODULE,  /* what it loads before anything else */
	PROBE_CONFIG,  /* one of the configurations, the first of which is read */
	PROBE_KINDS
};

struct probe_names {
	unsigned int count;
	struct {
		enum probe_kind kind;
		struct pxelinux_file file;
	} entry[PROBE_NAMES_MAX];
};

/*
 * The files that a boot of this lease asks for, in the order in which it does: the boot program, and if that is
 * some pxelinux its module and the search for a configuration (option 209, UUID, MAC, address, default), below the
 * prefix of option 210 or the boot program's own.
 */
void probe_names(struct probe_names *names, const struct boot_info *info);

/* Ask the boot server for each, print a line for each, and say whether the boot would go on: of each kind there is one
 * (what is named by a URL of a scheme that nobody here speaks is taken to be there).  Blocks. */
bool probe_files(const struct boot_info *info, const struct probe_names *names, const struct probe_fetch *fetch);

#endif /* PROBE_FILES_H */
