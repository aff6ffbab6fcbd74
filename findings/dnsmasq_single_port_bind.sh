#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dnsmasq 2.93 (and 2.90) with --tftp-single-port and --bind-interfaces starts, says "TFTP root is ... single port
# mode", and answers nobody.  Its log then has "failed to send packet: Network is unreachable", a message that does not
# name TFTP.  Each of the two options works alone, and --bind-dynamic works with --tftp-single-port.
#
# Why it matters: --tftp-single-port is what one takes for TFTP through NAT and firewalls, --bind-interfaces what one
# takes beside another DNS server (libvirt's networks, systemd-resolved).
. "$(dirname "$0")/lib.sh"

unpack sid dnsmasq-base=2.93-3
expect "version" "$(inside dnsmasq --version | sed -n '1s/ *Copyright.*//p')" "Dnsmasq version 2.93"
mkdir -p "$root/srv/tftp"
echo hello >"$root/srv/tftp/file"
namespaces

# The answer of a dnsmasq that was started with these options.
answer_of()
{
	serve dnsmasq --conf-file=/dev/null --keep-in-foreground --log-facility=- --pid-file= --user=root --port=0 \
		--interface=srv0 --enable-tftp --tftp-root=/srv/tftp "$@"
	listens 69
	seen=$(python <<'PYTHON'
from lib import Tftp

print(Tftp(wait=5).request("file"))
PYTHON
)
	end_server
}
data="b'\\x00\\x03\\x00\\x01hello\\n'"
answer_of --tftp-single-port
expect "--tftp-single-port" "$seen" "$data"
answer_of --bind-interfaces
expect "--bind-interfaces" "$seen" "$data"
answer_of --tftp-single-port --bind-dynamic
expect "--tftp-single-port --bind-dynamic" "$seen" "$data"
answer_of --tftp-single-port --bind-interfaces
expect "--tftp-single-port --bind-interfaces" "$seen" None
expect "its log" "$(sed -n 's/^dnsmasq\[[0-9]*\]: \(failed.*\)/\1/p' "$work/log" | sort -u)" \
	"failed to send packet: Network is unreachable"
verdict
