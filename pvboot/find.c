/* SPDX-License-Identifier: BSD-2-Clause */
/* find.c - where pvboot's other programs and its ROM are: beside this one, or as installed. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "find.h"

/* path = DIR/name, if that is a file we may access so. */
static bool try_file(const char *dir, size_t dir_len, const char *name, int mode, char path[PATH_MAX])
{
	struct stat st;

	if (snprintf(path, PATH_MAX, "%.*s/%s", (int)dir_len, dir, name) >= PATH_MAX)
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, mode) == 0;
}

/* Try each of the places relative to the directory of this program. */
static bool try_beside(const char *const places[], const char *name, int mode, char path[PATH_MAX])
{
	char self[PATH_MAX], dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (; *places; places++) {
		if (snprintf(dir, sizeof(dir), "%s%s", self, *places) < PATH_MAX &&
		    try_file(dir, strlen(dir), name, mode, path))
			return true;
	}
	return false;
}

bool find_own(const char *name, char path[PATH_MAX])
{
	static const char *const places[] = {"", "/../sbin", "/../bin", "/../libexec/pvboot", NULL};

	return try_beside(places, name, X_OK, path) || find_program(name, path);
}

bool find_rom(const char *name, char path[PATH_MAX])
{
	static const char *const places[] = {"", "/../share/pvboot", NULL};

	return try_beside(places, name, R_OK, path);
}

bool find_program(const char *name, char path[PATH_MAX])
{
	const char *dir = getenv("PATH");

	if (strchr(name, '/')) {
		size_t len = (size_t)(strrchr(name, '/') - name);

		return try_file(len ? name : "/", len ? len : 1, name + len + 1, X_OK, path);
	}
	while (dir && *dir) {
		size_t len = strcspn(dir, ":");

		if (len && try_file(dir, len, name, X_OK, path))
			return true;
		dir += len + (dir[len] == ':');
	}
	return false;
}
