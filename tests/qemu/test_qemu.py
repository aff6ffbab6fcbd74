# SPDX-License-Identifier: BSD-2-Clause
"""Each attachment under each QEMU, machine and memory size: a boot, and what happens to one on the way."""
import os
import signal
import subprocess
import time

import pytest

from lib.kernel import assemble, check_report, make_initrd
from lib.lab import MIB
from lib.netns import Process, wait_for
from lib.pvboot import HOSTD, PVBOOT
from lib.tftproot import write_config
from lib.who import check_kernel, serve, who
from machines import RunVm, cells

on_the_largest = pytest.mark.parametrize("cell", cells("q35port", "6G"), ids=str)
on_each_qemu = pytest.mark.parametrize(
    "cell", {cell.version: cell for cell in cells("q35port", "6G")}.values(), ids=lambda cell: str(cell.version[0])
)
on_the_smallest = pytest.mark.parametrize("cell", cells("pc", "64M"), ids=str)
SLOW = 12 * MIB  # an initrd that takes long enough for something to happen meanwhile
LOADING = "Loading init_task"


def boot(lab, cell, hostd, **kw):
    return lab.add(RunVm(lab.place("vm"), lab.net.host, cell, ["--hostd", hostd.socket], **kw))


def ends_well(lab, vm, count=1):
    assert vm.wait_exit(120) == 0, vm.process.text() + vm.console.tail()
    check_report(vm.console.text(), lab.kernel, lab.initrd, count=count)


def caught_in_time(vm):
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "the boot was over: this test means nothing"


@on_the_largest
def test_reference_boot(lab, cell):
    ends_well(lab, boot(lab, cell, lab.servers()))


@on_each_qemu
def test_explain(tmp_path, cell):
    """What a user's QEMU gets without --attach, and why."""
    said = subprocess.run(
        [PVBOOT, "run", "--root", tmp_path, "--explain", "--qemu", cell.program], stdout=subprocess.PIPE, text=True,
        check=True,
    )
    version = f"QEMU {cell.version[0]}.{cell.version[1]}"
    assert said.stdout.startswith(f"# attach: vhost-user: {version} has vhost-user\n# "), said.stdout
    assert "virtio-net-pci" in said.stdout.splitlines()[-1]


@on_the_largest
def test_root(lab, cell):
    """Without any server, and without a privilege but the test's."""
    ends_well(lab, lab.add(RunVm(lab.place("vm"), None, cell, ["--root", lab.root])))


@on_the_smallest
def test_hostd_killed_and_started_again(lab, cell):
    lab.initrd = make_initrd(lab.root / "init_task", SLOW)
    hostd = lab.servers()
    vm = boot(lab, cell, hostd)
    vm.wait(LOADING, 60)
    hostd.kill()
    caught_in_time(vm)
    hostd.start()
    ends_well(lab, vm)


@on_the_smallest
def test_device_killed_and_started_again(lab, cell):
    """What vhost-user can and the others cannot: QEMU lives on without the device; with vfio-user only until its memory
    map changes, which may be at once."""
    lab.initrd = make_initrd(lab.root / "init_task", SLOW)
    vm = boot(lab, cell, lab.servers())
    vm.wait(LOADING, 60)
    os.kill(vm.device(), signal.SIGKILL)
    caught_in_time(vm)
    if cell.attach == "vhost-user":
        ends_well(lab, vm)
        return
    wait_for(
        lambda: "the pvboot device is gone" in vm.console.text() or not vm.process.alive(), 60,
        "the end, or the ROM's word",
    )
    assert "pvboot-device ended" in vm.process.text()
    if vm.process.alive():
        assert vm.qmp_connect().execute("query-status")["running"]
    else:
        assert cell.attach == "vfio-user" and vm.wait_exit(1) == 128 + signal.SIGABRT, vm.process.text()


@on_the_smallest
def test_guest_is_reset(lab, cell):
    lab.initrd = make_initrd(lab.root / "init_task", SLOW)
    vm = boot(lab, cell, lab.servers())
    vm.wait(LOADING, 60)
    caught_in_time(vm)
    vm.qmp_connect().execute("system_reset")
    ends_well(lab, vm)


@on_the_smallest
def test_guest_reboots(lab, cell):
    """It boots from the network again, and again; the last kernel's report is checked."""
    write_config(lab.root, append="initrd=init_task reboot")
    vm = boot(lab, cell, lab.servers())
    vm.wait("PVBOOT-KERNEL-END", 90, count=2)
    write_config(lab.root)
    assert vm.wait_exit(60) == 0, vm.process.text() + vm.console.tail()
    entries = vm.console.text().count("PVBOOT-KERNEL-ENTRY")
    check_report(vm.console.text(), lab.kernel, lab.initrd, count=entries)
    assert entries >= 3


@on_the_smallest
def test_guest_is_reset_into_another_kernel(lab, cell):
    """[DEV-69] [DRV-37] Its code is at the addresses of the one before, whose translations QEMU may have kept."""
    serve(lab, "k", who("A", "LINUX"))
    vm = lab.add(RunVm(lab.place("vm"), None, cell, ["--root", lab.root, "--kernel", "k"]))
    check_kernel(vm, "LINUX", "A", 1)
    serve(lab, "k", who("B", "LINUX"))
    vm.qmp_connect().execute("system_reset")
    check_kernel(vm, "LINUX", "B", 2)


def interrupts(tmp_path, cell):
    """INTx, once for each change of the host's state."""
    disk = tmp_path / "disk"
    disk.write_bytes(assemble("intx").ljust(65536, b"\0"))
    (tmp_path / "root").mkdir()
    hostd_socket = tmp_path / "hostd.sock"
    with RunVm(
        tmp_path / "vm", None, cell, ["--hostd", hostd_socket],
        args=["-drive", f"file={disk},format=raw,if=ide", "-boot", "c"],
    ) as vm:
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


with_intx = [
    cell for cell in cells("pc", "64M") if (cell.attach, cell.machine, cell.memory) == ("vfio-user", "pc", "64M")
]
if with_intx:  # under TCG this attachment alone carries them

    @pytest.mark.parametrize("cell", with_intx, ids=str)
    def test_interrupts(tmp_path, built, cell):
        interrupts(tmp_path, cell)
