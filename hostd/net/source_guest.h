/* SPDX-License-Identifier: BSD-2-Clause */
/* source_guest.h - sources (source.h) that speak with a guest's MAC and leased address, by net_ask.h. */
#ifndef HOSTD_SOURCE_GUEST_H
#define HOSTD_SOURCE_GUEST_H

#include "pvboot_link.h"
#include "net/source.h"

/*
 * A source for the VM of that name (for the log; copied), of that section, with that MAC and lease.  Nothing is made
 * before its first socket is asked for.  NULL if memory ran out.
 */
struct source *source_guest(const char *vm, uint32_t section, const uint8_t mac[6], const struct pvboot_lease *lease);

#endif /* HOSTD_SOURCE_GUEST_H */
