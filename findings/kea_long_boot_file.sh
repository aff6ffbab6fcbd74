#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Kea 3.0.4 (and 2.2, 2.6) with a global "boot-file-name" of 129 characters or more passes its own check (kea-dhcp4 -t),
# starts, logs "lease ... will be offered" for each DISCOVER, and sends nothing.  The log has no word about it.
# The packet's field has 128 bytes; option 67, which takes 255, is not tried.
#
# Why it matters: a boot file may be an http:// URL, which reaches 128 characters soon.  All clients of the server are
# without an address then, and all that the server says looks well.
. "$(dirname "$0")/lib.sh"

unpack sid kea-dhcp4-server=3.0.4-2
expect "version" "$(inside kea-dhcp4 -v)" "3.0.4"
namespaces
mkdir -p "$root"/{run,var/lib,var/log}/kea

# try LENGTH: check, start and ask a Kea whose boot-file-name has so many characters.
try()
{
	cat >"$root/etc/kea.conf" <<JSON
{ "Dhcp4": {
    "interfaces-config": { "interfaces": [ "srv0" ] },
    "lease-database": { "type": "memfile", "persist": false },
    "boot-file-name": "$(printf "%0$1d" 0)",
    "subnet4": [ { "id": 1, "subnet": "10.77.0.0/24", "pools": [ { "pool": "10.77.0.100-10.77.0.200" } ] } ],
    "loggers": [ { "name": "kea-dhcp4", "output_options": [ { "output": "stdout" } ], "severity": "INFO" } ]
} }
JSON
	check=passed
	ip netns exec "$server" chroot "$root" kea-dhcp4 -t /etc/kea.conf >/dev/null 2>&1 || check=failed
	KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=/run serve kea-dhcp4 -c /etc/kea.conf
	logs DHCP4_STARTED
	offer=$(python <<'PYTHON'
from lib import dhcp, dhcp_socket

offer = dhcp(dhcp_socket(wait=10), 1)
print(offer and f"{offer['yiaddr']}, a file of {len(offer['file'])} bytes")
PYTHON
)
	log=$(sed -nE 's/.*DHCP4_LEASE_OFFER.*: (lease .* offered).*/\1/p; /(WARN|ERROR|FATAL).*tid=0x1:/p' "$work/log")
	kill -0 "$pid" || log="$log; the server has ended"
	end_server
	expect "$1 characters" "check $check; offer: $offer; log: $log" "$2"
}
offered="log: lease 10.77.0.100 will be offered"
try 128 "check passed; offer: 10.77.0.100, a file of 128 bytes; $offered"
try 129 "check passed; offer: None; $offered"
verdict
