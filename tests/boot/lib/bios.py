# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's arguments for the ROM in RAM rather than in a BAR, by BIOS."""
from .pvboot import ROM

BOCHS_BIOS = "/usr/share/bochs/BIOS-bochs-latest"
ROM_ADDRESS = 0xD0000


def loaded(bios):
    """The ROM at ROM_ADDRESS, for a BIOS that QEMU gives no option ROMs to."""
    return ["-cpu", "qemu64,-apic", "-bios", bios, "-device", f"loader,file={ROM},addr={ROM_ADDRESS:#x},force-raw=on"]


BIOSES = {"seabios": ["-option-rom", str(ROM)], "bochs": loaded(BOCHS_BIOS)}
