#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Unpack another Debian suite's QEMU below build/peers, beside the installed one:  tools/qemu_peer.sh SUITE...
#
# bookworm's is build/peers/qemu-7.2 (Debian 12), trixie's build/peers/qemu-10.0 (Debian 13), sid's build/peers/qemu-11
# (or whatever its number is by then), with the link build/peers/qemu-newest to it.  Nothing is installed: apt works on
# lists and a package database of its own, below build/peers, from the mirror that the machine's own lists name for the
# suite, or else for the suite of their own.  QEMU is started by its wrapper build/peers/qemu-*/qemu-system-x86_64,
# through its own dynamic loader, with its own libraries, modules and firmware.
set -euo pipefail
cd "$(dirname "$0")/.."

peers=$PWD/build/peers
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The resolver wants them, QEMU does not: they only make the installation of a system.
unwanted='^(adduser|debconf|gcc-[0-9]+-base|login|login\.defs|openssl-provider-legacy|passwd|systemd|libc-gconv-.*)_'

die()
{
	echo "qemu_peer: $*" >&2
	exit 1
}

unpack_suite()
{
	local suite=$1 link=$2 uri deb state dir number
	uri=$(tools/debian_mirror "$suite") || exit 1
	state=$(mktemp -d "$peers/apt.XXXXXX")
	# shellcheck disable=SC2064 # the directory of now
	trap "rm -rf '$state'" EXIT
	mkdir -p "$state"/{lists,archives}/partial "$state/parts"
	: >"$state/status"
	echo "deb [signed-by=$keyring] $uri $suite main" >"$state/sources.list"
	local apt=(apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none
		-o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
		-o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives"
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts"
		-o Dir::Etc::preferences="$state/none" -o Dir::Etc::preferencesparts="$state/parts" \
		-o Debug::NoLocking=true)
	echo "deps: unpacking $suite's QEMU below build/peers"
	"${apt[@]}" update --error-on=any </dev/null ||
		die "$uri, the mirror of this machine's package lists, gives no lists of $suite (see above):" \
			"its QEMU cannot be had"
	"${apt[@]}" -y --no-install-recommends --download-only install \
		qemu-system-x86 qemu-system-common seabios </dev/null >/dev/null ||
		die "$uri gives no QEMU of $suite (see above)"
	for deb in "$state"/archives/*.deb; do
		[[ $(basename "$deb") =~ $unwanted ]] || dpkg -x "$deb" "$state/root"
	done
	# Debian 12 has some libraries in /lib.
	[ ! -d "$state/root/lib" ] || cp -a "$state/root/lib/." "$state/root/usr/lib/"
	rm -rf "$state"/root/usr/share/{doc,man,locale,info,lintian,bug} "$state"/root/{etc,var,lib,lib64} \
		"$state"/root/usr/lib/x86_64-linux-gnu/{gconv,perl-base}
	# A module that is not unpacked (those for OpenGL) must not be looked for among the installed QEMU's.
	sed -i 's,/usr/lib/x86_64-linux-gnu/qemu\x00,/usr/lib/x86_64-linux-gnu/none\x00,' \
			"$state/root/usr/bin/qemu-system-x86_64"
	cat >"$state/root/qemu-system-x86_64" <<'WRAPPER'
#!/bin/sh
d=$(dirname "$(readlink -f "$0")")/usr
lib=$d/lib/x86_64-linux-gnu
export QEMU_MODULE_DIR="$lib/qemu"
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$lib/pulseaudio" "$d/bin/qemu-system-x86_64" \
	-L "$d/share/qemu" -L "$d/share/seabios" -L "$d/lib/ipxe/qemu" "$@"
WRAPPER
	chmod 755 "$state/root" "$state/root/qemu-system-x86_64"
	# QEMU emulator version 10.0.13 (Debian ...)
	number=$("$state/root/qemu-system-x86_64" --version |
		sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
	[ "$suite" != sid ] || number=${number%%.*}
	[ -n "$number" ] || die "$suite's QEMU was unpacked and does not start"
	dir=qemu-$number
	rm -rf "${peers:?}/$dir"
	mv "$state/root" "$peers/$dir"
	[ "$link" = "$dir" ] || ln -sfn "$dir" "$peers/$link"
	rm -rf "$state"
	trap - EXIT
}

mkdir -p "$peers"
for suite; do
	case "$suite" in
	bookworm) link=qemu-7.2 ;;
	trixie) link=qemu-10.0 ;;
	sid) link=qemu-newest ;;
	*)
		echo "usage: tools/qemu_peer.sh bookworm|trixie|sid..." >&2
		exit 2
		;;
	esac
	[ -x "$peers/$link/qemu-system-x86_64" ] || unpack_suite "$suite" "$link"
done
