#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A Debian whose first process is systemd, for tests that need a real one; prints its directory:  tools/systemd_root.sh
#
# It is the machine's own suite, from the mirror that the machine's own package lists name, below build/peers, and is
# made once: tests run it by systemd-nspawn and write to an overlay (tests/systemd/container.py).  In it are a
# libvirtd with a QEMU, and the libraries that pvboot's programs of this build are linked with.  debootstrap runs in
# namespaces of its own: nothing of it stays mounted or running, however it ends.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
root=$PWD/build/peers/systemd-$suite
# make: for make install; libcurl: hostd loads it when it first needs it.
packages="systemd systemd-sysv dbus libpam-systemd iproute2 make python3 libvirt-daemon-system libvirt-clients"
packages+=" qemu-system-x86 seabios"
programs="build/pvboot build/pvboot-hostd build/pvboot-device"
libraries=libcurl.so.4

# The package of a library, by its soname.
package_of()
{
	dpkg -S "*/$1" 2>/dev/null | sed -n '1s/[:,].*//p'
}

# shellcheck disable=SC2086 # a list
libraries+=" $(ldd $programs | awk '$2 == "=>" && $3 ~ /^\// { print $1 }' | sort -u)"
for library in $libraries; do
	packages+=" $(package_of "$library")"
done
packages=$(tr -s ' ' '\n' <<<"$packages" | sort -u | paste -sd,)
if [ "$(cat "$root/.packages" 2>/dev/null)" = "$packages" ]; then
	echo "$root"
	exit
fi

mirror=$(tools/debian_mirror "$suite")
echo "deps: making $root from $mirror; this takes some minutes" >&2
mkdir -p build/peers
new=$(mktemp -d "$PWD/build/peers/tmp.XXXXXX")
trap 'rm -rf --one-file-system "$new"' EXIT
chmod 755 "$new"
if ! unshare --mount --pid --fork --kill-child --mount-proc \
	debootstrap --variant=minbase --include="$packages" "$suite" "$new" "$mirror" >"$new.log" 2>&1; then
	tail -n 20 "$new.log" "$new/debootstrap/debootstrap.log" >&2 || true
	echo "systemd_root: debootstrap failed, see above" >&2
	rm -f "$new.log"
	exit 1
fi
rm -rf "$new.log" "$new"/var/cache/apt/archives/*.deb "$new"/usr/share/{doc,man,locale}
echo "$packages" >"$new/.packages"
rm -rf --one-file-system "$root"
mv "$new" "$root"
trap - EXIT
echo "$root"
