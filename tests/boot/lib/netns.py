# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces, veths, bridges and processes that vanish with the test that made them.

A namespace has no name: it lives as long as this process holds its descriptor or a process runs in it, so even a test
run ended by SIGKILL leaves none behind.  Processes get their own session (killed as a group, by id) and die with this
process, by the kernel's or by the reaper's doing.
"""
import atexit
import os
import signal
import subprocess
import time

from .reaper import Reaper

HOST_IP = "172.21.0.1"  # the host's end in the reference boot
SERVER_IP = "172.21.0.2"  # its servers
PREFIX = 16
RUNNING = set()  # every Process not yet stopped
REAPER = Reaper()


class Process:
    """A child in a session of its own, its output (stdout and stderr) in a file."""

    def __init__(self, argv, log=None, ns=None, env=None, cwd=None, pass_fds=(), stdin=subprocess.DEVNULL):
        self.argv = [str(a) for a in argv]
        self.log = log
        command = ["setpriv", "--pdeathsig", "KILL"] + (ns.enter() if ns else []) + self.argv
        out = open(log, "ab") if log else subprocess.DEVNULL
        try:
            self.popen = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                pass_fds=pass_fds,
            )
        finally:
            if log:
                out.close()
        self.pid = self.popen.pid
        RUNNING.add(self)
        REAPER.tell(f"+{self.pid}")

    def alive(self):
        return self.popen.poll() is None

    def wait(self, timeout):
        """The exit status (negative: the signal), or TimeoutExpired."""
        status = self.popen.wait(timeout)
        return status

    def signal(self, number):
        """Signal the process alone, by its id."""
        if self.alive():
            self.popen.send_signal(number)

    def kill(self):
        """SIGKILL to the whole session's group, at once.  Once only: the id may be somebody else's later."""
        if self not in RUNNING:
            return
        RUNNING.discard(self)
        self._group(signal.SIGKILL)
        REAPER.tell(f"-{self.pid}")
        self.popen.wait(10)

    def stop(self, timeout=5):
        """SIGTERM, then SIGKILL to what is left of the group.  Returns the exit status."""
        if self.alive():
            self._group(signal.SIGTERM)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        return self.popen.returncode

    def text(self):
        with open(self.log, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def _group(self, number):
        # The group outlives its leader only while other members live, so its id is ours as long as the leader is
        # unreaped or a member is there; an empty group is ESRCH.
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass


def stop_all():
    for process in list(RUNNING):
        process.kill()


atexit.register(stop_all)


class Namespace:
    """A network namespace with lo up."""

    def __init__(self):
        with subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && read line"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as p:
            if p.stdout.readline() != b"up\n":
                raise RuntimeError("cannot make a network namespace: are you root?")
            self.fd = os.open(f"/proc/{p.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            p.stdin.close()
        self.path = f"/proc/{os.getpid()}/fd/{self.fd}"

    def enter(self):
        """The words before a command that run it in here, as the same process (no fork between)."""
        return ["nsenter", f"--net={self.path}"]

    def run(self, *argv, check=True, timeout=30):
        """Run a command in here to its end.  Returns its stdout."""
        r = subprocess.run(
            self.enter() + [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout,
            text=True,
        )
        if check and r.returncode:
            raise RuntimeError(f"{' '.join(map(str, argv))}: exit {r.returncode}: {r.stderr}")
        return r.stdout

    def ip(self, *words):
        return self.run("ip", *" ".join(map(str, words)).split())

    def address(self, ifname, address, prefix=PREFIX):
        self.ip("addr add", f"{address}/{prefix}", "broadcast + dev", ifname)

    def up(self, *ifnames):
        for ifname in ifnames:
            self.ip("link set", ifname, "up")

    def bridge(self, name, *ports):
        """A bridge without delay, with ports."""
        self.ip("link add", name, "type bridge forward_delay 0 mcast_snooping 0")
        self.up(name)
        for port in ports:
            self.ip("link set", port, "master", name)

    def process(self, argv, **kw):
        return Process(argv, ns=self, **kw)

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


def veth(ns_a, name_a, ns_b, name_b, mtu=1500):
    """A veth pair from ns_a to ns_b, both ends up."""
    ns_a.ip("link add", name_a, "mtu", mtu, "type veth peer name", name_b, "mtu", mtu, "netns", ns_b.path)
    ns_a.up(name_a)
    ns_b.up(name_b)


class Net:
    """The reference network: a server (172.21.0.2, `eth0`) and a host (172.21.0.1) joined by a veth, each in its
    namespace.

    link: "plain": the host's end is `veth0` and hostd uses it; "bridge": veth0 is a port of `br0`, which has the
    address, and hostd uses br0; "port": the same, and hostd uses veth0.  ifname is what hostd is to use.
    wire: with True, a third namespace `wire` stands between, with `left` (host) and `right` (server): something (a
    middlebox) must carry frames between them.
    """

    def __init__(self, link="plain", wire=False, mtu=1500):
        self.namespaces = []
        try:
            self.host = self._namespace()
            self.server = self._namespace()
            self.wire = None
            if wire:
                self.wire = self._namespace()
                veth(self.host, "veth0", self.wire, "left", mtu)
                veth(self.server, "eth0", self.wire, "right", mtu)
            else:
                veth(self.host, "veth0", self.server, "eth0", mtu)
            self.server.address("eth0", SERVER_IP)
            if link == "plain":
                self.host.address("veth0", HOST_IP)
            else:
                self.host.bridge("br0", "veth0")
                self.host.address("br0", HOST_IP)
            self.ifname = {"plain": "veth0", "bridge": "br0", "port": "veth0"}[link]
        except BaseException:
            self.close()
            raise

    def _namespace(self):
        ns = Namespace()
        self.namespaces.append(ns)
        return ns

    def close(self):
        for ns in self.namespaces:
            ns.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for(condition, timeout, what, interval=0.02):
    """Poll until condition() is true, and return what it returned; else AssertionError that says what never came."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"after {timeout} s still no {what() if callable(what) else what}")
        time.sleep(interval)
