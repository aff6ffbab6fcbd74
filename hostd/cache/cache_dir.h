/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_dir.h - the cache's directory: made and made over to hostd's user while there are rights for that. */
#ifndef HOSTD_CACHE_DIR_H
#define HOSTD_CACHE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define CACHE_DIR_DEFAULT "/var/cache/pvboot-hostd"

/*
 * Open it, make it if only its last part is missing, and lock it; user ("": who we are) is who hostd becomes.  Started
 * as root it makes the default over to user, and any other one that is root's and empty: one with files in it may be
 * anything, such as /var/cache.  Returns -1 and fills err: it is another user's, others may write to it, another hostd
 * has it, ...
 */
int cache_dir_open(const char *path, const char *user, char *err, size_t err_len);

/* Would it?  Makes, changes and locks nothing; another hostd may have it.  Returns false and fills err. */
bool cache_dir_check(const char *path, const char *user, char *err, size_t err_len);

#endif /* HOSTD_CACHE_DIR_H */
