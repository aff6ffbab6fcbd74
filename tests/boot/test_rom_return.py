# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of the machine where the ROM boots nothing, or its boot program does not."""
import shutil

import pytest

from lib.kernel import NEXT_DEVICE_LINE, make_disk, make_initrd
from lib.pvboot import ROM
from lib.servers import dhcpd_host
from lib.vm import Vm

LPXELINUX = "/usr/lib/PXELINUX/lpxelinux.0"
BASE_MEMORY_WORD = 0x413  # BIOS data area: KiB of base memory
FULL_BASE_KB = 639  # what SeaBIOS leaves


@pytest.fixture
def with_disk(lab):
    disk = make_disk(lab.dir / "disk.img")
    return ["-drive", f"file={disk},format=raw,if=ide", "-boot", "order=nc"]


# 0: unload and go on; 4 and 5: keep UNDI, keep all (PXE 2.1); -1: pxelinux calls INT 18h itself.
@pytest.mark.parametrize("kind", [0, 4, 5, -1])
@pytest.mark.parametrize("program", ["pxelinux.0", "lpxelinux.0"])
def test_rom_goes_to_the_next_device_after_localboot(lab, with_disk, kind, program):
    """pxelinux has overwritten the BIOS's stack by then.  lpxelinux has used UNDI."""
    shutil.copy(LPXELINUX, lab.root)
    config = lab.root / "pxelinux.cfg" / "default"
    config.write_text(f"DEFAULT disk\nLABEL disk\nlocalboot {kind}\n")
    lab.dhcpd(hosts=[dhcpd_host(filename=program)])
    lab.tftpd()
    vm = lab.vm(lab.hostd(), args=with_disk)
    vm.wait(NEXT_DEVICE_LINE, 60)
    assert "local disk" in vm.console.text()


def test_rom_without_a_device_lets_the_machine_boot(lab, with_disk):
    vm = lab.add(Vm(lab.place("vm"), lab.net.host, ["-option-rom", ROM, *with_disk]))
    vm.wait("PXE-E01", 30)
    vm.wait(NEXT_DEVICE_LINE, 60)


def test_rom_without_a_device_takes_no_base_memory(lab):
    vm = lab.add(Vm(lab.place("vm"), lab.net.host, ["-option-rom", ROM, "-boot", "n"]))
    vm.wait("PXE-E00", 30)
    kib = vm.qmp_connect().memory(BASE_MEMORY_WORD, 2, vm.dir / "memory")
    assert int.from_bytes(kib, "little") == FULL_BASE_KB


def test_rom_whose_device_dies_goes_to_the_next_boot_device(lab, with_disk):
    hostd = lab.hostd()
    hostd.stop()
    vm = lab.own_vm(hostd, args=with_disk)
    vm.wait("waiting for pvboot-hostd", 30)
    vm.device.kill()
    vm.wait("PXE-E61", 30)
    vm.wait(NEXT_DEVICE_LINE, 60)


def test_rom_tells_that_its_device_died_under_the_boot_program(lab):
    make_initrd(lab.root / "init_task", 96 << 20)
    vm = lab.own_vm(lab.servers())
    vm.wait("Loading init_task", 60)
    vm.device.kill()
    vm.wait("the pvboot device is gone", 30)
