# SPDX-License-Identifier: BSD-2-Clause
"""Our own PCI device behind an unmodified QEMU's x-pci-proxy-dev (tests/palacios/attach_proxy.c): what QEMU and the
BIOS see of it, interrupts, mistakes in words."""
import re
import time

import pytest

from lib import vm as vm_module
from lib.kernel import assemble
from lib.netns import Process, wait_for
from lib.pvboot import HOSTD, PvbootVm, VhostVm


def said(process, text, timeout=20):
    wait_for(lambda: text in process.text(), timeout, lambda: f"{text!r} in:\n{process.text()}")


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_attach_is_seen_with_its_rom(tmp_path, machine):
    with PvbootVm(tmp_path / "vm", None, tmp_path / "no-hostd", machine=machine) as vm:
        vm.wait("waiting for pvboot-hostd", 30)
        pci = vm.qmp_connect().human("info pci").replace("\r", "")
    # QEMU's own copy of the configuration space has no ids: it forwards reads, and registers only what has a size.
    device = next(part for part in re.split(r"\n  Bus", pci) if 'id "pvboot"' in part)
    bars = re.findall(r"BAR(\d): (I/O|32 bit memory) at 0x([0-9a-f]+) \[0x([0-9a-f]+)\]", device)
    assert [(bar[0], bar[1]) for bar in bars] == [("0", "I/O"), ("6", "32 bit memory")], pci
    assert int(bars[0][3], 16) - int(bars[0][2], 16) == 127


def test_attach_ends_with_qemu(tmp_path):
    with PvbootVm(tmp_path / "vm", None, tmp_path / "no-hostd") as vm:
        vm.wait("waiting for pvboot-hostd", 30)
        vm.process.kill()
        assert vm.device.wait(5) == 0


@pytest.mark.parametrize("attach", [PvbootVm, VhostVm])
@pytest.mark.parametrize("backend", ["memory-backend-ram", "memory-backend-memfd,share=off"])
def test_attach_memory_not_shared_is_said(tmp_path, attach, backend):
    """By the device, with what to do, once; by the ROM, which cannot be told it. [DRV-39]"""
    args = ["-object", f"{backend},id=own,size=64M", "-machine", "memory-backend=own"]
    hostd_socket = tmp_path / "hostd.sock"
    (tmp_path / "root").mkdir()
    Process([HOSTD, "-d", "--root", tmp_path / "root", "--socket", hostd_socket], log=tmp_path / "hostd.log")
    with attach(tmp_path / "vm", None, hostd_socket, args=args, memory="64M") as vm:
        vm.wait(
            "PXE-E0B: the (pvboot device has failed|device cannot reach this guest's memory, or hangs)", 30
        )  # rather than dots for ever
        vm.wait("Booting from (?!ROM)|No bootable device", 30)
        assert "waiting for pvboot-hostd" not in vm.console.text()
        lines = [
            line
            for line in vm.device.text().splitlines()
            if re.search("QEMU (keeps the guest's|shares no guest) memory", line)
        ]
        assert len(lines) == 1 and "share=on" in lines[0] and "<memoryBacking>" in lines[0], vm.device.text()


def test_attach_rom_that_does_not_start_is_said(tmp_path):
    """Here by a machine that does not run yet; once it does, the ROM starts all the same."""
    (tmp_path / "root").mkdir()
    with VhostVm(tmp_path / "vm", None, tmp_path / "no-hostd", device_args=["--rom-wait", "300"], args=["-S"]) as vm:
        said(vm.device, "after QEMU connected pvboot's ROM has not started: ")
        vm.qmp_connect().execute("cont")
        said(vm.device, "phase rom")
        assert vm.device.text().count("has not started") == 1


@pytest.mark.long
def test_attach_slow_firmware_is_waited_for(tmp_path):
    """The connection to QEMU is not given up while firmware takes its time."""
    hostd_socket = tmp_path / "hostd.sock"
    (tmp_path / "root").mkdir()
    hostd = Process([HOSTD, "-d", "--root", tmp_path / "root", "--socket", hostd_socket], log=tmp_path / "hostd.log")
    with VhostVm(tmp_path / "vm", None, hostd_socket, args=["-S"]) as vm:
        vm.device_connected()
        time.sleep(15)
        vm.qmp_connect().execute("cont")
        vm.wait("PXE-E53", 60)
        assert "waiting for" not in vm.console.text()
        assert "disconnected" not in hostd.text() and len(re.findall(r"\bconnected: uid", hostd.text())) == 1


@pytest.mark.kvm  # QEMU carries this device's interrupts under KVM only
def test_attach_interrupts(tmp_path, monkeypatch):
    monkeypatch.setattr(vm_module, "ACCEL", "kvm")
    disk = tmp_path / "disk"
    disk.write_bytes(assemble("intx").ljust(65536, b"\0"))
    (tmp_path / "root").mkdir()
    hostd_socket = tmp_path / "hostd.sock"
    args = ["-drive", f"file={disk},format=raw,if=ide", "-boot", "c"]
    with PvbootVm(tmp_path / "vm", None, hostd_socket, memory="64M", args=args) as vm:
        vm.wait("R$", 60)
        for times in range(1, 4):
            hostd = Process(
                [HOSTD, "-d", "--root", tmp_path / "root", "--socket", hostd_socket], log=tmp_path / "hostd.log"
            )
            vm.wait("R" + "iI2" * (2 * times - 1) + "$", 20)
            hostd.kill()
            vm.wait("R" + "iI2" * (2 * times) + "$", 20)
        time.sleep(0.5)
        assert vm.console.text().endswith("R" + "iI2" * 6), "an interrupt too many"
