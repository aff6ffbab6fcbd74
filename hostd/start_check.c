/* SPDX-License-Identifier: BSD-2-Clause */
/* start_check.c - pvboot-hostd -n. */
#include "start_check.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache_dir.h"
#include "control.h"
#include "net_process.h"
#include "palacios.h"
#include "http/tls_ca.h"

/* 0, or why no file can be made there. */
static int writable(const char *dir)
{
	struct stat st;

	if (stat(dir, &st))
		return errno;
	if (!S_ISDIR(st.st_mode))
		return ENOTDIR;
	return access(dir, W_OK | X_OK) ? errno : 0;
}

/*
 * Can a file be made in the directory of path?  with_directory: also true if only that directory is missing and can be
 * made.
 */
static bool check_place(const char *key, const char *path, bool with_directory, char *err, size_t err_len)
{
	char copy[512], *dir;
	int error;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	error = writable(dir);
	if (error == ENOENT && with_directory) {
		dir = dirname(dir);
		error = writable(dir);
	}
	if (!error)
		return true;
	snprintf(err, err_len, "%s = %.200s cannot be made in %.200s: %s", key, path, dir, strerror(error));
	return false;
}

static bool check_socket(const struct conf *conf, char *err, size_t err_len)
{
	struct stat st;

	if (!lstat(conf->socket, &st) && !S_ISSOCK(st.st_mode)) {
		snprintf(err, err_len, "socket = %s: something else has this name", conf->socket);
		return false;
	}
	if (palacios_wanted(conf) && strlen(conf->socket) + strlen(CONTROL_SUFFIX) >= CONF_PATH_MAX) {
		snprintf(err, err_len,
			 "socket = %s is too long for a " CONTROL_SUFFIX " beside it, which machines of Palacios need",
			 conf->socket);
		return false;
	}
	return check_place("socket", conf->socket, true, err, err_len);
}

static bool check_pid_file(const struct conf *conf, char *err, size_t err_len)
{
	struct stat st;

	if (!conf->pid_file[0])
		return true;
	if (stat(conf->pid_file, &st))
		return check_place("pid_file", conf->pid_file, false, err, err_len);
	if (!S_ISDIR(st.st_mode) && !access(conf->pid_file, W_OK))
		return true;
	snprintf(err, err_len, "cannot write pid_file = %.300s: %s", conf->pid_file,
		 strerror(S_ISDIR(st.st_mode) ? EISDIR : errno));
	return false;
}

static bool check_ca(const struct conf *conf, char *err, size_t err_len)
{
	size_t len;
	char *pem;

	if (!conf->tls_ca[0])
		return true;
	if (!tls_ca_read(conf->tls_ca, &pem, &len, err, err_len))
		return false;
	free(pem);
	return true;
}

/* A start goes on without a cache, and warns; who names a directory and asks whether it is good wants to know. */
static bool check_cache_dir(const struct conf *conf, char *err, size_t err_len)
{
	return !conf->cache_dir[0] || !strcmp(conf->cache_dir, "none") ||
	       cache_dir_check(conf->cache_dir, conf->user, err, err_len);
}

bool check_start(const struct conf *conf, char *err, size_t err_len)
{
	return net_process_may_start(conf, err, err_len) && check_ca(conf, err, err_len) &&
	       check_socket(conf, err, err_len) && check_cache_dir(conf, err, err_len) &&
	       check_pid_file(conf, err, err_len);
}
