#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# systemd-network-generator 262 (sid), given BOOTIF= (what pxelinux writes for IPAPPEND 2), drops what `ip=` says: with
# ip=dhcp the card of BOOTIF has a .network file without DHCP, with a static ip= one without the address (the gateway
# is in it).  It says nothing and ends by 0.  257 (Debian 13) ignores BOOTIF and obeys ip=.
#
# Why it matters: a pxelinux.cfg with "APPEND ip=dhcp" and "IPAPPEND 2" makes this command line.  With a newer systemd
# in the initrd the machine's card has no address.
. "$(dirname "$0")/lib.sh"

unpack sid systemd=262.1-1
expect "version" "$(inside systemctl --version | head -n 1)" "systemd 262 (262.1-1)"

generate()
{
	rm -rf "$root/run/systemd/network"
	SYSTEMD_PROC_CMDLINE=$1 SYSTEMD_IN_INITRD=1 SYSTEMD_LOG_TARGET=console \
		inside /usr/lib/systemd/systemd-network-generator 2>&1 || echo "status $?"
	cat "$root"/run/systemd/network/*.network |
		grep -E '^(DHCP|Address|Peer|Gateway|MACAddress|Type)=' | paste -s -d ' '
}
bootif=BOOTIF=01-52-54-00-12-34-56
static=ip=10.77.0.5:10.77.0.1:10.77.0.254:255.255.255.0:::none
expect "ip=dhcp" "$(generate ip=dhcp)" "Type=!loopback DHCP=ipv4"
expect "ip=dhcp $bootif" "$(generate "ip=dhcp $bootif")" "MACAddress=52:54:00:12:34:56"
expect "$static" "$(generate "$static")" \
	"Type=!loopback DHCP=no Address=10.77.0.5/24 Peer=10.77.0.1 Gateway=10.77.0.254"
expect "$static $bootif" "$(generate "$static $bootif")" "MACAddress=52:54:00:12:34:56 Gateway=10.77.0.254"
verdict
