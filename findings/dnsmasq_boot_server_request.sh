#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dnsmasq 2.93 as a proxy DHCP server: the ACK of port 4011 names no boot file, unless the REQUEST carries
# the menu's item as option 43, sub-option 71, with dnsmasq's type for it, 8000h for the first --pxe-service.  Without
# sub-option 71 the ACK repeats the menu; with type 0, which PXE reserves for a "Bootstrap server", there is no answer.
# That is so for a menu of one item as well.
#
# Why it matters: a client that sends a plain PXE REQUEST to port 4011, as it may to a proxy whose offer names no file,
# gets an ACK with which nothing can be booted.
. "$(dirname "$0")/lib.sh"

unpack sid dnsmasq-base=2.93-3
expect "version" "$(inside dnsmasq --version | sed -n '1s/ *Copyright.*//p')" "Dnsmasq version 2.93"
namespaces
serve dnsmasq --conf-file=/dev/null --keep-in-foreground --log-facility=- --pid-file= --user=root --port=0 \
	--interface=srv0 --dhcp-leasefile=/tmp/leases --dhcp-range=10.77.0.0,proxy \
	--pxe-service=x86PC,Boot,pxelinux --enable-tftp --tftp-root=/tmp
listens 4011

seen=$(python <<'PYTHON'
from lib import dhcp, dhcp_socket

PXE = [(60, b"PXEClient:Arch:00000:UNDI:002001"), (93, bytes(2)), (94, b"\1\2\1"), (97, bytes(17)), (55, b"+<BC")]
s = dhcp_socket(wait=5)
offer = dhcp(s, 1, PXE)
print("offer:", offer["siaddr"], offer["file"], offer["options"].get(67), offer["options"][43].hex())
for item in "", "470400000000ff", "470480000000ff":
    more = [(43, bytes.fromhex(item))] if item else []
    ack = dhcp(s, 3, PXE + more, ciaddr="10.77.0.2", to=("10.77.0.1", 4011))
    print(f"ack for 43 = {item or 'none'}:", ack and (ack["siaddr"], ack["file"], ack["options"].get(67)))
PYTHON
)
expect "answers (siaddr, file, option 67)" "$seen" \
	"offer: 0.0.0.0 b'' None 0601030a040050584508078000010a4d00010907800004426f6f74ff
ack for 43 = none: ('0.0.0.0', b'', None)
ack for 43 = 470400000000ff: None
ack for 43 = 470480000000ff: ('10.77.0.1', b'pxelinux.0', None)"
verdict
