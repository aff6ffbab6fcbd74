/* SPDX-License-Identifier: BSD-2-Clause */
/* qemu_check.h - what of the user's QEMU arguments keeps the guest from booting by pvboot. */
#ifndef QEMU_CHECK_H
#define QEMU_CHECK_H

#include <stdbool.h>

#include "qemu_args.h"

/* Returns in words why a guest with these arguments is sure not to boot (a static buffer), or NULL. */
const char *qemu_check(const struct qemu_user *user);

/* Is this file UEFI firmware?  By its contents; by its name where it cannot be read. */
bool qemu_check_is_uefi(const char *file);

#endif /* QEMU_CHECK_H */
