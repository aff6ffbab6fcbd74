#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# atftpd 0.8.1 repeats the first block of a transfer without options as a packet of 3 bytes: the opcode and a zero, not
# even a whole block number.  All later blocks, and the first one after an OACK, are repeated whole.
#
# Why it matters: a boot program that asks without options and loses one packet, the first DATA, never gets that block
# from this transfer; it has to send its request again.
. "$(dirname "$0")/lib.sh"

unpack sid atftpd=0.8.1-2
expect "version" "$(inside atftpd --version | head -n 1)" "atftp-0.8.1 (server)"
mkdir -p "$root/srv/tftp"
head -c 3000 /dev/zero >"$root/srv/tftp/file"
namespaces
serve atftpd --daemon --no-fork --user root --logfile - --retry-timeout 1 /srv/tftp
listens 69

seen=$(python <<'PYTHON'
from lib import Tftp


def show(*packets):
    return [packet and f"{len(packet)} bytes, {packet[:4].hex()}" for packet in packets]


bare = Tftp(wait=10)
print("block 1:", *show(bare.request("file"), bare.answer(), bare.answer()), sep="; ")
bare.ack(1)
print("block 2:", *show(bare.answer(), bare.answer()), sep="; ")
option = Tftp(wait=10)
option.request("file", blksize=512)
option.ack(0)
print("block 1 after an OACK:", *show(option.answer(), option.answer()), sep="; ")
PYTHON
)
expect "sent, and repeated" "$seen" "block 1:; 516 bytes, 00030001; 3 bytes, 000300; 3 bytes, 000300
block 2:; 516 bytes, 00030002; 516 bytes, 00030002
block 1 after an OACK:; 516 bytes, 00030001; 516 bytes, 00030001"
verdict
