# SPDX-License-Identifier: BSD-2-Clause
"""Multiboot kernels (version 1) and their modules, straight into place."""
import re
import struct

import pytest

from lib.bios import BIOSES
from lib.direct import refused, refused_one_by_one, run
from lib.kernel import assemble, make_initrd

MIB = 1 << 20
MAGIC = 0x2BADB002
RAM = 1


def make(lab, *defines, tail=b""):
    path = lab.place("kernel") / "k"
    path.parent.mkdir()
    path.write_bytes(assemble("multiboot", *defines) + tail)
    return path


def place_sum(data):
    return sum(byte * at for at, byte in enumerate(data, 1)) & 0xFFFFFFFF


def numbers(text, word):
    return [
        [int(n, 16) for n in re.findall(r"\b[0-9a-f]{8}\b", line)] for line in re.findall(rf"^{word} (.*)$", text, re.M)
    ]


def check(text, modules, cmdline):
    """What the kernel says of itself, its memory and its modules.  Their addresses."""
    assert "PVBOOT-MULTIBOOT-END" in text, text
    (first,) = numbers(text, "PVBOOT-MULTIBOOT")
    magic, flags, limit, bss = first
    assert magic == MAGIC
    assert flags & 0x24D == 0x24D
    assert limit == 0xFFFFFFFF
    assert bss == 0, "the bss is not zero"
    ranges = [(start, start + (high << 32) + low, kind) for start, high, low, kind in numbers(text, "PVBOOT-RANGE")]
    ((lower, upper),) = numbers(text, "PVBOOT-MEMORY")
    above = next(last for first, last, kind in ranges if first == MIB and kind == RAM)
    assert (lower, upper) == (639, (above - MIB) >> 10)
    assert f"PVBOOT-CMDLINE {cmdline}\n" in text
    assert "PVBOOT-LOADER pvboot\n" in text
    found = re.findall(r"^PVBOOT-MODULE (\w{8}) (\w{8}) (\w{8}) (.*)$", text, re.M)
    assert len(found) == len(modules)
    for (start, length, total, name), module in zip(found, modules):
        data = module.path.read_bytes()
        assert (int(length, 16), int(total, 16)) == (len(data), place_sum(data))
        assert "/" + name.lstrip("/") == str(module.path)
        assert int(start, 16) % 4096 == 0 and int(start, 16) > MIB and int(start, 16) + len(data) <= above
    return [int(module[0], 16) for module in found]


@pytest.mark.parametrize(
    "kind", [[], ["ELF"], ["ELF", "BASE=1000000h"], ["FLAGS=3"]], ids=["addresses", "elf", "elf-16M", "flags"]
)
def test_multiboot(lab, kind):
    kernel = make(lab, *kind, tail=b"behind the image")
    modules = [make_initrd(lab.place(f"m{i}") / "m", length, seed=i) for i, length in enumerate([1, 4096, MIB + 3])]
    words = [word for module in modules for word in ("--initrd", module.path)]
    places = check(run(lab, "--kernel", kernel, *words, "--append", "a  b=c"), modules, "a  b=c")
    assert places == sorted(places)


def test_multiboot_size_unknown(lab):
    """A header that tells no end means all of the file, and the server does not tell how long that is."""
    lab.dhcpd()
    lab.tftpd(args=["-r", "tsize"])
    (lab.root / "k").write_bytes(assemble("multiboot", "NO_END"))
    vm = lab.vm(lab.hostd(options="kernel = k\nappend = unknown"))
    vm.wait("PVBOOT-MULTIBOOT-END|PXE-E", 60)
    text = vm.console.text().replace("\r", "")
    check(text, [], "unknown")
    assert "kernel k, size unknown" in text


def test_multiboot_without_modules(lab):
    check(run(lab, "--kernel", make(lab)), [], "")


def test_multiboot_finds_a20_open(lab):
    """The Bochs BIOS leaves it shut."""
    (lab.root / "k").write_bytes(assemble("multiboot"))
    hostd = lab.hostd(vms=f"[vm guest]\nkernel = k\nroot = {lab.root}\nallow_uid = any")
    vm = lab.own_vm(hostd, args=BIOSES["bochs"], bar=False)
    assert vm.wait_exit(60) == 0
    check(vm.console.text(), [], "")


def test_multiboot_bss_is_zeroed_in_used_memory(lab):
    """Where an earlier boot's initrd lies."""
    (lab.root / "k").write_bytes(assemble("multiboot", "BASE=500000h"))
    make_initrd(lab.root / "noise", 8 * MIB)
    config = lab.root / "pxelinux.cfg" / "default"
    config.write_text("DEFAULT bzImage initrd=noise mem=10M stay\n")
    hostd = lab.hostd(vms=f"[vm guest]\nboot = direct\nroot = {lab.root}\nallow_uid = any")
    vm = lab.own_vm(hostd, args=BIOSES["bochs"], bar=False, device_args=["--boot-first"])
    vm.wait("PVBOOT-KERNEL-END", 60)
    config.write_text("DEFAULT k\n")
    vm.qmp_connect().execute("system_reset")
    vm.wait("PVBOOT-MULTIBOOT-END", 60)
    text = vm.console.text()
    check(text[text.index("PVBOOT-MULTIBOOT") - 1 :], [], "BOOT_IMAGE=k ")


REFUSED = {
    "video": (["FLAGS=4"], "it wants more of a loader"),
    "unknown-flag": (["FLAGS=8000h"], "it wants more of a loader"),
    "below-1-mib": (["ELF", "BASE=80000h"], "wants memory below 1 MiB: boot it by pxelinux"),
    "beyond-memory": (["ELF", "BASE=40000000h"], "too little memory for this kernel"),
    "entry-nowhere": (["ENTRY=0e0000000h"], "its entry is nowhere"),
}


def patched(image, at, value):
    return image[:at] + value + image[at + len(value) :]


BROKEN = {  # ELF: offset, bytes
    "machine": (18, b"\x3e\x00", "no ELF file for i386"),
    "class": (4, b"\x02", "no ELF file for i386"),
    "segments-beyond": (28, (8192 - 32).to_bytes(4, "little"), "no ELF file for i386"),
    "segments-far-beyond": (28, (0xFFFFFFF0).to_bytes(4, "little"), "no ELF file for i386"),
    "too-many-segments": (44, b"\xff\xff", "no ELF file for i386"),
    "segment-size": (42, b"\x1f\x00", "no ELF file for i386"),
    "more-in-the-file-than-in-memory": (84 + 16, (0x100000).to_bytes(4, "little"), "malformed"),
    "memory-wraps": (84 + 20, (0xFFFFFFFF).to_bytes(4, "little"), "malformed"),
    "segment-beyond-the-file": (84 + 4, (0x100000).to_bytes(4, "little"), "PXE-E"),
}


def test_multiboot_refused(lab):
    header = (0x1BADB002).to_bytes(4, "little")
    elf, plain = assemble("multiboot", "ELF"), assemble("multiboot")
    cases = [(name, assemble("multiboot", *defines), words) for name, (defines, words) in REFUSED.items()]
    cases += [(name, patched(elf, at, value), words) for name, (at, value, words) in BROKEN.items()]
    nine = struct.pack("<8I", 1, 0, 0, MIB, 64, 64, 7, 4096) * 9
    cases.append(("nine-segments", patched(patched(elf, 52, nine), 44, b"\x09"), "malformed"))
    cases.append(("checksum", patched(elf, elf.index(header) + 8, b"\0"), "no Multiboot kernel"))
    # By its addresses the file would begin 4 bytes before its first.
    before = patched(plain, plain.index(header) + 16, (MIB - 4).to_bytes(4, "little"))
    cases.append(("loaded-before-its-file", before, "its Multiboot header is malformed"))
    refused_one_by_one(lab, cases)


def test_multiboot_modules_too_large(lab):
    large = make_initrd(lab.place("m") / "m", 40 * MIB)
    assert "too little memory for the modules" in refused(
        lab, "--kernel", make(lab), "--initrd", large.path, qemu=["-m", "32M"]
    )
