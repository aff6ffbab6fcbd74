/* SPDX-License-Identifier: BSD-2-Clause */
/* temp_dir.h - a directory for sockets, which admits its owner only. */
#ifndef TEMP_DIR_H
#define TEMP_DIR_H

#include <stdbool.h>

#define TEMP_DIR_PATH 64

struct temp_dir {
	char path[TEMP_DIR_PATH];
	bool made;
};

/* Choose an unused name; creates nothing.  Without random numbers it prints an error on stderr and returns false. */
bool temp_dir_name(struct temp_dir *dir);

/* Make it.  False, said on stderr. */
bool temp_dir_make(struct temp_dir *dir);

/* Remove the file name in it, if there is one. */
void temp_dir_unlink(const struct temp_dir *dir, const char *name);

/* Remove it, which is empty, if it was made; said on stderr if it cannot be. */
void temp_dir_remove(struct temp_dir *dir);

#endif /* TEMP_DIR_H */
