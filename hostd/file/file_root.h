/* SPDX-License-Identifier: BSD-2-Clause */
/* file_root.h - a file below a local directory (--root). */
#ifndef HOSTD_FILE_ROOT_H
#define HOSTD_FILE_ROOT_H

#include "file/file.h"

/*
 * Open name below the directory dirfd.  RESOLVE_BENEATH: ".." and links do not lead out of it.  Returns a reference
 * that the caller owns; NULL only if memory ran out.  If the file is missing, the result has the status
 * PVBOOT_S_NOT_FOUND.
 */
struct file *file_root_open(int dirfd, const char *root_path, const char *name, const char *vm);

/*
 * Has a --root file stayed as it was when opened?  If not, the file fails with PVBOOT_S_CHANGED, and this returns
 * false.
 */
bool file_root_check(struct file *file);

#endif /* HOSTD_FILE_ROOT_H */
