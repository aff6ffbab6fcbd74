/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_dir.c - the cache's directory. */
#include "cache/cache_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_empty(int fd)
{
	int list_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = list_fd < 0 ? NULL : fdopendir(list_fd);
	bool empty = list != NULL;
	struct dirent *d;

	while (list && (d = readdir(list)))
		empty &= !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
	if (list)
		closedir(list);
	else if (list_fd >= 0)
		close(list_fd);
	return empty;
}

/*
 * Check that the directory is the user's alone.  With give, first hand it over to the user if cache_dir_open() may.
 * Returns false and fills err.
 */
static bool own(int fd, const char *path, const char *user, bool give, char *err, size_t err_len)
{
	const struct passwd *pw = *user && !geteuid() ? getpwnam(user) : NULL;
	uid_t uid = pw ? pw->pw_uid : geteuid();
	struct stat st;

	if (fstat(fd, &st)) {
		snprintf(err, err_len, "cache_dir = %s: %s", path, strerror(errno));
		return false;
	}
	/*
	 * The default directory is hostd's by its name, even if hostd ran as another user before.  Files in it that are
	 * not the user's are ignored.
	 */
	if (st.st_uid != uid && pw && (!strcmp(path, CACHE_DIR_DEFAULT) || (st.st_uid == 0 && is_empty(fd))) &&
	    (!give || !fchown(fd, uid, pw->pw_gid)))
		st.st_uid = uid;
	if (st.st_uid != uid) {
		snprintf(err, err_len, "cache_dir = %s belongs to uid %u, and hostd is uid %u: give it to that user",
			 path, (unsigned int)st.st_uid, (unsigned int)uid);
		return false;
	}
	if (st.st_mode & 022) {
		snprintf(err, err_len, "cache_dir = %s: others may write there: chmod 700 it", path);
		return false;
	}
	if ((uid && (st.st_mode & 0700) != 0700) || (faccessat(fd, ".", W_OK, AT_EACCESS) && errno == EROFS)) {
		snprintf(err, err_len,
			 "cache_dir = %s: uid %u may not write there: chmod 700 it, on a file system that is "
			 "not read-only",
			 path, (unsigned int)uid);
		return false;
	}
	return true;
}

/* The path does not exist: could cache_dir_open() make it? */
static bool may_be_made(const char *path, char *err, size_t err_len)
{
	char copy[512], *parent;

	snprintf(copy, sizeof(copy), "%s", path);
	parent = dirname(copy);
	if (!access(parent, W_OK | X_OK))
		return true;
	snprintf(err, err_len, "cannot make cache_dir = %s: %s: %s", path, parent, strerror(errno));
	return false;
}

bool cache_dir_check(const char *path, const char *user, char *err, size_t err_len)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good;

	if (fd < 0 && errno == ENOENT)
		return may_be_made(path, err, err_len);
	if (fd < 0) {
		snprintf(err, err_len, "cache_dir = %s: %s", path, strerror(errno));
		return false;
	}
	good = own(fd, path, user, false, err, err_len);
	close(fd);
	return good;
}

int cache_dir_open(const char *path, const char *user, char *err, size_t err_len)
{
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST) {
		snprintf(err, err_len, "cannot make cache_dir = %s: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(err, err_len, "cache_dir = %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB))
		snprintf(err, err_len, "cache_dir = %s: another hostd has it", path);
	else if (own(fd, path, user, true, err, err_len))
		return fd;
	close(fd);
	return -1;
}
