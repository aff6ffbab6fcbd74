# SPDX-License-Identifier: BSD-2-Clause
"""Payloads for boot tests: the stub kernel (kernel/stub.asm), initrds of any length, and what the kernel's report must
say."""
import random
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "kernel"
SETUP_BYTES = 4 * 512
ENTRY_LINE = "PVBOOT-KERNEL-ENTRY"
END_LINE = "PVBOOT-KERNEL-END"
NEXT_DEVICE_LINE = "PVBOOT-NEXT-DEVICE"
NBP_DESTINATION = 0x200000
NOISE_PIECE = 1 << 27  # Python takes no more at once
HEADER_AT = 0x1F0  # where the stub's dump of the setup header begins
FIELDS = {  # of the setup header: offset and size (Linux: Documentation/arch/x86/boot.rst)
    "setup_sects": (0x1F1, 1),
    "syssize": (0x1F4, 4),
    "vid_mode": (0x1FA, 2),
    "boot_flag": (0x1FE, 2),
    "header": (0x202, 4),
    "version": (0x206, 2),
    "type_of_loader": (0x210, 1),
    "loadflags": (0x211, 1),
    "code32_start": (0x214, 4),
    "ramdisk_image": (0x218, 4),
    "ramdisk_size": (0x21C, 4),
    "heap_end_ptr": (0x224, 2),
    "ext_loader_ver": (0x226, 1),
    "ext_loader_type": (0x227, 1),
    "cmd_line_ptr": (0x228, 4),
    "initrd_addr_max": (0x22C, 4),
    "kernel_alignment": (0x230, 4),
    "relocatable_kernel": (0x234, 1),
    "xloadflags": (0x236, 2),
    "cmdline_size": (0x238, 4),
    "setup_data": (0x250, 8),
    "pref_address": (0x258, 8),
    "init_size": (0x260, 4),
}
SCRATCH = 0x8000  # what the stub uses behind itself, with the rounding to a page


class Payload:
    """A file of a known length and CRC-32 (crc: of what the guest reports on, for a kernel without its setup part)."""

    def __init__(self, path, data, skip=0):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(data)
        self.length = len(data) - skip
        self.crc = zlib.crc32(memoryview(data)[skip:])


def noise(length, seed=1):
    """Reproducible bytes that do not repeat at any block length."""
    source = random.Random(seed)
    return b"".join(source.randbytes(min(NOISE_PIECE, length - at)) for at in range(0, length, NOISE_PIECE))


def assemble(name, *defines):
    """The bytes of kernel/NAME.asm."""
    with tempfile.TemporaryDirectory() as tmp:
        out = Path(tmp) / name
        words = [f"-D{word}" for word in defines]
        command = ["nasm", "-f", "bin", "-Werror", *words, "-o", out, SOURCES / f"{name}.asm"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return out.read_bytes()


def make_disk(path):
    """A disk whose boot sector prints NEXT_DEVICE_LINE and powers off."""
    path.write_bytes(assemble("disk"))
    return path


def make_nbp(path):
    """A boot program (kernel/nbp.asm) that loads payload.bin to NBP_DESTINATION by PXENV_TFTP_READ_FILE."""
    path.write_bytes(assemble("nbp"))
    return path


def make_kernel(path, length=0, defines=(), fields=None):
    """Assemble the stub kernel into path, padded so that the whole file has length bytes (rounded up to 16).  fields:
    of its setup header, by their names in FIELDS."""
    image = bytearray(assemble("stub", *defines))
    image += noise(max(0, length - len(image)), seed=2)
    image += bytes(-len(image) % 16)
    prot = len(image) - SETUP_BYTES
    struct.pack_into("<I", image, 0x1F4, prot // 16)
    struct.pack_into("<I", image, 0x260, prot + SCRATCH)
    struct.pack_into("<I", image, SETUP_BYTES + 4, prot)
    for name, value in (fields or {}).items():
        at, size = FIELDS[name]
        image[at : at + size] = value.to_bytes(size, "little")
    return Payload(path, bytes(image), skip=SETUP_BYTES)


def large_in_memory(root):
    """A kernel of protocol 2.06, so that it cannot say how much memory it takes: 9 MiB behind its few KiB, which it
    clears first."""
    return make_kernel(root / "bzImage", defines=["VERSION=206h", "BSS=9 * 1024 * 1024"], fields={"init_size": 0})


def make_initrd(path, length, seed=1):
    return Payload(path, noise(length, seed), 0)


def reports(console):
    """What each stub kernel on this console said, as a list of {"cmdline", "kernel", "initrd", "base", "e820",
    "header"}: kernel and initrd are (address, length, crc), base is bytes, e820 is a list of (start, end, type), header
    has the numbers of FIELDS."""
    found = []
    for part in console.replace("\r", "").split(ENTRY_LINE + "\n")[1:]:
        cmdline = re.search(r"^PVBOOT-CMDLINE (.*)$", part, re.M)
        entry = {"cmdline": cmdline.group(1) if cmdline else None, "end": END_LINE in part}
        base = re.search(r"^PVBOOT-BASE (\w{8}) ?$", part, re.M)
        entry["base"] = int(base[1], 16) << 10 if base else None
        entry["e820"] = []
        for m in re.finditer(r"^PVBOOT-E820 (\w{8}) (\w{8}) (\w{8}) (\w{8}) ?$", part, re.M):
            start, high, low, kind = (int(x, 16) for x in m.groups())
            entry["e820"].append((start, start + (high << 32) + low, kind))
        for name in ("KERNEL", "INITRD"):
            m = re.search(rf"^PVBOOT-{name} (\w{{8}}) (\w{{8}}) (\w{{8}}) ?$", part, re.M)
            entry[name.lower()] = tuple(int(x, 16) for x in m.groups()) if m else None
        dump = re.search(r"^PVBOOT-HEADER ((?:\w{8} ){32})$", part, re.M)
        bytes_of = bytes.fromhex(dump[1]) if dump else b""
        entry["header"] = {
            n: int.from_bytes(bytes_of[at - HEADER_AT :][:size], "little") for n, (at, size) in FIELDS.items()
        }
        found.append(entry)
    return found


def check_report(console, kernel, initrd=None, cmdline=None, count=1):
    """Assert that the last of count stub kernels on the console got exactly these bytes."""
    found = reports(console)
    assert len(found) == count, f"{len(found)} kernel entries, expected {count}; console:\n{console}"
    last = found[-1]
    assert last["end"], f"the kernel did not finish; console:\n{console}"
    assert last["kernel"][1:] == (kernel.length, kernel.crc), "the kernel's bytes are not those of the file"
    if initrd:
        assert last["initrd"][1:] == (initrd.length, initrd.crc), "the initrd's bytes are not those of the file"
    if cmdline is not None:
        assert cmdline in last["cmdline"], f"command line: {last['cmdline']}"
    return last
