# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of the machine after a boot program that boots nothing."""
import pytest

from lib.kernel import NEXT_DEVICE_LINE, make_disk


@pytest.fixture
def with_disk(lab):
    disk = make_disk(lab.dir / "disk.img")
    return ["-drive", f"file={disk},format=raw,if=ide", "-boot", "order=nc"]


# 0: unload and go on; 4 and 5: keep UNDI, keep all (PXE 2.1); -1: pxelinux calls INT 18h itself.
@pytest.mark.parametrize("kind", [0, 4, 5, -1])
def test_rom_goes_to_the_next_device_after_localboot(lab, with_disk, kind):
    """pxelinux has overwritten the BIOS's stack by then."""
    config = lab.root / "pxelinux.cfg" / "default"
    config.write_text(f"DEFAULT disk\nLABEL disk\nlocalboot {kind}\n")
    vm = lab.vm(lab.servers(), args=with_disk)
    vm.wait(NEXT_DEVICE_LINE, 60)
    assert "local disk" in vm.console.text()
