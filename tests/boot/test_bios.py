# SPDX-License-Identifier: BSD-2-Clause
"""The ROM deployed in RAM rather than in a BAR, on two BIOSes: SeaBIOS (-option-rom; AX=0 at init) and the Bochs BIOS
(at 0xD0000; AX=F000h, a memory map that does not follow the word 0:413h), by BEV and by INT 19h."""
import shutil
import socket

import pytest

from lib.bios import BIOSES, BOCHS_BIOS, ROM_ADDRESS, loaded
from lib.kernel import NEXT_DEVICE_LINE, make_disk, make_initrd, reports
from lib.netns import wait_for
from lib.pvboot import ROM
from lib.servers import dhcpd_host
from lib.tftproot import write_config

BASE_END = 639 << 10  # base memory without the ROM, on both
TOP = 640 << 10
BOCHS_RAM_END = 0x9F000  # of base memory, in the Bochs BIOS's map
LPXELINUX = "/usr/lib/PXELINUX/lpxelinux.0"
PNP_SIGNATURE = b"$PnP"
RAM = 1
MIB = 1 << 20
PCI_INDEX, PCI_DATA = 0xCF8, 0xCFC
PAM_D0000 = 0x8000005C  # of the i440FX: D0000h-D7FFFh
PAM_RAM = 0x33  # read and written in RAM
SHRUNK_BLOCKS = 2


@pytest.fixture(params=BIOSES.keys())
def bios(request):
    return BIOSES[request.param]


@pytest.fixture
def disk(lab):
    return ["-drive", f"file={make_disk(lab.dir / 'disk.img')},format=raw,if=ide"]


def rom_memory_is_hidden(report):
    """The kernel knows that the ROM's memory is taken."""
    base = report["base"]
    assert base < BASE_END, "the ROM is not there any more"
    ram = [part for part in report["e820"] if part[2] == RAM]
    assert any(start == 0 and end > 0x80000 for start, end, _ in ram), report["e820"]
    assert not [part for part in ram if part[0] < TOP and part[1] > base], report["e820"]


@pytest.mark.parametrize("kept", [False, True], ids=["unloaded", "keeppxe"])
@pytest.mark.parametrize("way", ["bev", "int19"])
def test_bios_boots_the_reference(lab, bios, way, kept):
    """By INT 19h it goes before a disk.  With keeppxe the ROM still lives when the kernel asks for the memory map."""
    first = way == "int19"
    args = bios + (["-drive", f"file={make_disk(lab.dir / 'disk.img')},format=raw,if=ide"] if first else [])
    if kept:
        write_config(lab.root, append="initrd=init_task keeppxe")
    vm = lab.own_vm(
        lab.servers(), args=args, bar=False, boot="c" if first else "n", device_args=["--boot-first"] if first else []
    )
    report = lab.check(vm)
    if kept:
        rom_memory_is_hidden(report)
    else:
        assert report["base"] == BASE_END, "the ROM left without giving its memory back"
        # The Bochs BIOS offers all of it again: nothing of ours is left in INT 15h.
        assert bios != BIOSES["bochs"] or report["e820"][0] == (0, BOCHS_RAM_END, RAM), report["e820"]


def test_bios_boots_a_program_that_brings_its_own_network(lab, bios):
    """lpxelinux, by UNDI."""
    shutil.copy(LPXELINUX, lab.root)
    lab.dhcpd(hosts=[dhcpd_host(filename="lpxelinux.0")])
    lab.tftpd()
    report = lab.check(lab.own_vm(lab.hostd(), args=bios, bar=False))
    assert report["base"] == BASE_END, "the ROM left without giving its memory back"
    assert bios != BIOSES["bochs"] or report["e820"][0] == (0, BOCHS_RAM_END, RAM), report["e820"]


def test_bios_disk_goes_first_without_boot_first(lab, bios, disk):
    vm = lab.own_vm(lab.servers(), args=bios + disk, bar=False, boot="c")
    vm.wait(NEXT_DEVICE_LINE, 60)
    assert "phase rom" not in vm.device.text()


def test_bios_without_pnp_is_booted_by_int19(lab, disk):
    """The Bochs BIOS with its signature struck out: no BIOS that says it knows of PnP, so none that would find a
    BEV."""
    image = bytearray(open(BOCHS_BIOS, "rb").read())
    assert PNP_SIGNATURE in image
    (lab.dir / "bios").write_bytes(image.replace(PNP_SIGNATURE, b"-PnP"))
    lab.check(lab.own_vm(lab.servers(), args=loaded(lab.dir / "bios") + disk, bar=False, boot="c"))


@pytest.mark.parametrize("failure", ["no-file", "localboot 0", "localboot 5"])
def test_bios_goes_on_after_int19(lab, bios, disk, failure):
    """To the BIOS's own INT 19h, whatever became of the stack that it called ours with."""
    if failure == "no-file":
        (lab.root / "pxelinux.0").unlink()
    else:
        (lab.root / "pxelinux.cfg" / "default").write_text(f"DEFAULT disk\nLABEL disk\n{failure}\n")
    vm = lab.own_vm(lab.servers(), args=bios + disk, bar=False, boot="c", device_args=["--boot-first"])
    vm.wait(NEXT_DEVICE_LINE, 60)
    assert "phase rom" in vm.device.text(), "the ROM did not go first"


def test_bios_boots_again_after_a_reset(lab, bios):
    lab.initrd = make_initrd(lab.root / "init_task", 32 * MIB)
    vm = lab.own_vm(lab.servers(), args=bios, bar=False, device_args=["--boot-first"])
    wait_for(lambda: "phase nbp" in vm.device.text(), 60, "the boot program")
    vm.qmp_connect().execute("system_reset")
    lab.check(vm)
    assert vm.device.text().count("phase nbp") == 2


class Hands:
    """QEMU's qtest socket: ports and memory, as the machine's processor would see them."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("rw")

    def do(self, *words):
        self.file.write(" ".join(hex(w) if isinstance(w, int) else w for w in words) + "\n")
        self.file.flush()
        answer = self.file.readline().split()
        assert answer[:1] == ["OK"], answer
        return int(answer[1], 16) if answer[1:] else None

    def make_ram(self):
        self.do("outl", PCI_INDEX, PAM_D0000)
        self.do("outb", PCI_DATA, PAM_RAM)


class RamRom:
    """A machine with the Bochs BIOS and the ROM written once into plain RAM, as in a VMM that does not write it again
    at a reset."""

    def __init__(self, lab, args=(), device_args=()):
        hands = lab.dir / "qtest"
        qtest = ["-S", "-qtest", f"unix:{hands},server=on,wait=off", "-qtest-log", "none"]
        machine = ["-cpu", "qemu64,-apic", "-bios", BOCHS_BIOS, *qtest, *args]
        self.vm = lab.own_vm(lab.servers(), args=machine, bar=False, boot="nc", device_args=device_args)
        self.scratch = lab.dir / "memory"
        self.monitor = self.vm.qmp_connect()
        self.hands = Hands(hands)
        self.hands.make_ram()
        self.write(0, ROM.read_bytes())
        self.monitor.execute("cont")

    def write(self, at, data):
        self.hands.do("write", ROM_ADDRESS + at, len(data), "0x" + data.hex())

    def blocks(self):
        """The ROM's length by its header."""
        return self.monitor.memory(ROM_ADDRESS, 3, self.scratch)[2]

    def reset(self, at=0, data=b""):
        """Reset, with the ROM as it is but for data.  QEMU's i440FX keeps its mapping."""
        if data:
            self.write(at, data)
        self.monitor.execute("system_reset")


@pytest.mark.parametrize("way", ["bev", "int19"])
def test_bios_starts_a_rom_that_is_shrunk_already(lab, way):
    write_config(lab.root, append="initrd=init_task stay")
    machine = RamRom(lab, device_args=["--boot-first"] if way == "int19" else [])
    for times in range(1, 4):
        machine.vm.wait("PVBOOT-KERNEL-END", 60, count=times)
        assert machine.blocks() == SHRUNK_BLOCKS, "the ROM was not in writable memory"
        assert reports(machine.vm.console.text())[-1]["initrd"][1:] == (lab.initrd.length, lab.initrd.crc)
        machine.reset()


def test_bios_refuses_a_rom_that_was_overwritten(lab, disk):
    write_config(lab.root, append="initrd=init_task stay")
    machine = RamRom(lab, args=disk)
    machine.vm.wait("PVBOOT-KERNEL-END", 60)
    machine.reset(0x1000, b"\xf4\xf4")
    machine.vm.wait(NEXT_DEVICE_LINE, 60)
    assert machine.vm.device.text().count("phase rom") == 1
