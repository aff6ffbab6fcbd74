/* SPDX-License-Identifier: BSD-2-Clause */
/* name_mac.h - a MAC address for a machine that only has a name. */
#ifndef HOSTD_NAME_MAC_H
#define HOSTD_NAME_MAC_H

#include <stdint.h>

#include "base/addr.h"

/*
 * Make a unicast MAC address from name, within a pattern (NULL: 52:54:00:*).  The same name always gives the same
 * address.  If the pattern leaves the first byte open, the address is locally administered (IEEE 802, 8.2).
 */
void name_mac(uint8_t mac[6], const char *name, const struct addr_mac_pattern *within);

#endif /* HOSTD_NAME_MAC_H */
