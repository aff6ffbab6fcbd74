# SPDX-License-Identifier: BSD-2-Clause
"""What the ROM takes of the guest's memory."""
import shutil

import pytest

from lib.kernel import END_LINE
from lib.pvboot import ROM
from lib.servers import dhcpd_host
from lib.tftproot import write_config

IMAGE_MAX = 40960  # bytes of build/pvboot.rom
LEFT_MAX = 4096  # bytes left in the ROM area after init
BASE_MAX_KB = 44  # base memory taken
ROM_AREA = (0xC0000, 0xF0000)
BASE_MEMORY_WORD = 0x413  # BIOS data area: KiB of base memory
FULL_BASE_KB = 639  # what SeaBIOS leaves without us
BASE_END = FULL_BASE_KB << 10
VECTORS = 256
LPXELINUX = "/usr/lib/PXELINUX/lpxelinux.0"
# Broadcasts from the server's side, more than there are packet buffers.
BROADCASTS = """
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
for _ in range(64):
    s.send(bytes.fromhex("ffffffffffff02000000000188b5") + b"U" * 100)
"""


def test_rom_image_fits():
    assert ROM.stat().st_size <= IMAGE_MAX


def test_rom_image_checksum_and_length():
    image = ROM.read_bytes()
    assert image[:2] == b"\x55\xaa"
    assert sum(image[: image[2] * 512]) & 0xFF == 0


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_rom_takes_little_after_init(lab, machine):
    """While the ROM waits for a hostd that is not there, init is long over."""
    hostd = lab.hostd()
    hostd.stop()
    vm = lab.vm(hostd, machine=machine)
    vm.wait(r"(?i)wait.*hostd|hostd.*wait", 60)
    monitor = vm.qmp_connect()
    start, end = ROM_AREA
    area = monitor.memory(start, end - start, vm.dir / "memory")
    ours = []
    for offset in range(0, len(area), 2048):
        if (
            area[offset : offset + 2] == b"\x55\xaa"
            and b"pvboot" in area[offset : offset + area[offset + 2] * 512].lower()
        ):
            ours.append((start + offset, area[offset + 2] * 512))
            assert sum(area[offset : offset + area[offset + 2] * 512]) & 0xFF == 0, "the shrunk ROM's checksum is wrong"
    assert len(ours) == 1, f"pvboot ROMs found: {ours}"
    assert 0 < ours[0][1] <= LEFT_MAX, f"{ours[0][1]} bytes left at {ours[0][0]:#x}"
    kb = int.from_bytes(monitor.memory(BASE_MEMORY_WORD, 2, vm.dir / "memory"), "little")
    assert FULL_BASE_KB - BASE_MAX_KB <= kb < FULL_BASE_KB, f"{kb} KiB of base memory"


@pytest.mark.parametrize("program", ["pxelinux.0", "lpxelinux.0"])
def test_rom_leaves_nothing_behind(lab, program):
    """After the boot program unloaded it: base memory is whole, no vector leads into what was taken, and the device
    writes there no more."""
    shutil.copy(LPXELINUX, lab.root)
    write_config(lab.root, append="initrd=init_task stay")
    lab.dhcpd(hosts=[dhcpd_host(filename=program)])
    lab.tftpd()
    hostd = lab.hostd()
    vm = lab.vm(hostd)
    vm.wait(END_LINE, 60)
    assert ("the guest sends and hears frames" in hostd.text()) == (program == "lpxelinux.0")
    monitor = vm.qmp_connect()
    low = monitor.memory(0, BASE_MEMORY_WORD + 2, vm.dir / "memory")
    assert int.from_bytes(low[BASE_MEMORY_WORD:], "little") == FULL_BASE_KB
    ours = range(BASE_END - BASE_MAX_KB * 1024, BASE_END)
    for vector in range(VECTORS):
        offset, segment = (int.from_bytes(low[at : at + 2], "little") for at in (4 * vector, 4 * vector + 2))
        assert (segment << 4) + offset not in ours, f"INT {vector:02X}h is still hooked"
    before = monitor.memory(ours.start, len(ours), vm.dir / "memory")
    assert b"PVBOOTRM" in before, "this is not where the ROM was"
    lab.net.server.run("/usr/bin/python3", "-c", BROADCASTS)
    assert monitor.memory(ours.start, len(ours), vm.dir / "memory") == before
