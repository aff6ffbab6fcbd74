/* SPDX-License-Identifier: BSD-2-Clause */
/* temp_dir.c - a directory for sockets, which admits its owner only. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp_dir.h"

/* sun_path holds 107 bytes: a long name would not do.  QEMU's options give commas, quotes and backslashes a meaning. */
static bool usable(const char *parent)
{
	return geteuid() != 0 && parent && *parent == '/' && strlen(parent) <= 32 && !strpbrk(parent, ",\"\\\n") &&
	       access(parent, W_OK) == 0;
}

bool temp_dir_name(struct temp_dir *dir)
{
	const char *parent = getenv("XDG_RUNTIME_DIR");
	uint64_t number;

	dir->made = false;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		perror("pvboot: no random number");
		return false;
	}
	snprintf(dir->path, sizeof(dir->path), "%s/pvboot-%016" PRIx64, usable(parent) ? parent : "/tmp", number);
	return true;
}

bool temp_dir_make(struct temp_dir *dir)
{
	/* mkdir() takes nothing that is there already: the name was a guess. */
	if (mkdir(dir->path, 0700) < 0) {
		fprintf(stderr, "pvboot: cannot make the directory %s: %s\n", dir->path, strerror(errno));
		return false;
	}
	dir->made = true;
	return true;
}

void temp_dir_unlink(const struct temp_dir *dir, const char *name)
{
	char path[TEMP_DIR_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	if (dir->made)
		unlink(path);
}

void temp_dir_remove(struct temp_dir *dir)
{
	if (dir->made && rmdir(dir->path) < 0)
		fprintf(stderr, "pvboot: could not remove %s: %s\n", dir->path, strerror(errno));
	dir->made = false;
}
