#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# atftpd 0.8.1 serves a directory as an empty file, and says that it has 4096 bytes (or whatever the directory takes).
# tftpd-hpa and dnsmasq answer by an ERROR.
#
# Why it matters: a mistyped boot file name ("images/" for "images/linux") is a success of 0 bytes.  A client that
# believes tsize reserves 4096 bytes and gets none of them: an error in the middle of a transfer, not "not found".
. "$(dirname "$0")/lib.sh"

unpack sid atftpd=0.8.1-2
expect "version" "$(inside atftpd --version | head -n 1)" "atftp-0.8.1 (server)"
mkdir -p "$root/srv/tftp/images"
size=$(stat -c %s "$root/srv/tftp/images")
namespaces
serve atftpd --daemon --no-fork --user root --logfile - /srv/tftp
listens 69

seen=$(python <<'PYTHON'
from lib import Tftp

print(Tftp().request("images"))
sized = Tftp()
print(sized.request("images", tsize=0))
sized.ack(0)
print(sized.answer())
PYTHON
)
expect "the answers to a request, to one with tsize, and its DATA" "$seen" "b'\\x00\\x03\\x00\\x01'
b'\\x00\\x06tsize\\x00$size\\x00'
b'\\x00\\x03\\x00\\x01'"
verdict
