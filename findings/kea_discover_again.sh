#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Kea 3.0.4 (and 2.2, 2.6) offers a client another address each time it sends its DISCOVER again, the same DISCOVER with
# the same transaction number included, until it takes one.  "offer-lifetime" is 0 by default: an offer is forgotten as
# soon as it is sent.  isc-dhcpd and dnsmasq offer the same address again.
#
# Why it matters: a client collects offers while it sends DISCOVER at 1, 2, 4 and 8 seconds (a PXE ROM waits for a
# proxy's offer so).  If it takes the address of one offer and the rest of another, or asks for an address of the first
# answer in a REQUEST to the last, it mixes two leases.
. "$(dirname "$0")/lib.sh"

unpack sid kea-dhcp4-server=3.0.4-2
expect "version" "$(inside kea-dhcp4 -v)" "3.0.4"
namespaces
mkdir -p "$root"/{run,var/lib,var/log}/kea
cat >"$root/etc/kea.conf" <<'JSON'
{ "Dhcp4": {
    "interfaces-config": { "interfaces": [ "srv0" ] },
    "lease-database": { "type": "memfile", "persist": false },
    "subnet4": [ { "id": 1, "subnet": "10.77.0.0/24", "pools": [ { "pool": "10.77.0.100-10.77.0.200" } ] } ],
    "loggers": [ { "name": "kea-dhcp4", "output_options": [ { "output": "stdout" } ], "severity": "INFO" } ]
} }
JSON
KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=/run serve kea-dhcp4 -c /etc/kea.conf
logs DHCP4_STARTED

seen=$(python <<'PYTHON'
import socket
from lib import dhcp, dhcp_socket

s = dhcp_socket()
print(*(dhcp(s, 1, xid=7)["yiaddr"] for _ in range(4)))
offer = dhcp(s, 1, xid=7)
take = [(50, socket.inet_aton(offer["yiaddr"])), (54, offer["options"][54])]
print(offer["yiaddr"], dhcp(s, 3, take, xid=7)["yiaddr"], dhcp(s, 1, xid=8)["yiaddr"])
PYTHON
)
expect "four DISCOVERs of one client; a fifth, its REQUEST, a DISCOVER afterwards" "$seen" \
	"10.77.0.100 10.77.0.101 10.77.0.102 10.77.0.103
10.77.0.104 10.77.0.104 10.77.0.104"
verdict
