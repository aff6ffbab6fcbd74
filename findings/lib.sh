# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts here: unpack pinned Debian packages in a temporary folder, run them between two network
# namespaces, and leave nothing behind.
#
#   unpack SUITE PACKAGE=VERSION...   the packages and what they depend on, as the root directory $root
#   namespaces                        $server (10.77.0.1, device srv0) and $client (10.77.0.2, device cli0), by a veth
#   inside COMMAND...                 run it in $root
#   serve COMMAND...                  start it in $root and $server; its output is $work/log, its pid $pid
#   logs TEXT                         wait until the server's log has it
#   end_server                        end the one that serve started last
#   ask COMMAND...                    run the machine's own program in $client, at most 100 seconds
#   python                            a Python program from standard input, run so, with lib.py of this directory
#   listens PORT                      wait until a UDP or TCP socket of $server is bound to PORT
#   expect WHAT SEEN EXPECTED         print what was seen; remember if it is not the expected
#   verdict                           exit 0 if all was as expected, 1 if the behaviour changed
#
# A script exits 2 where it could not find out: no root, no package, a server that does not start.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
root=$work/root
server=find-s-$$
client=find-c-$$
pid=
changed=0
pids=()

cleanup()
{
	local p
	# The pipe that shows the output may be gone already.
	trap '' INT TERM HUP PIPE
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	ip netns del "$server" 2>/dev/null || true
	ip netns del "$client" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE

cannot()
{
	echo "$(basename "$0"): $*" >&2
	exit 2
}

[ "$(id -u)" = 0 ] || cannot "must be root: it makes network namespaces and changes the root directory"

unpack()
{
	local suite=$1 mirror deb want missing=
	shift
	mirror=$("$here/../tools/debian_mirror" "$suite") || cannot "without a mirror $suite's packages cannot be had"
	local state=$work/apt
	rm -rf "$state"
	mkdir -p "$state"/{lists,archives}/partial "$state/parts"
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,tmp,run,dev,proc,var/tmp}
	: >"$state/status"
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keyring] $mirror $suite main" >"$state/sources.list"
	local o=(-o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none
		-o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
		-o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives"
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts"
		-o Dir::Etc::preferences="$state/none" -o Dir::Etc::preferencesparts="$state/parts"
		-o Debug::NoLocking=true)
	apt-get -qq "${o[@]}" update </dev/null || cannot "apt-get cannot read the package lists of $suite"
	for want; do
		apt-cache "${o[@]}" madison "${want%%=*}" | awk -v want="${want#*=}" '
			$3 == want { found = 1 } END { exit !found }' || [ "$want" = "${want%%=*}" ] ||
			missing="$missing $want (now$(apt-cache "${o[@]}" madison "${want%%=*}" | cut -d '|' -f 2))"
	done
	[ -z "$missing" ] || cannot "no longer to be had in $suite:$missing"
	apt-get -qq -y "${o[@]}" --no-install-recommends --download-only install "$@" </dev/null >/dev/null ||
		cannot "apt-get cannot download $*"
	# dpkg -x follows these links, so that old and new packages meet in /usr.
	for deb in bin sbin lib lib64; do ln -sfn usr/$deb "$root/$deb"; done
	for deb in "$state"/archives/*.deb; do dpkg -x "$deb" "$root"; done
	rm -rf "$state"
	printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\ntftp:x:101:101::/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\ntftp:x:101:\n' >"$root/etc/group"
	[ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
	[ -e "$root/dev/urandom" ] || mknod -m 666 "$root/dev/urandom" c 1 9
	echo "== $suite: $*"
}

namespaces()
{
	ip netns add "$server"
	ip netns add "$client"
	ip -n "$server" link add srv0 type veth peer name cli0 netns "$client"
	ip -n "$server" addr add 10.77.0.1/24 dev srv0
	ip -n "$client" addr add 10.77.0.2/24 dev cli0
	ip -n "$server" link set lo up
	ip -n "$client" link set lo up
	ip -n "$server" link set srv0 up
	ip -n "$client" link set cli0 up
}

inside()
{
	chroot "$root" "$@"
}

serve()
{
	# Not by the server's own redirection: the log of the one before must not be taken for its.
	: >"$work/log"
	ip netns exec "$server" chroot "$root" "$@" >>"$work/log" 2>&1 </dev/null &
	pid=$!
	pids+=("$pid")
}

end_server()
{
	kill "$pid"
	wait "$pid" || true
}

ask()
{
	timeout 100 ip netns exec "$client" "$@"
}

python()
{
	ask env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here" /usr/bin/python3 -
}

listens()
{
	local port i
	port=$(printf ':%04X ' "$1")
	for ((i = 0; i < 300; i++)); do
		# awk reads it all: grep -q would end ip with a broken pipe.
		ip netns exec "$server" cat /proc/net/udp /proc/net/udp6 /proc/net/tcp /proc/net/tcp6 /proc/net/packet |
			awk -v port="$port" 'index($0, port) && !found { found = 1 } END { exit !found }' && return
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/log" >&2
	cannot "the server does not listen on port $1"
}

logs()
{
	local i
	for ((i = 0; i < 300; i++)); do
		grep -q "$1" "$work/log" && return
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/log" >&2
	cannot "the server did not log $1"
}

expect()
{
	echo "$1: $2"
	[ "$2" = "$3" ] || {
		echo "   CHANGED, it was: $3"
		changed=1
	}
}

verdict()
{
	[ "$changed" = 0 ] && echo "still so" || echo "no longer so"
	exit "$changed"
}
