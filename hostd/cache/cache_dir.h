/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_dir.h - the cache's directory: made and handed over to hostd's user before hostd drops its rights. */
#ifndef HOSTD_CACHE_DIR_H
#define HOSTD_CACHE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define CACHE_DIR_DEFAULT "/var/cache/pvboot-hostd"

/*
 * Open the directory and lock it; make it if only its last part is missing.  user is who hostd will become ("": no
 * change).  If hostd was started as root, it hands the directory over to user, if it is the default, or if it is root's
 * and empty: one with files in it may be anything, such as /var/cache.
 *
 * Returns a descriptor that the caller owns.  On failure returns -1 and fills err: it is another user's, others may
 * write to it, another hostd has it, ...
 */
int cache_dir_open(const char *path, const char *user, char *err, size_t err_len);

/*
 * Would cache_dir_open() succeed?  Makes, changes and locks nothing, and does not mind a hostd that has the lock.  If
 * not, returns false and fills err.
 */
bool cache_dir_check(const char *path, const char *user, char *err, size_t err_len);

#endif /* HOSTD_CACHE_DIR_H */
