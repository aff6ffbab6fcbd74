#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`make bench-latency`: how long a request that the device answers itself takes, from the doorbell to the answer seen
in guest memory.

One line for each attachment that the QEMUs at hand have: QEMU 7.2, and what tools/deps.sh unpacked below build/peers.
TCG, no hostd.
"""
import os
import socket
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "boot"))

from lib import vm as vm_module  # noqa: E402
from lib.netns import Process  # noqa: E402
from lib.pvboot import BUILD, DEVICE, VhostVm  # noqa: E402
from lib.vm import Vm, qemu_version  # noqa: E402

ROMS = BUILD / "bench" / "latency"
BOUNDS_US = {"vhost-user": 20, "vhost-user behind a root port": 20, "vfio-user": 40}
REPEATS = 5


class VfioVm(Vm):
    """pvboot-device behind vfio-user-pci, its ROM from the device."""

    def __init__(self, directory, rom):
        directory.mkdir(parents=True)
        path = directory / "vfio.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(1)
            argv = [
                DEVICE, "--attach", "vfio-user", "--fd", listening.fileno(), "--rom", rom, "--hostd",
                directory / "none",
            ]
            self.device = Process(argv, log=directory / "device.log", pass_fds=[listening.fileno()])
        device = '{"driver":"vfio-user-pci","bootindex":1,"socket":{"type":"unix","path":"%s"}}' % path
        args = ["-object", "memory-backend-memfd,id=pvbmem,size=256M,share=on", "-device", device]
        super().__init__(directory, None, args, machine="pc,memory-backend=pvbmem")

    def stop(self):
        super().stop()
        self.device.kill()


def attachments():
    yield "vhost-user", lambda d: VhostVm(d, None, d / "none", rom=ROMS / "1000.rom")
    yield "vhost-user behind a root port", lambda d: VhostVm(d, None, d / "none", machine="q35", rom=ROMS / "1041.rom")
    if qemu_version() >= (10, 1):
        yield "vfio-user", lambda d: VfioVm(d, ROMS / "10f0.rom")


def measure(directory, start):
    """(least, median) in microseconds of one run."""
    with start(directory) as vm:
        found = vm.wait(r"latency: least (\d+) median (\d+) most (\d+)", 60)
    return int(found[1]) / 10, int(found[2]) / 10


def main():
    qemus = [vm_module.QEMU] + sorted(str(p) for p in (TOP / "build" / "peers").glob("qemu-*/qemu-system-x86_64"))
    missed = 0
    seen = set()
    print(f"load {os.getloadavg()[0]:.1f}; medians are of 1000 requests, the best of {REPEATS} runs")
    for qemu in qemus:
        vm_module.QEMU = qemu
        version = qemu_version()
        if version in seen:
            continue
        seen.add(version)
        for name, start in attachments():
            with tempfile.TemporaryDirectory(prefix="pvboot-latency-") as tmp:
                os.chmod(tmp, 0o755)
                runs = [measure(Path(tmp) / str(i), start) for i in range(REPEATS)]
            median, bound = min(run[1] for run in runs), BOUNDS_US[name]
            missed += median > bound
            print(
                f"latency QEMU {version[0]}.{version[1]} {name:<30} "
                f"median {median:5.1f} us, least {min(run[0] for run in runs):5.1f}"
                f", bound {bound}{'' if median <= bound else '  MISSED'}", flush=True,
            )
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
