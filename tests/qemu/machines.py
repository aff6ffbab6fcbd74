# SPDX-License-Identifier: BSD-2-Clause
"""The cells of make check-qemu: which QEMU, attachment, machine and memory; and a guest that `pvboot run` starts so."""
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from lib.netns import Process, wait_for
from lib.pvboot import PVBOOT
from lib.servers import MAC, TOP
from lib.vm import PEERS, PROXY_BEFORE, Console, Vm, find_child, version_of

RELEASES = {"debian12": "qemu-7.2", "debian13": "qemu-10.0", "newest": "qemu-newest"}  # below build/peers


def programs():
    """{name: path}: the installed QEMU, and those of the Debian releases that it is not from (tools/deps.sh
    check-qemu)."""
    found = {"installed": shutil.which("qemu-system-x86_64")}
    mine = "qemu-{}.{}".format(*version_of(found["installed"])) if found["installed"] else None
    return found | {name: PEERS / peer / "qemu-system-x86_64" for name, peer in RELEASES.items() if peer != mine}


PROGRAMS = programs()
ATTACHMENTS = re.findall(r'^\t\[ATTACH_\w+\] = "([\w-]+)",$', (TOP / "pvboot" / "attach.c").read_text(), re.M)
MACHINES = {
    "pc": ["-M", "pc"], "q35": ["-M", "q35"], "q35port": ["-M", "q35", "-device", "pcie-root-port,id=rp0,chassis=1"],
}
MEMORY = ["64M", "6G"]


def offers(attach, qemu):
    """Whether this attachment can be had with a QEMU of that version, under TCG (facts of QEMU, not of pvboot's
    rule)."""
    if attach == "vfio-user":
        return qemu >= (10, 1)
    if attach == "x-pci-proxy-dev":
        return qemu < PROXY_BEFORE
    return True


@dataclass(frozen=True)
class Cell:
    program: str
    version: tuple
    attach: str
    machine: str
    memory: str

    def __str__(self):
        return f"{self.version[0]}.{self.version[1]}-{self.attach}-{self.machine}-{self.memory}"


def cells(machine, memory):
    """All of them, or, in make check, those with that machine and memory."""
    whole = os.environ.get("PVBOOT_TEST_QEMU") == "all"
    found, seen = [], set()
    for program in PROGRAMS.values():
        if not program or not Path(program).exists():
            assert not whole, f"{program} is not there: run tools/deps.sh check-qemu"
            continue
        qemu = version_of(program)
        if qemu in seen:
            continue
        seen.add(qemu)
        for attach in (a for a in ATTACHMENTS if offers(a, qemu)):
            found += [
                Cell(str(program), qemu, attach, ma, me)
                for ma in MACHINES
                for me in MEMORY
                if whole or (ma, me) == (machine, memory)
            ]
    return found


class RunVm(Vm):
    """A guest that `pvboot run` starts, as a user would."""

    def __init__(self, directory, ns, cell, where, args=()):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.console = Console(self.dir / "console")
        self.qmp = self.dir / "qmp"
        self.monitor = None
        argv = [PVBOOT, "run", *where, "--mac", MAC, "--attach", cell.attach, "--qemu", cell.program, "-v"]
        argv += ["--bus", "rp0"] if cell.machine == "q35port" else []
        argv += ["--", *MACHINES[cell.machine], "-m", cell.memory, "-accel", "tcg", "-machine", "graphics=off", *args]
        argv += [
            "-display", "none", "-serial", f"file:{self.console.path}", "-qmp", f"unix:{self.qmp},server=on,wait=off",
        ]
        self.process = Process(argv, log=self.dir / "run.log", ns=ns)

    def stop(self):
        """As ^C does: what `pvboot run` made in /tmp goes, too."""
        if self.monitor:
            self.monitor.close()
        self.process.stop(timeout=10)

    def device(self):
        """Id of its pvboot-device."""
        found = []
        wait_for(
            lambda: found.append(find_child(self.process.pid, "pvboot-device")) or found[-1], 10, "a pvboot-device"
        )
        return found[-1]
