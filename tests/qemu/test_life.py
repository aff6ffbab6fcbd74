# SPDX-License-Identifier: BSD-2-Clause
"""Life after the boot: a guest that is migrated, saved and restored, and whose card is taken out; and what refuses.

The guest is the stub kernel, which goes on with a dot per second ("stay"), or Debian's kernel with its own virtio-net
driver.
"""
import os
import socket
import subprocess

import pytest

import lib.vm
from lib.kernel import make_initrd
from lib.lab import MIB
from lib.linux import linux
from lib.netns import Process, wait_for
from lib.pvboot import DEVICE, ROM
from lib.servers import MAC
from lib.tftproot import APPEND, write_config
from lib.vm import Vm, version_of
from machines import PROGRAMS, offers

WHOLE = os.environ.get("PVBOOT_TEST_QEMU") == "all"
FOUND = {name: version_of(str(program)) for name, program in PROGRAMS.items() if program and os.path.exists(program)}
COUNTS = r"^PVBOOT-KERNEL-END\n\.\."


def programs(attach, quick=True):
    """Each QEMU that has the attachment; in make check the first of them alone (the installed one, where it has it), or
    none."""
    names = [name for name, qemu in FOUND.items() if offers(attach, qemu)]
    names = names if WHOLE else names[:1] if quick else []
    return pytest.mark.parametrize("qemu", names, indirect=True)


@pytest.fixture
def qemu(request, monkeypatch):
    monkeypatch.setattr(lib.vm, "QEMU", str(PROGRAMS[request.param]))
    return FOUND[request.param]


class VfioVm(Vm):
    """A VM whose device is its own, by vfio-user."""

    def __init__(self, directory, ns, hostd_socket, machine="q35", memory="64M", args=()):
        directory.mkdir(parents=True)
        self.socket = directory / "vfio.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(str(self.socket))
            listening.listen(1)
            fd = listening.fileno()
            argv = [
                DEVICE, "--attach", "vfio-user", "--fd", fd, "--rom", ROM, "--name", "guest", "--mac", MAC, "--hostd",
                hostd_socket,
            ]
            self.device = Process(argv, log=directory / "device.log", ns=ns, pass_fds=[fd])
        card = f'{{"driver":"vfio-user-pci","id":"pvboot","bootindex":1,'
        card += f'"socket":{{"type":"unix","path":"{self.socket}"}}}}'
        shared = ["-object", f"memory-backend-memfd,id=pvbmem,size={memory},share=on", "-device", card]
        super().__init__(directory, ns, shared + list(args), memory=memory, machine=f"{machine},memory-backend=pvbmem")

    def stop(self):
        super().stop()
        self.device.kill()


def counting(lab, hostd, machine="pc", **kw):
    """A guest that has booted, and counts."""
    write_config(lab.root, append=f"{APPEND} stay")
    vm = lab.vm(hostd, machine=machine, memory="64M", **kw)
    vm.wait(COUNTS, 90)
    return vm


def counts_on(vm, what="a guest that counts on"):
    at = len(vm.console.text())
    wait_for(
        lambda: vm.console.text()[at:].count(".") >= 3, 30, lambda: f"{what}; {vm.console.tail()}\n{vm.process.text()}"
    )


def send(vm, uri):
    """Migrate to uri, to the end."""
    monitor = vm.qmp_connect()
    monitor.execute("migrate", uri=uri)

    def over():
        status = monitor.execute("query-migrate")
        assert status.get("status") not in ("failed", "cancelled"), f"{status}\n{vm.process.text()}"
        return status.get("status") == "completed"

    wait_for(over, 60, "the end of a migration")


def receive(vm, uri):
    vm.qmp_connect().execute("migrate-incoming", uri=uri)


@programs("vhost-user")
@pytest.mark.parametrize("machine", ["pc", "q35"] if WHOLE else ["q35"])
def test_vhost_user_guest_migrates(lab, qemu, machine):
    """From one QEMU to another, each with its own device process; nobody fights for hostd, and it can be done again."""
    hostd = lab.servers()
    vm = counting(lab, hostd, machine)
    for _ in range(2):
        other = lab.vm(hostd, machine=machine, memory="64M", args=["-incoming", "defer"])
        uri = f"unix:{other.place / 'migration'}"
        receive(other, uri)
        send(vm, uri)
        counts_on(other, "a migrated guest that counts on")
        vm.stop()
        vm = other
    ended = lambda: hostd.text().count("guest: disconnected") + hostd.text().count("guest: connected again") >= 2
    wait_for(ended, 30, lambda: f"devices that make room:\n{hostd.text()}")
    assert hostd.text().count("guest: connected:") == 3, hostd.text()


@programs("vhost-user", quick=False)
def test_vhost_user_guest_restored(lab, qemu):
    """Saved to a file, and restored by another QEMU after the first has ended; then its reset boots it again."""
    hostd = lab.servers()
    vm = counting(lab, hostd)
    saved = lab.dir / "saved"
    send(vm, f"exec:cat >{saved}")
    vm.stop()
    other = lab.vm(hostd, memory="64M", args=["-incoming", "defer"])
    receive(other, f"exec:cat {saved}")
    counts_on(other, "a restored guest that counts on")
    other.monitor.execute("system_reset")
    other.wait(COUNTS, 90)


@programs("vhost-user", quick=False)
def test_vhost_user_guest_snapshot(lab, qemu):
    """savevm and loadvm, in the QEMU at hand."""
    disk = lab.dir / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "1G"], check=True, stdin=subprocess.DEVNULL)
    vm = counting(lab, lab.servers(), args=["-drive", f"file={disk},if=virtio"])
    assert "rror" not in vm.qmp_connect().human("savevm one")
    counts_on(vm)
    assert "rror" not in vm.monitor.human("loadvm one")
    counts_on(vm, "a guest that counts on from its snapshot")
    vm.monitor.execute("system_reset")
    vm.wait(COUNTS, 90, count=2)


@programs("vhost-user", quick=False)
def test_vhost_user_guest_restored_in_mid_boot(lab, qemu):
    """What the boot program had asked for is gone: it says so, and a key begins again."""
    lab.initrd = make_initrd(lab.root / "init_task", 24 * MIB)
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait("Loading init_task", 60)
    saved = lab.dir / "saved"
    send(vm, f"exec:cat >{saved}")
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "the boot was over: this test means nothing"
    vm.stop()
    other = lab.vm(hostd, args=["-incoming", "defer"])
    receive(other, f"exec:cat {saved}")
    other.wait("Boot failed: press a key", 150)
    other.monitor.execute("send-key", keys=[{"type": "qcode", "data": "ret"}])
    lab.check(other)


@programs("vhost-user", quick=False)
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_vhost_user_card_is_taken_out(lab, qemu, machine):
    """device_del, by ACPI or PCI Express hot-plug: the guest lets go of it, goes on, and QEMU and its device process
    too."""
    linux(lab, "unplug.init")
    vm = lab.vm(lab.servers(), machine=machine, memory="512M")
    vm.wait("os: up, card eth0", 150)
    vm.qmp_connect().execute("device_del", id="pvboot")
    vm.wait("os: no card", 60)
    wait_for(lambda: "pvboot" not in vm.monitor.human("info qtree"), 10, "a QEMU without the card")
    vm.monitor.execute("netdev_del", id="n0")
    at = len(vm.console.text())
    wait_for(lambda: "os: counts" in vm.console.text()[at:], 20, "a guest that goes on")


@programs("x-pci-proxy-dev")
def test_proxy_guest_refuses_to_migrate(lab, qemu):
    write_config(lab.root, append=f"{APPEND} stay")
    vm = lab.own_vm(lab.servers(), memory="64M")
    vm.wait(COUNTS, 90)
    with pytest.raises(RuntimeError, match="migrat"):
        vm.qmp_connect().execute("migrate", uri=f"exec:cat >{lab.dir / 'saved'}")
    counts_on(vm, "a guest that is not migrated")


@programs("vfio-user", quick=False)
def test_vfio_user_guest_migrates(lab, qemu):
    """QEMU does not refuse; but a booted guest needs nothing of what is lost, and boots again after a reset."""
    write_config(lab.root, append=f"{APPEND} stay")
    hostd = lab.servers()
    vm = lab.add(VfioVm(lab.place("vm"), lab.net.host, hostd.socket))
    vm.wait(COUNTS, 90)
    other = lab.add(VfioVm(lab.place("vm"), lab.net.host, hostd.socket, args=["-incoming", "defer"]))
    uri = f"unix:{lab.dir / 'migration'}"
    receive(other, uri)
    send(vm, uri)
    vm.stop()
    counts_on(other, "a migrated guest that counts on")
    other.monitor.execute("system_reset")
    other.wait(COUNTS, 90)
