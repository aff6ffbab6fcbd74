# SPDX-License-Identifier: BSD-2-Clause
"""The project's own programs: hostd, the device process with a QEMU, and `pvboot run`."""
import os
import re
import socket
from pathlib import Path

from .netns import Process, wait_for
from .servers import MAC, TOP
from .vm import Vm, proxy_qemu, qemu_version

BUILD = Path(os.environ.get("PVBOOT_BUILD", TOP / "build"))
HOSTD = BUILD / "pvboot-hostd"
DEVICE = BUILD / "pvboot-device"
PVBOOT = BUILD / "pvboot"
PROXY_DEVICE = BUILD / "tests" / "palacios" / "proxy-device"
ROM = BUILD / "pvboot.rom"


def answers(path):
    """Does somebody accept connections on this Unix socket?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        try:
            s.connect(str(path))
            return True
        except OSError:
            return False


UNIT = TOP / "examples" / "pvboot-hostd.service"


def with_rights_of_unit():
    """A command's beginning: it then has no more rights than systemd leaves hostd by its unit."""
    names = re.search(r"^CapabilityBoundingSet=(.*)", UNIT.read_text(), re.M)[1].split()
    kept = ",".join("+" + name.removeprefix("CAP_").lower() for name in names)
    return ["setpriv", f"--bounding-set=-all,{kept}", "--inh-caps=-all"]


class Hostd:
    """pvboot-hostd in the foreground with one [vm *] section for its interface, its log in a file.  vms: lines of
    [hostd] and sections that come before it; options: more lines of the [vm *] section; cache: its cache_dir; program:
    which hostd."""

    def __init__(self, ns, directory, ifname, vms="", options="", cache="none", program=HOSTD):
        self.ns = ns
        self.program = program
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.socket = self.dir / "hostd.sock"
        self.log = self.dir / "hostd.log"
        self.conf = self.dir / "hostd.conf"
        self.conf.write_text(
            f"[hostd]\nsocket = {self.socket}\nlog = stderr\ncache_dir = {cache}\n{vms}\n"
            f"[vm *]\ninterface = {ifname}\nallow_uid = any\n{options}\n"
        )
        self.env = {}
        self.process = None

    def start(self):
        """May follow kill() or stop()."""
        self.process = Process([self.program, "-d", "-c", self.conf], log=self.log, ns=self.ns, env=self.env)

        def ready():
            assert self.process.alive(), f"hostd ended:\n{self.text()}"
            return answers(self.socket) and answers(f"{self.socket}.control")

        wait_for(ready, 20, lambda: f"hostd on {self.socket}; it said:\n{self.text()}")
        return self

    def text(self):
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def wait(self, text, timeout=30):
        wait_for(lambda: text in self.text(), timeout, lambda: f"{text!r} in hostd's log:\n{self.text()}")

    def kill(self):
        self.process.kill()

    def stop(self):
        if self.process:
            self.process.stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class PvbootVm(Vm):
    """A VM with a pvboot device of its own, for a QEMU that bears x-pci-proxy-dev: pvboot-device with that attachment,
    the tests' own (tests/palacios/attach_proxy.c), and QEMU joined by a socketpair.  bar: whether the ROM is in
    its ROM BAR."""

    def __init__(
        self, directory, ns, hostd_socket, mac=MAC, name="guest", memory="256M", machine="pc", device_args=(), args=(),
        bar=True, boot="n", rom=ROM,
    ):
        Path(directory).mkdir(parents=True, exist_ok=True)
        device_end, qemu_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with device_end, qemu_end:
            argv = [
                PROXY_DEVICE, "--attach", "x-pci-proxy-dev", "--fd", device_end.fileno(), "--name", name, "--hostd",
                hostd_socket,
            ]
            argv += ["--mac", mac] if mac else []
            self.device = Process(
                argv + list(device_args), log=Path(directory) / "device.log", ns=ns, pass_fds=[device_end.fileno()]
            )
            fd = qemu_end.fileno()
            shared = ["-object", f"memory-backend-memfd,id=pvbmem,size={memory},share=on"]
            rom = f"romfile={rom}" if bar else "rombar=0"
            proxy = ["-device", f"x-pci-proxy-dev,id=pvboot,fd={fd},{rom}", "-boot", boot]
            args = shared + proxy + list(args)
            machine = f"{machine},memory-backend=pvbmem"
            super().__init__(directory, ns, args, memory=memory, machine=machine, pass_fds=[fd], qemu=proxy_qemu())

    def device_is_reset(self):
        """Whether device_status is 0, read from its I/O BAR."""
        monitor = self.qmp_connect()
        device = next(part for part in monitor.human("info pci").split("  Bus") if 'id "pvboot"' in part)
        ports = int(re.search(r"BAR0: I/O at 0x([0-9a-f]+)", device).group(1), 16)
        assert int(monitor.human(f"i /b {ports + 0x12}").split("=")[1], 0) == 2, "num_queues: this is no pvboot device"
        return int(monitor.human(f"i /b {ports + 0x14}").split("=")[1], 0) == 0

    def stop(self):
        super().stop()
        self.device.kill()


class VhostVm(Vm):
    """A VM whose pvboot device is a vhost-user back end behind QEMU's virtio-net-pci.  machine "q35" puts the card
    behind a PCIe root
    port: then it is modern-only, and its BARs are memory.  card: its MAC, where that is not the one that --mac says."""

    def __init__(
        self, directory, ns, hostd_socket, mac=MAC, name="guest", memory="256M", machine="pc", device_args=(), args=(),
        rom=None, card=None,
    ):
        self.place = Path(directory)
        self.place.mkdir(parents=True, exist_ok=True)
        self.socket = self.place / "vhost.sock"
        self.device_argv = [DEVICE, "--socket", self.socket, "--name", name, "--hostd", hostd_socket]
        self.device_argv += (["--mac", mac] if mac else []) + list(device_args)
        self.ns = ns
        self.device = None
        self.start_device()
        retry = "reconnect-ms=500" if qemu_version() >= (9, 2) else "reconnect=1"
        card = f"virtio-net-pci,id=pvboot,netdev=n0,bootindex=1,vectors=0,mac={card or mac or MAC}"
        if machine == "q35":
            card = f"{card},bus=rp0,romfile={rom or BUILD / 'pvboot-1af4-1041.rom'}"
        else:
            card = f"{card},romfile={rom or BUILD / 'pvboot-1af4-1000.rom'}"
        argv = ["-object", f"memory-backend-memfd,id=pvbmem,size={memory},share=on"]
        argv += ["-device", "pcie-root-port,id=rp0,chassis=1"] if machine == "q35" else []
        argv += ["-chardev", f"socket,id=c0,path={self.socket},{retry}"]
        argv += ["-netdev", "vhost-user,id=n0,chardev=c0", "-device", card]
        super().__init__(directory, ns, argv + list(args), memory=memory, machine=f"{machine},memory-backend=pvbmem")

    def start_device(self):
        """May follow kill_device()."""
        self.device = Process(self.device_argv, log=self.place / "device.log", ns=self.ns)
        wait_for(lambda: is_socket(self.socket) or not self.device.alive(), 10, f"a socket {self.socket}")
        assert self.device.alive(), self.device.text()

    def kill_device(self):
        """The process alone, as an out-of-memory killer does; its helper ends by itself."""
        self.device.signal(9)
        self.device.popen.wait(10)

    def device_connected(self):
        """QEMU has found the device, and the card has a link."""
        link = lambda: "link down" not in self.qmp_connect().human("info network")
        wait_for(link, 20, "a link")

    def device_is_reset(self):
        """Whether device_status is 0, as QEMU's card has it."""
        monitor = self.qmp_connect()
        (card,) = (found for found in monitor.execute("x-query-virtio") if found["name"] == "virtio-net")
        return not monitor.execute("x-query-virtio-status", path=card["path"])["status"]["statuses"]

    def stop(self):
        super().stop()
        self.device.kill()


def is_socket(path):
    """Is there a socket of that name?  Without connecting to it: it takes one connection."""
    return Path(path).is_socket()


def pvboot_run(hostd, *options, qemu=(), program=PVBOOT):
    """The command line of `pvboot run` with this hostd."""
    where = ["--hostd", hostd.socket] if hostd else []
    return [program, "run", *where, *options] + (["--", *qemu] if qemu else [])
