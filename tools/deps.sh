#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Install the Debian packages that a purpose needs:
#   tools/deps.sh build|unit|demo|check|check-qemu|check-systemd|check-nbp|check-suites|lint|fuzz|bench|ci
#
# Asks nothing, starts and enables no service, socket or other unit (policy-rc.d refuses while it runs, links that
# packages made are taken back), does nothing when everything is there.  A Debian kernel, the configurations of Debian's
# installer and atftpd (which conflicts with tftpd-hpa) are not installed but unpacked below build/peers, as are the
# QEMUs of other Debian releases (tools/qemu_peer.sh; check wants an older one where the installed QEMU cannot do all
# that is tested, check-qemu wants all), and the boot programs of check and check-nbp.
#
# A package that has another name in another Debian release is written a|b: the one that is installed is taken, else
# the first that the machine's package lists have.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
trap 'echo "deps: line $LINENO failed: $BASH_COMMAND; what it said is above" >&2' ERR

build="gcc make nasm pkgconf python3 libc6-dev libevent-dev libseccomp-dev libcap-ng-dev libinih-dev"
build+=" libcurl4-openssl-dev libssl-dev libjansson-dev"
run="qemu-system-x86 seabios"
demo="$build $run iproute2 isc-dhcp-server|kea-dhcp4-server tftpd-hpa pxelinux syslinux-common busybox-static cpio"
demo+=" xz-utils"
installer=0
check="$demo libcmocka-dev curl procps nginx openssl python3-pytest python3-pytest-xdist"
check+=" kea-dhcp4-server dnsmasq-base ipxe-qemu bochsbios libwrap0 libnsl2 libpcre2-8-0"
# Boot programs, unpacked; what grub-mknetdir is linked with; what reads a screen.
programs=
few="grub-pc-bin grub-common ipxe"
check+=" libdevmapper1.02.1 libefiboot1|libefiboot1t64 libefivar1|libefivar1t64 libfreetype6"
check+=" libfuse2|libfuse3-4 liblzma5"
nbp="$check tesseract-ocr tesseract-ocr-eng"
lint="$build libcmocka-dev clang-format-14|clang-format cppcheck"
fuzz="$build clang-14|clang libclang-rt-14-dev|libclang-rt-dev"
# no libvirt-daemon-system: that is the part which starts services and makes users
libvirt="libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients virtinst qemu-utils"
qemus=
peers=build/peers

case "${1:-}" in
build) want="$build" kernel=0 atftpd=0 ;;
unit) want="$build libcmocka-dev" kernel=0 atftpd=0 ;;
check-suites) want="debootstrap debian-archive-keyring" kernel=0 atftpd=0 ;;
demo) want="$demo" kernel=1 atftpd=0 ;;
check) want="$check" kernel=1 atftpd=1 installer=1 programs="$few" qemus=older ;;
check-qemu) want="$check $libvirt" kernel=1 atftpd=0 qemus=all ;;
check-systemd) want="$build python3-pytest python3-pytest-xdist debootstrap systemd-container" kernel=0 atftpd=0 ;;
check-nbp)
	want="$nbp" kernel=1 atftpd=1
	programs="$few memtest86+ debian-installer"
	;;
bench)
	want="$check grub-common grub-pc-bin python3-matplotlib" kernel=1 atftpd=1
	programs="debian-installer"
	;;
lint) want="$lint" kernel=0 atftpd=0 ;;
fuzz) want="$fuzz" kernel=0 atftpd=0 ;;
ci) want="$check $lint" kernel=1 atftpd=1 installer=1 programs="$few" qemus=older ;;
*)
	usage="build|unit|demo|check|check-qemu|check-systemd|check-nbp|check-suites|lint|fuzz|bench|ci"
	echo "usage: tools/deps.sh $usage" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "deps: this is not a Debian system; needed are: $want" >&2
	exit 0
fi

have=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' 2>/dev/null | awk '$2 == "ii" { print $1 }')

# installed A|B...: whether one of these packages is.
installed()
{
	grep -qxF "${1//|/$'\n'}" <<<"$have"
}

# choose WORD...: each word's package: the first of A|B... that the package lists have, else A.
choose()
{
	local word name
	for word; do
		for name in ${word//|/ }; do
			[ "$word" != "$name" ] && [ -z "$(apt-cache pkgnames "$name" | grep -xF "$name")" ] || break
			name=${word%%|*}
		done
		echo "$name"
	done | paste -sd ' '
}

# suites all|older: the Debian releases whose QEMU is needed, and not there, beside the installed QEMU.
suites()
{
	local mine
	mine=$(qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
	case "$1:${mine:-7.2}" in
	older:[789].* | :*) ;;
	older:*) echo bookworm 7.2 ;;
	all:7.2) printf '%s\n' 'trixie 10.0' 'sid newest' ;;
	all:10.0) printf '%s\n' 'bookworm 7.2' 'sid newest' ;;
	all:*) printf '%s\n' 'bookworm 7.2' 'trixie 10.0' 'sid newest' ;;
	esac | while read -r suite number; do
		[ -x "$peers/qemu-$number/qemu-system-x86_64" ] || echo "$suite"
	done
}

missing=
for p in $want; do
	installed "$p" || missing+=" $p"
done
[ -s $peers/bzImage ] && [ -s $peers/modules/virtio_net.ko ] && kernel=0
[ -x $peers/atftpd/usr/sbin/atftpd ] && atftpd=0
[ -d $peers/debian-installer ] && installer=0
absent=
for p in $programs; do
	[ -d "$peers/nbp/$p" ] || absent+=" $p"
done
[ -z "$missing" ] && [ -z "$absent" ] && [ $kernel = 0 ] && [ $atftpd = 0 ] && [ $installer = 0 ] &&
	[ -z "$(suites "$qemus")" ] && exit 0

if [ "$(id -u)" != 0 ] && [ -n "$missing" ]; then
	echo "deps: packages are missing and only root can install them:" >&2
	# shellcheck disable=SC2086 # a list
	echo "deps:   apt-get install --no-install-recommends $(choose $missing)" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt=(apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root -o Acquire::Retries=3)
policy=/usr/sbin/policy-rc.d
links=

# What is switched on, services and sockets and other units: the links systemd and System V look at.
enabled()
{
	{ find /etc/systemd/system -path '*.wants/*' -o -path '*.requires/*'; find /etc/rc[2-5].d -name 'S*'; true; } \
		2>/dev/null |
		sort
}

# Put the machine's own policy-rc.d back, and switch off what the new packages switched on.
restore()
{
	local link
	rm -f "$policy"
	[ ! -e "$policy.before-pvboot" ] || mv "$policy.before-pvboot" "$policy"
	while read -r link; do
		case "$link" in
		'') ;;
		/etc/rc*) update-rc.d "$(basename "$link" | sed 's/^S..//')" disable >/dev/null 2>&1 || true ;;
		*)
			deb-systemd-helper disable "$(basename "$link")" >/dev/null 2>&1 || true
			rm -f "$link"
			;;
		esac
	done < <(comm -13 <(echo "$links") <(enabled))
}

# A second run of this script waits here for the first.
{ exec 9>/run/lock/pvboot-deps; } 2>/dev/null || exec 9>/tmp/.pvboot-deps
flock 9

echo "deps: apt-get update"
"${apt[@]}" update </dev/null >/dev/null ||
	echo "deps: apt-get update failed; going on with the lists that are there" >&2

if [ -n "$missing" ]; then
	# shellcheck disable=SC2086 # a list
	missing=$(choose $missing)
	echo "deps: installing $missing"
	links=$(enabled)
	trap restore EXIT
	trap 'exit 130' INT TERM HUP
	# One of ours may be left from a run that was killed: it is not the machine's own.
	if [ -e "$policy" ] && ! grep -qs 'pvboot-deps' "$policy"; then
		mv "$policy" "$policy.before-pvboot"
	fi
	printf '#!/bin/sh\n# pvboot-deps: no service starts meanwhile\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list
	if ! "${apt[@]}" -y --no-install-recommends install $missing </dev/null >"$log" 2>&1 9>&-; then
		tail -n 20 "$log" >&2
		echo "deps: apt-get install failed, see above; the packages wanted were: $missing" >&2
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
	restore
	trap - EXIT
fi

# unpack PACKAGE DIR: the files of a package, not installed.
unpack()
{
	local tmp
	mkdir -p $peers
	tmp=$(mktemp -d "$peers/tmp.XXXXXX")
	echo "deps: unpacking $1 below $peers"
	if ! (cd "$tmp" && "${apt[@]}" download "$1" >/dev/null && dpkg -x ./*.deb files); then
		echo "deps: apt-get download $1 failed" >&2
		rm -rf "$tmp"
		return 1
	fi
	rm -rf "$2"
	mv "$tmp/files" "$2"
	rm -rf "$tmp"
}

# The newest of debian-installer-12-netboot-amd64, -13- ... that the package lists have.
netboot_installer()
{
	apt-cache pkgnames debian-installer- | grep -xE 'debian-installer-[0-9]+-netboot-amd64' | sort -V | tail -n 1
}

if [ $kernel = 1 ]; then
	image=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
	: "${image:?no Debian kernel in the package lists}"
	rm -rf $peers/linux
	mkdir -p $peers/linux
	# In Debian sid the kernel is in a package linux-binary-*, its modules in linux-modules-*, and linux-image-*
	# only names them.
	for p in "$image" $(apt-cache depends "$image" | sed -nE 's/^ *Depends: (linux-(binary|modules)-.*)/\1/p'); do
		unpack "$p" "$peers/linux/$p"
	done
	# The kernel itself and its virtio drivers are all that is wanted; its modules are ten times as large.
	kernel_file=$(find $peers/linux -name 'vmlinuz*' -type f | head -n 1)
	cp "${kernel_file:?there is no vmlinuz in $image}" $peers/bzImage.new
	mkdir -p $peers/modules
	# They are in lib or usr/lib, and may be compressed.
	find $peers/linux -path '*lib/modules/*' \
		\( -path '*/drivers/virtio/*.ko*' -o -name '*failover.ko*' -o -name 'virtio_net.ko*' \) \
		-exec cp {} $peers/modules/ \;
	find $peers/modules -name '*.ko.xz' -exec xz -df {} +
	[ -s $peers/modules/virtio_net.ko ] || {
		echo "deps: $image has no module virtio_net.ko or virtio_net.ko.xz" >&2
		exit 1
	}
	rm -rf $peers/linux
	echo "$image" >$peers/bzImage.package
	mv $peers/bzImage.new $peers/bzImage
fi
[ $atftpd = 0 ] || unpack atftpd $peers/atftpd
mkdir -p $peers/nbp
for p in $absent; do
	case $p in
	debian-installer) unpack "$(netboot_installer)" "$peers/nbp/$p" ;;
	*) unpack "$p" "$peers/nbp/$p" ;;
	esac
done
if [ $installer = 1 ]; then
	# Its boot configurations are all that is wanted; a test does without where it cannot be had.
	if unpack "$(netboot_installer)" $peers/debian-installer; then
		find $peers/debian-installer -type f -size +64k -delete
	else
		echo "deps: going on without the configurations of Debian's installer" >&2
	fi
fi
for suite in $(suites "$qemus"); do
	tools/qemu_peer.sh "$suite" || [ "$qemus" = older ] || exit 1
done
