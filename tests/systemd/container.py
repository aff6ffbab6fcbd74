# SPDX-License-Identifier: BSD-2-Clause
"""A Debian with a real systemd as its first process, for a test: units, sockets, the journal and a libvirtd are real.

    with Container(directory) as machine:
        machine.run("systemctl", "start", "pvboot-hostd")

Its files are an overlay over what tools/systemd_root.sh made, the source tree is /src, read-only, and its network is
lo.  It lives in a mount and a process namespace, whose first process dies with the test: nothing of it stays mounted or
running, however the test ends.  What may stay is empty control groups, which the next one removes.
"""
import os
import re
import select
import socket
import subprocess
import time
from pathlib import Path

from lib.netns import Process
from lib.servers import TOP

START_SECONDS = 120
PREFIX = "pvboot-test-"
SETUP = """
place=$1 lower=$2 source=$3
shift 3
for cgroup; do
	echo $$ >"$cgroup/cgroup.procs"
done
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=755 none "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o lowerdir="$lower",upperdir="$place/upper",workdir="$place/work" none "$place/root"
exec systemd-nspawn --quiet --register=no --keep-unit --directory="$place/root" \
	--private-network --bind-ro="$source:/src" --notify-ready=yes \
	--console=pipe --resolv-conf=off --timezone=off --link-journal=no --machine=pvboot-test \
	--hostname=pvboot-test --boot
"""


def root():
    """The directory of the Debian; made if it is not there."""
    return Path(
        subprocess.run(
            [TOP / "tools" / "systemd_root.sh"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
    )


# ---- control groups: nspawn makes some below its own, and systemd in it more -----------------------------------------


def cgroup_parents():
    """Where this process is in each hierarchy that systemd has groups in."""
    mine = dict(re.findall(r"^\d+:(.*?):(.*)$", Path("/proc/self/cgroup").read_text(), re.M))
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        name = (
            ""
            if kind == "cgroup2"
            else "name=systemd"
            if kind == "cgroup" and "name=systemd" in options.split(",")
            else None
        )
        if name in mine:
            yield Path(where + mine[name])


def remove_cgroup(path):
    """True: it is gone."""
    for directory, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(directory)
        except FileNotFoundError:
            pass
        except OSError:
            return False
    return True


def make_cgroups():
    """One of one name in each: nspawn makes that of the unified hierarchy in the other one as well."""
    made, name = [], f"{PREFIX}{os.getpid()}-{time.monotonic_ns()}"
    for parent in cgroup_parents():
        for old in parent.glob(f"{PREFIX}*"):  # of runs that were killed
            if not Path(f"/proc/{old.name.removeprefix(PREFIX).split('-')[0]}").exists():
                remove_cgroup(old)
        made.append(parent / name)
        made[-1].mkdir()
    return made


def children(pid):
    """Of a process of one thread; none if it is gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


class Container:
    def __init__(self, directory, top=TOP):
        self.dir = Path(directory)
        self.top = top
        self.process = None
        self.leader = None  # its first process, as its own process namespace numbers it
        self.cgroups = []

    def __enter__(self):
        lower = root()
        place = self.dir / "machine"
        place.mkdir(parents=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            # In /tmp, which nspawn sees; /run is one of its own.
            address = self.dir / "notify"
            ready.bind(str(address))
            self.cgroups = make_cgroups()
            argv = [
                "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", SETUP, "sh",
                place, lower, self.top,
            ]
            argv += self.cgroups
            self.process = Process(argv, log=self.dir / "machine.log", env={"NOTIFY_SOCKET": str(address)})
            try:
                self._wait_for(ready)
            except BaseException:
                self.__exit__()
                raise
        return self

    def _wait_for(self, ready):
        """nspawn tells of the first process, and that one of the end of its start (sd_notify(3))."""
        end, told = time.monotonic() + START_SECONDS, ""
        ready.settimeout(0.5)
        while not re.search(r"^READY=1$", told, re.M):
            assert self.process.alive(), f"systemd-nspawn ended:\n{self.process.text()}"
            assert time.monotonic() < end, f"no systemd after {START_SECONDS} s:\n{self.process.text()}"
            try:
                told += ready.recv(4096).decode() + "\n"
            except TimeoutError:
                continue
        self.leader = re.search(r"^X_NSPAWN_LEADER_PID=(\d+)$", told, re.M)[1]

    def command(self, *argv):
        """The words that run a command in it, as root."""
        space = f"/proc/{self.process.pid}/ns"
        return [
            *(
                "nsenter", f"--mount={space}/mnt", f"--pid={space}/pid_for_children", "nsenter", "--target",
                self.leader, "--all",
            ),
            *(
                "env", "-i", "-C", "/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/root",
                "LC_ALL=C.UTF-8",
            ),
            *(str(word) for word in argv),
        ]

    def status(self, *argv, stdin="", timeout=120):
        """Run a command.  (exit status, what it printed, without blanks at its ends)."""
        done = subprocess.run(
            self.command(*argv), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=timeout,
        )
        return done.returncode, done.stdout.strip()

    def run(self, *argv, **kw):
        """Run a command that has to succeed; what it printed."""
        status, text = self.status(*argv, **kw)
        assert status == 0, f"{' '.join(map(str, argv))}: exit {status}: {text}"
        return text

    def shell(self, script, **kw):
        return self.run("sh", "-ec", script, **kw)

    def write(self, path, text, mode="644"):
        self.run("sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"', "sh", path, mode, stdin=text)

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", f"--property={name}", "--", unit)

    def journal(self, unit, *words):
        """What a unit's processes, and systemd for it, have said in this boot."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--quiet", "--no-pager", "--output=cat", "-u", unit, *words)

    def wait(self, condition, what, timeout=60):
        """Until condition() is true."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"no {what() if callable(what) else what} after {timeout} s"
            time.sleep(0.1)

    def __exit__(self, *_):
        # The first process of the namespace is gone when all others of it are (pid_namespaces(7)).
        first = [os.pidfd_open(pid) for pid in children(self.process.pid)]
        self.process.kill()
        for pidfd in first:
            select.select([pidfd], [], [])
            os.close(pidfd)
        self.wait(lambda: all([remove_cgroup(group) for group in self.cgroups]), "empty control groups")
