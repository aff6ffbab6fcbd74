#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tftpd-hpa 5.3 (Debian 13) never answers the first request after its start.  5.2 (Debian 12) and 7.3 (sid) answer it.
#
# Why it matters: the first machine that boots after a server was set up or restarted meets silence, and so does the
# person who tries the server once.  Boot programs wait from 0.1 s (pxelinux) to several seconds before they ask again.
. "$(dirname "$0")/lib.sh"

unpack trixie tftpd-hpa=5.2+20240610-3
expect "version" "$(inside in.tftpd -V)" "tftp-hpa 5.3, with remap, with tcpwrappers"
mkdir -p "$root/srv/tftp"
echo hello >"$root/srv/tftp/file"
namespaces
serve in.tftpd -L --address 10.77.0.1:69 --user tftp --secure /srv/tftp
listens 69

seen=$(python <<'PYTHON'
from lib import Tftp

first, second = Tftp(wait=10), Tftp(wait=10)
print(first.request("file"), second.request("file"))
PYTHON
)
expect "the first request in 10 seconds, and the second" "$seen" "None b'\\x00\\x03\\x00\\x01hello\\n'"
verdict
