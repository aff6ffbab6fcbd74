# SPDX-License-Identifier: BSD-2-Clause
"""What the ROM takes of the guest's memory."""
import pytest

from lib.pvboot import ROM

IMAGE_MAX = 40960  # bytes of build/pvboot.rom
LEFT_MAX = 4096  # bytes left in the ROM area after init
BASE_MAX_KB = 44  # base memory taken
ROM_AREA = (0xC0000, 0xF0000)
BASE_MEMORY_WORD = 0x413  # BIOS data area: KiB of base memory
FULL_BASE_KB = 639  # what SeaBIOS leaves without us


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
        if area[offset : offset + 2] == b"\x55\xaa" and b"pvboot" in area[offset : offset + area[offset + 2] * 512].lower():
            ours.append((start + offset, area[offset + 2] * 512))
            assert sum(area[offset : offset + area[offset + 2] * 512]) & 0xFF == 0, "the shrunk ROM's checksum is wrong"
    assert len(ours) == 1, f"pvboot ROMs found: {ours}"
    assert 0 < ours[0][1] <= LEFT_MAX, f"{ours[0][1]} bytes left at {ours[0][0]:#x}"
    kb = int.from_bytes(monitor.memory(BASE_MEMORY_WORD, 2, vm.dir / "memory"), "little")
    assert FULL_BASE_KB - BASE_MAX_KB <= kb < FULL_BASE_KB, f"{kb} KiB of base memory"
