/* SPDX-License-Identifier: BSD-2-Clause */
/* bridge.h - find the bridge of an interface, and tell what a new port would do to that bridge. */
#ifndef HOSTD_BRIDGE_H
#define HOSTD_BRIDGE_H

#include "net/rtnl.h"

/*
 * Fill *bridge with the bridge that the interface ifname is, or is a port of.  Returns false if there is none; *bridge
 * is then undefined.  Needs no capability.
 */
bool bridge_of(const char *ifname, struct rtnl_link *bridge);

/*
 * Returns for how many milliseconds a new port of the bridge forwards nothing.  With STP the port first listens, then
 * learns; without STP this is 0.
 */
unsigned int bridge_wait_ms(const struct rtnl_link *bridge);

/*
 * Can a port with that MAC address be added and removed, as the bridge is configured now?  Returns false and fills err,
 * which says what to do, if STP would hold the port back too long for a boot program, if the bridge filters VLANs, or
 * if the port would change the bridge's own address.
 */
bool bridge_takes(const struct rtnl_link *bridge, const uint8_t address[6], char *err, size_t err_len);

#endif /* HOSTD_BRIDGE_H */
