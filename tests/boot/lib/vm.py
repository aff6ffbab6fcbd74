# SPDX-License-Identifier: BSD-2-Clause
"""QEMU with its serial console in a file and its monitor (QMP) on a socket."""
import functools
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from .netns import Process, wait_for

QEMU = os.environ.get("PVBOOT_QEMU", "qemu-system-x86_64")
ACCEL = "tcg"
PEERS = Path(__file__).resolve().parents[3] / "build" / "peers"
PROXY_BEFORE = (10, 0)  # from then on QEMU crashes with an x-pci-proxy-dev under TCG


@functools.cache
def version_of(qemu):
    """(major, minor) of a QEMU."""
    text = subprocess.run(
        [qemu, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=30
    ).stdout
    return tuple(int(n) for n in re.search(r"version (\d+)\.(\d+)", text).groups())


def qemu_version():
    """(major, minor) of the QEMU under test."""
    return version_of(QEMU)


def proxy_qemu():
    """The QEMU for what only our own PCI device has: the one under test if it bears that, else Debian 12's
    (tools/deps.sh)."""
    if "PVBOOT_QEMU" in os.environ or qemu_version() < PROXY_BEFORE:
        return QEMU
    older = PEERS / "qemu-7.2" / "qemu-system-x86_64"
    assert older.exists(), f"{older} is missing: run tools/deps.sh check"
    return str(older)


class Console:
    """What a guest printed, in a file that grows."""

    def __init__(self, path):
        self.path = Path(path)

    def text(self):
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return ""
        # Terminal control sequences of the BIOS's console say nothing about the words.
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r", "", raw.decode("ascii", "replace"))

    def wait(self, pattern, timeout, alive=None, count=1):
        """Wait until the regular expression is there count times; return the last match.  alive: a Process, whose end
        ends the wait."""
        last = None

        def seen():
            nonlocal last
            ended = alive is not None and not alive.alive()
            found = list(re.finditer(pattern, self.text(), re.M))
            if found[count - 1 :]:
                last = found[count - 1]
                return True
            assert not ended, f"{alive.argv[0]} ended before {pattern!r}; {self.tail()}"
            return False

        wait_for(seen, timeout, lambda: f"{pattern!r}; {self.tail()}")
        return last

    def tail(self, lines=40):
        return f"console {self.path}:\n" + "\n".join(self.text().splitlines()[-lines:])


class Monitor:
    """A QMP connection."""

    def __init__(self, path, timeout=20):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        wait_for(lambda: self._connect(path), timeout, f"QMP socket {path}")
        self.file = self.sock.makefile("rw")
        self.file.readline()
        self.execute("qmp_capabilities")

    def _connect(self, path):
        try:
            self.sock.connect(str(path))
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def execute(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError(f"QEMU closed its monitor during {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def human(self, line):
        return self.execute("human-monitor-command", **{"command-line": line})

    def memory(self, address, length, scratch):
        """Guest physical memory, by way of the file scratch."""
        self.execute("pmemsave", val=address, size=length, filename=str(scratch))
        return Path(scratch).read_bytes()

    def close(self):
        try:
            self.file.close()
        except OSError:
            pass  # QEMU ended meanwhile
        self.sock.close()


def cpu_seconds(pid):
    """User and system time a process (all threads) has used."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(pid, seconds):
    """The share of one core a process uses during the next seconds."""
    before, start = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - start)


def children(pid):
    """Ids of the live descendants of a process, nearest first."""
    found = []
    queue = [pid]
    while queue:
        parent = queue.pop(0)
        try:
            tids = os.listdir(f"/proc/{parent}/task")
        except FileNotFoundError:
            continue
        for tid in tids:
            try:
                with open(f"/proc/{parent}/task/{tid}/children") as f:
                    queue += [int(p) for p in f.read().split()]
            except FileNotFoundError:
                pass
        if parent != pid:
            found.append(parent)
    return found


def find_child(pid, name):
    """Id of the descendant whose program's name begins with name, or None."""
    for child in children(pid):
        try:
            with open(f"/proc/{child}/comm") as f:
                if f.read().startswith(name[:15]):
                    return child
        except FileNotFoundError:
            pass
    return None


class Vm:
    """A QEMU of the tests' own: serial console in a file, QMP, no display.  -nographic's machine.graphics=off makes
    SeaBIOS repeat its console on the serial line."""

    def __init__(self, directory, ns, args, memory="256M", machine="pc", pass_fds=(), qemu=None):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.console = Console(self.dir / "console")
        self.qmp = self.dir / "qmp"
        argv = [
            qemu or QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-machine", f"{machine},graphics=off",
            "-accel", ACCEL,
        ]
        argv += [
            "-m", memory, "-serial", f"file:{self.console.path}", "-qmp", f"unix:{self.qmp},server=on,wait=off", "-vga",
            "std",
        ]
        self.process = Process(argv + [str(a) for a in args], log=self.dir / "qemu.log", ns=ns, pass_fds=pass_fds)
        self.monitor = None

    def wait(self, pattern, timeout=60, count=1):
        return self.console.wait(pattern, timeout, self.process, count)

    def wait_exit(self, timeout=60):
        return self.process.wait(timeout)

    def qmp_connect(self):
        self.monitor = self.monitor or Monitor(self.qmp)
        return self.monitor

    def stop(self):
        if self.monitor:
            self.monitor.close()
        self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
