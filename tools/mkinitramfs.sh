#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make an initramfs of busybox, an init script and files:  tools/mkinitramfs.sh OUTPUT INIT [FILE...]
#
# INIT becomes /init, each FILE /NAME; every applet of busybox that INIT may want stands in /bin.  Not compressed: what
# it holds is what travels.
set -eu
[ $# -ge 2 ] || {
	echo "usage: tools/mkinitramfs.sh OUTPUT INIT [FILE...]" >&2
	exit 2
}
output=$1
init=$2
shift 2
busybox=$(command -v busybox) || {
	echo "mkinitramfs: no busybox: apt-get install busybox-static" >&2
	exit 1
}
command -v cpio >/dev/null || {
	echo "mkinitramfs: no cpio: apt-get install cpio" >&2
	exit 1
}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT INT TERM HUP
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/etc"
cp "$busybox" "$tree/bin/busybox"
for applet in sh cat cut echo grep ifconfig insmod ip ls mkdir mount poweroff reboot sed sha256sum sleep tr; do
	ln -s busybox "$tree/bin/$applet"
done
cp "$init" "$tree/init"
chmod 755 "$tree/init"
for file; do
	cp "$file" "$tree/"
done
(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$output"
