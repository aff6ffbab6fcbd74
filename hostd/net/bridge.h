/* SPDX-License-Identifier: BSD-2-Clause */
/* bridge.h - the bridge that an interface is, or is a port of, and what a new port would do to it. */
#ifndef HOSTD_BRIDGE_H
#define HOSTD_BRIDGE_H

#include "net/rtnl.h"

/* The bridge that the interface of that name is or is a port of.  False: there is none.  Needs no rights. */
bool bridge_of(const char *ifname, struct rtnl_link *bridge);

/* For how many milliseconds a new port of it passes nothing on: with STP, as long as it listens and learns. */
unsigned int bridge_wait_ms(const struct rtnl_link *bridge);

/*
 * May a port with that address come and go, as the bridge is now?  False: it would wait too long for a boot program,
 * be in another VLAN, or change the bridge's own address; err says what to do.
 */
bool bridge_takes(const struct rtnl_link *bridge, const uint8_t address[6], char *err, size_t err_len);

#endif /* HOSTD_BRIDGE_H */
