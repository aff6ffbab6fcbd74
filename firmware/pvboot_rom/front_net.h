/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * front_net.h - pvboot's queues behind a virtio-net card of the VMM's own (docs/spec.md, chapter 7).
 *
 * The card's registers, features and configuration are the VMM's.  The ROM gets pvboot's configuration by
 * PVBOOT_OP_CONFIG, reads from the responses of waiting requests whether the host is there, and uses the machine's
 * clock.
 */
#ifndef ROM_FRONT_NET_H
#define ROM_FRONT_NET_H

#include "virtio.h"

extern const struct virtio_front front_net;

#endif /* ROM_FRONT_NET_H */
