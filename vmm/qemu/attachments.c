/* SPDX-License-Identifier: BSD-2-Clause */
/* attachments.c - the protocols that pvboot-device speaks; a program of the tests has a list of its own. */
#include <stddef.h>

#include "device.h"

const struct attach_ops *const attachments[] = {&attach_vhost_user, &attach_vfio_user, NULL};
