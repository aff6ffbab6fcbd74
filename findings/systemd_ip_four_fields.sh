#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# systemd-network-generator 257 (Debian 13; 262 as well) refuses `ip=` with four fields, CLIENT:SERVER:GATEWAY:NETMASK,
# and with it the whole command line: it makes no configuration at all.  The kernel's own ip= takes it (fields left out
# at the end are empty), and it is exactly what pxelinux writes for SYSAPPEND 1 / IPAPPEND 1.
#
# Why it matters: an initrd that leaves its network to systemd, booted by a pxelinux.cfg with IPAPPEND 1, has none.
. "$(dirname "$0")/lib.sh"

unpack trixie systemd=257.13-1~deb13u1
expect "version" "$(inside systemctl --version | head -n 1)" "systemd 257 (257.13-1~deb13u1)"

# What the generator makes of this command line.
generate()
{
	rm -rf "$root/run/systemd/network"
	if ! SYSTEMD_PROC_CMDLINE=$1 SYSTEMD_IN_INITRD=1 SYSTEMD_LOG_TARGET=console \
		inside /usr/lib/systemd/systemd-network-generator 2>&1; then
		echo "no configuration: $(find "$root/run/systemd/network" -type f 2>/dev/null | wc -l) files"
	else
		cat "$root"/run/systemd/network/*.network |
			grep -E '^(DHCP|Address|Peer|Gateway|MACAddress)=' | paste -s -d ' '
	fi
}
expect "four fields" "$(generate ip=10.77.0.5:10.77.0.1:10.77.0.254:255.255.255.0)" \
	"Failed to parse kernel command line: Invalid argument
no configuration: 0 files"
expect "four fields, and others that are right" \
	"$(generate "ip=10.77.0.5:10.77.0.1:10.77.0.254:255.255.255.0 ip=eth1:dhcp")" \
	"Failed to parse kernel command line: Invalid argument
no configuration: 0 files"
expect "the same in seven fields" "$(generate ip=10.77.0.5:10.77.0.1:10.77.0.254:255.255.255.0:::none)" \
	"DHCP=no Address=10.77.0.5/24 Peer=10.77.0.1 Gateway=10.77.0.254"
verdict
