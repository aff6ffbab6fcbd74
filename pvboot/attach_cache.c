/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_cache.c - what a QEMU said of itself: a file of one line for each QEMU.
 *
 * It is below $XDG_CACHE_HOME, or else below /var/cache for root and below ~/.cache for anybody else.  A line that is
 * not as it should be is as good as none; a lost or doubled one costs one question.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach_cache.h"

#define NAME "/qemu"
#define LINE 256
#define LINES_MAX 64 /* then it is begun anew */

/* The line of program up to what it said.  False: it cannot be recognised. */
static bool key_of(const char *program, char key[LINE])
{
	char begin[2] = "";
	struct stat st;
	int fd = open(program, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, begin, 2) == 2 && memcmp(begin, "#!", 2) != 0 && fstat(fd, &st) == 0;

	if (fd >= 0)
		close(fd);
	if (good)
		snprintf(key, LINE, "%" PRIxMAX " %" PRIxMAX " %" PRIdMAX " %" PRIdMAX ".%09ld ", (uintmax_t)st.st_dev,
			 (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return good;
}

/* The directory of the file, made if make says so. */
static bool directory(char path[PATH_MAX], bool make)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (cache && *cache == '/')
		n = snprintf(path, PATH_MAX, "%s", cache);
	else if (geteuid() == 0) /* whose HOME may be somebody else's, by sudo */
		n = snprintf(path, PATH_MAX, "/var/cache");
	else if (home && *home == '/')
		n = snprintf(path, PATH_MAX, "%s/.cache", home);
	else
		return false;
	if (n < 0 || n + (int)sizeof("/pvboot" NAME ".XXXXXX") > PATH_MAX)
		return false;
	if (make)
		mkdir(path, 0700);
	strcat(path, "/pvboot");
	return !make || mkdir(path, 0755) == 0 || errno == EEXIST;
}

static FILE *open_cache(char path[PATH_MAX])
{
	if (!directory(path, false))
		return NULL;
	strcat(path, NAME);
	return fopen(path, "re");
}

bool attach_cache_get(const char *program, struct attach_qemu *qemu)
{
	char key[LINE], line[LINE], path[PATH_MAX], end;
	unsigned int vhost_user, vfio_user;
	bool found = false;
	FILE *f = key_of(program, key) ? open_cache(path) : NULL;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		found = sscanf(line + strlen(key), "%u.%u %u %u%c", &qemu->major, &qemu->minor, &vhost_user, &vfio_user,
			       &end) == 5 &&
			vhost_user <= 1 && vfio_user <= 1 && end == '\n';
	}
	fclose(f);
	if (found) {
		qemu->known = true;
		qemu->vhost_user = vhost_user;
		qemu->vfio_user = vfio_user;
	}
	return found;
}

/* The lines there are, but for one of this key. */
static void copy_others(const char *key, FILE *to)
{
	char line[LINE], path[PATH_MAX];
	FILE *from = open_cache(path);

	for (unsigned int i = 0; from && i < LINES_MAX && fgets(line, sizeof(line), from); i++) {
		if (strchr(line, '\n') && strncmp(line, key, strlen(key)) != 0)
			fputs(line, to);
	}
	if (from)
		fclose(from);
}

void attach_cache_put(const char *program, const struct attach_qemu *qemu)
{
	char key[LINE], path[PATH_MAX], new[PATH_MAX];
	FILE *f;
	int fd;

	if (!qemu->known || !key_of(program, key) || !directory(path, true))
		return;
	snprintf(new, sizeof(new), "%.*s" NAME ".XXXXXX", PATH_MAX - 16, path);
	strcat(path, NAME);
	fd = mkostemp(new, O_CLOEXEC);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!f) {
		if (fd >= 0)
			close(fd);
		return;
	}
	fprintf(f, "%s%u.%u %d %d\n", key, qemu->major, qemu->minor, qemu->vhost_user, qemu->vfio_user);
	copy_others(key, f);
	if (fclose(f) != 0 || rename(new, path) != 0)
		unlink(new);
}
