/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_cache.h - what a QEMU said of itself, so that it is not asked at each start, which would take as long as a
 * short boot.
 */
#ifndef ATTACH_CACHE_H
#define ATTACH_CACHE_H

#include "attach.h"

/*
 * What is known of program, an executable that is the same as when it was asked: by device, inode, size and time of
 * change.  False if nothing is.
 */
bool attach_cache_get(const char *program, struct attach_qemu *qemu);

/* Remember it.  A script is not remembered, for what it starts may change without it; nor is anything if that fails. */
void attach_cache_put(const char *program, const struct attach_qemu *qemu);

#endif /* ATTACH_CACHE_H */
