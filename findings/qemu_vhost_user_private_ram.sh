#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# QEMU 11.1.3 starts the queues of a vhost-user device without having given it any memory, if the guest's RAM is not
# shared and the device takes memory by ADD_MEM_REG (CONFIGURE_MEM_SLOTS): it sends VRING_ADDR and VRING_KICK, says
# nothing, and the guest waits for ever.  The same with a device that takes SET_MEM_TABLE, as older ones do, is an error
# with the remedy in it ("consider using ... share=on").  So is it for RAM of memory-backend-memfd with share=off.
#
# Why it matters: a forgotten share=on (libvirt: <memoryBacking>) is the usual mistake with vhost-user.  With a modern
# device nobody is told, so the device has to notice that a queue starts and no memory ever came.
. "$(dirname "$0")/lib.sh"

unpack sid qemu-system-x86=1:11.1.3+ds-1 qemu-system-data seabios ipxe-qemu
expect "version" "$(inside qemu-system-x86_64 --version | sed -n '1s/ (.*//p')" "QEMU emulator version 11.1.3"
namespaces

# A vhost-user device that prints what it is given.  $1 its socket, $2 whether it has CONFIGURE_MEM_SLOTS.
cat >"$work/device.py" <<'PYTHON'
import socket
import struct
import sys

TOLD = {5: "SET_MEM_TABLE", 9: "SET_VRING_ADDR", 12: "SET_VRING_KICK", 37: "ADD_MEM_REG"}
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
qemu, _ = listener.accept()
while head := qemu.recvmsg(12, socket.CMSG_SPACE(64))[0]:
    kind, _, size = struct.unpack("<III", head)
    body = qemu.recv(size, socket.MSG_WAITALL) if size else b""
    print(TOLD.get(kind, ""), end=" ", flush=True)
    # GET_FEATURES: VERSION_1 and PROTOCOL_FEATURES; GET_PROTOCOL_FEATURES; GET_MAX_MEM_SLOTS; GET_VRING_BASE
    answer = {1: 1 << 32 | 1 << 30, 15: int(sys.argv[2]) << 15, 36: 32, 11: body[:1] and body[0]}.get(kind)
    if answer is not None:
        qemu.sendall(struct.pack("<IIIQ", kind, 5, 8, answer))
PYTHON

# boot SLOTS OPTION...: let the iPXE ROM of a guest open the card; what the device was given, and what QEMU says.
boot()
{
	local device i
	rm -f "$root/tmp/socket"
	/usr/bin/python3 "$work/device.py" "$root/tmp/socket" "$1" >"$work/given" &
	device=$!
	pids+=("$device")
	shift
	for ((i = 0; i < 100; i++)); do
		[ ! -S "$root/tmp/socket" ] || break
		sleep 0.1
	done
	serve qemu-system-x86_64 -accel tcg -nodefaults -display none -L /usr/share/seabios -L /usr/share/qemu "$@" \
		-chardev socket,path=/tmp/socket,id=c -netdev vhost-user,chardev=c,id=n \
		-device virtio-net-pci,netdev=n,bootindex=1
	for ((i = 0; i < 600; i++)); do
		[ "$(grep -o KICK "$work/given" | wc -l)" -ge 2 ] || grep -q "unable to start" "$work/log" && break
		sleep 0.1
	done
	end_server
	wait "$device" || true
	given=$(tr -s ' \n' '\n' <"$work/given" | sed '/^$/d' | paste -s -d ' ')
	said=$(sed -n '/terminating on signal/d; 1p' "$work/log")
	said=${said#qemu-system-x86_64: }
}
remedy="Failed initializing vhost-user memory map, consider using -object memory-backend-file share=on"
boot 0 -m 128
expect "private RAM, SET_MEM_TABLE" "$given;$said" ";$remedy"
boot 1 -m 128
expect "private RAM, ADD_MEM_REG" "$given;$said" "SET_VRING_ADDR SET_VRING_KICK SET_VRING_ADDR SET_VRING_KICK;"
boot 1 -object memory-backend-memfd,id=ram,size=128M,share=off -machine memory-backend=ram
expect "share=off, ADD_MEM_REG" "$given;$said" "SET_VRING_ADDR SET_VRING_KICK SET_VRING_ADDR SET_VRING_KICK;"
boot 1 -object memory-backend-memfd,id=ram,size=128M,share=on -machine memory-backend=ram
expect "share=on, ADD_MEM_REG" "$given;$said" "ADD_MEM_REG SET_VRING_ADDR SET_VRING_KICK SET_VRING_ADDR SET_VRING_KICK;"
verdict
