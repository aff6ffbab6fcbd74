/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * front_net.h - our queues behind a virtio-net card of the VMM's own (docs/spec.md, chapter 7).
 *
 * The card's registers, features and configuration are the VMM's.  The device's configuration comes as the answer to
 * PVBOOT_OP_CONFIG, the host's presence stands in the responses of waiting requests, and the clock is the machine's.
 */
#ifndef ROM_FRONT_NET_H
#define ROM_FRONT_NET_H

#include "virtio.h"

extern const struct virtio_front front_net;

#endif /* ROM_FRONT_NET_H */
