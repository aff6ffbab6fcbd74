#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# isc-dhcpd 4.4.3-P1 sends the first 128 bytes of a longer "filename", with no zero after them, and no option 67: not
# even to a client that asks for 67 and takes packets of 1472 bytes.  Only the log says that the name was cut.
#
# Why it matters: the client asks its TFTP or HTTP server for a file of another name, and the person looks for the
# missing file there.  `option bootfile-name` is what carries a long name or URL.
. "$(dirname "$0")/lib.sh"

unpack trixie isc-dhcp-server=4.4.3-P1-8
expect "version" "$(inside dhcpd --version 2>&1)" "isc-dhcpd-4.4.3-P1"
namespaces
name=/images/$(printf %0192d 0)
cat >"$root/etc/dhcpd.conf" <<CONF
subnet 10.77.0.0 netmask 255.255.255.0 {
	range 10.77.0.100 10.77.0.200;
	filename "$name";
}
CONF
: >"$root/run/leases"
check=passed
inside dhcpd -t -cf /etc/dhcpd.conf >/dev/null 2>&1 || check=failed
expect "dhcpd -t, with a filename of 200 characters" "$check" passed
serve dhcpd -f -d -4 -cf /etc/dhcpd.conf -lf /run/leases -pf /run/pid srv0
logs "Server starting service"

seen=$(python <<'PYTHON'
from lib import dhcp, dhcp_socket

offer = dhcp(dhcp_socket(), 1, [(55, b"\x42\x43"), (57, b"\x05\xc0")])
print(len(offer["file"]), "bytes,", offer["file"][:11].decode(), "option 67:", offer["options"].get(67))
PYTHON
)
expect "the offer's file" "$seen" "128 bytes, /images/000 option 67: None"
expect "the log" "$(sed -n 's/ \/images.*//; /^file name/p' "$work/log" | sort -u)" \
	"file name longer than packet field truncated - field: 128 name: 200"
verdict
