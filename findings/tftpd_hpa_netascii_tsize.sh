#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tftpd-hpa 5.3 (and 5.2) refuse a whole netascii request that asks for tsize, by ERROR 8.  RFC 2347 has a server leave
# out of its OACK what it does not grant.  Other options are granted in netascii, and tsize is in octet.
#
# Why it matters: a client that always asks for tsize (to show progress, or to reserve memory) cannot read a text file
# from the most used TFTP server, unless it takes the error as a sign to ask again without options.
. "$(dirname "$0")/lib.sh"

unpack trixie tftpd-hpa=5.2+20240610-3
expect "version" "$(inside in.tftpd -V)" "tftp-hpa 5.3, with remap, with tcpwrappers"
mkdir -p "$root/srv/tftp"
echo hello >"$root/srv/tftp/file"
namespaces
serve in.tftpd -L --address 10.77.0.1:69 --user tftp --secure /srv/tftp
listens 69

ask_for()
{
	python <<PYTHON
from lib import Tftp

Tftp(wait=0.5).request("file")  # 5.3 does not answer its first request
print(Tftp().request("file", $1))
PYTHON
}
expect "octet, tsize 0" "$(ask_for '"octet", tsize=0')" "b'\\x00\\x06tsize\\x006\\x00'"
expect "netascii, tsize 0" "$(ask_for '"netascii", tsize=0')" \
	"b'\\x00\\x05\\x00\\x08Unsupported option(s) requested\\x00'"
expect "netascii, blksize 600" "$(ask_for '"netascii", blksize=600')" "b'\\x00\\x06blksize\\x00600\\x00'"
verdict
