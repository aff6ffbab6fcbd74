#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# QEMU 11.1.3 with Debian's own iPXE ROM for virtio: `-device virtio-net-pci` boots from it, and with romfile= naming
# the very file that is its default, SeaBIOS never boots from it.  The file says that it is for 1af4:1041, and the card
# (a transitional one) is 1af4:1000; QEMU corrects the ids in the ROM that it chose itself, and only there.  No message.
#
# Why it matters: romfile= (libvirt's <rom file=>) is how a fixed or a newer iPXE gets into a machine.  Such a ROM has
# to be built for the id of the bus it will be on: 1000 on a plain PCI bus, 1041 behind a PCI Express port.
. "$(dirname "$0")/lib.sh"

unpack sid qemu-system-x86=1:11.1.3+ds-1 qemu-system-data seabios ipxe-qemu=2.0.0+dfsg-5
expect "version" "$(inside qemu-system-x86_64 --version | sed -n '1s/ (.*//p')" "QEMU emulator version 11.1.3"
rom=/usr/share/qemu/efi-virtio.rom
expect "the ROM's vendor and device" "$(/usr/bin/python3 - "$root$rom" <<'PYTHON'
import struct
import sys

rom = open(sys.argv[1], "rb").read()
pcir = struct.unpack_from("<H", rom, 0x18)[0]
print("%04x:%04x" % struct.unpack_from("<HH", rom, pcir + 4))
PYTHON
)" 1af4:1041
namespaces

# What SeaBIOS boots first with this card.
boot()
{
	serve qemu-system-x86_64 -accel tcg -nodefaults -display none -m 128 -L /usr/share/seabios -L /usr/share/qemu \
		-chardev stdio,id=debug -device isa-debugcon,iobase=0x402,chardev=debug \
		-netdev user,id=n,restrict=on -device "virtio-net-pci,netdev=n,bootindex=1$1"
	logs "Booting from .*[.][.][.]" # it comes byte by byte
	first=$(tr -d '\r' <"$work/log" | sed -n '/Booting from/{p;q}')
	end_server
}
boot ""
expect "no romfile=" "$first" "Booting from ROM..."
boot ",romfile=$rom"
expect "romfile=$rom" "$first" "Booting from Hard Disk..."
boot ",romfile=$rom,disable-legacy=on"
expect "the same, on a card that is 1af4:1041" "$first" "Booting from ROM..."
verdict
