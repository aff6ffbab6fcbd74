/* SPDX-License-Identifier: BSD-2-Clause */
/* source_guest.h - sources (source.h) that use a guest's MAC address and leased address, through net_ask.h. */
#ifndef HOSTD_SOURCE_GUEST_H
#define HOSTD_SOURCE_GUEST_H

#include "pvboot_link.h"
#include "net/source.h"

/*
 * Make a source for the VM vm (copied; for the log), whose index in conf->vms is section, with that MAC address and
 * lease (copied).  The first source_socket() makes the namespace.  Returns NULL if memory ran out.
 */
struct source *source_guest(const char *vm, uint32_t section, const uint8_t mac[6], const struct pvboot_lease *lease);

#endif /* HOSTD_SOURCE_GUEST_H */
