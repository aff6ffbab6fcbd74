/* SPDX-License-Identifier: BSD-2-Clause */
/* file_root.h - a file below a local directory (--root). */
#ifndef HOSTD_FILE_ROOT_H
#define HOSTD_FILE_ROOT_H

#include "file/file.h"

/* Open name below the directory dirfd (RESOLVE_BENEATH: no way out by .. or links).  Never NULL but for memory: a
 * missing file is a file whose status is PVBOOT_S_NOT_FOUND. */
struct file *file_root_open(int dirfd, const char *root_path, const char *name, const char *vm);

/* Compare a --root file with what it was when opened: false (and the file fails with PVBOOT_S_CHANGED) if it changed.
 */
bool file_root_check(struct file *file);

#endif /* HOSTD_FILE_ROOT_H */
