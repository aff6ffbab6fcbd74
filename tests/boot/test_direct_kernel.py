# SPDX-License-Identifier: BSD-2-Clause
"""Boots without a boot program, of kernels of every boot protocol, and of initrds of every kind: what the kernel finds
in its setup header, and in memory."""
import zlib

import pytest

from lib.direct import refused, refused_one_by_one, run, with_disk, write_config
from lib.kernel import END_LINE, NEXT_DEVICE_LINE, check_report, large_in_memory, make_initrd, make_kernel

MIB = 1 << 20
SETUP_AT = 0x10000  # where the ROM puts a kernel's real-mode part
CAN_USE_HEAP, LOADED_HIGH = 0x80, 0x01
LOADER_UNKNOWN = 0xFF
HEAP_END = 0xE000
PROTOCOLS = [0x204, 0x20A, 0x20F]


def concatenate(parts):
    data = b""
    for part in parts:
        data += bytes(-len(data) % 4) + part.path.read_bytes()
    return data


@pytest.mark.parametrize("version", PROTOCOLS, ids=hex)
def test_kernel_header(lab, version):
    kernel = make_kernel(lab.place("k") / "k", MIB, fields={"version": version, "vid_mode": 0x1234})
    text = run(lab, "--kernel", kernel.path, "--initrd", lab.initrd.path, "--append", "x y")
    report = check_report(text, kernel, lab.initrd, cmdline="x y")
    header = report["header"]
    assert header["version"] == version
    assert header["type_of_loader"] == LOADER_UNKNOWN
    assert header["loadflags"] == LOADED_HIGH | CAN_USE_HEAP
    assert header["heap_end_ptr"] == HEAP_END - 0x200
    assert header["cmd_line_ptr"] == SETUP_AT + HEAP_END
    assert header["code32_start"] == MIB
    assert header["vid_mode"] == 0x1234, "nothing was said of it"
    assert header["ramdisk_size"] == lab.initrd.length
    assert header["ramdisk_image"] % 4096 == 0
    assert header["ramdisk_image"] + lab.initrd.length <= header["initrd_addr_max"]
    assert header["setup_data"] == header["ext_loader_ver"] == header["ext_loader_type"] == 0


def test_kernel_without_initrd_has_none(lab):
    kernel = make_kernel(lab.place("k") / "k", fields={"ramdisk_image": 5, "ramdisk_size": 6})
    header = check_report(run(lab, "--kernel", kernel.path), kernel)["header"]
    assert header["ramdisk_image"] == header["ramdisk_size"] == 0


def test_kernel_video_mode(lab):
    write_config(lab, "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND vga=0x317\n")
    report = check_report(run(lab, "--root", lab.root, "--direct"), lab.kernel)
    assert report["header"]["vid_mode"] == 0x317


def test_kernel_memory_limit(lab):
    """mem= keeps the initrd below, as pxelinux does; initrd_addr_max too."""
    write_config(lab, "DEFAULT a\nLABEL a\nKERNEL bzImage\nINITRD init_task\nAPPEND mem=64M\n")
    report = check_report(run(lab, "--root", lab.root, "--direct", qemu=["-m", "512M"]), lab.kernel, lab.initrd)
    assert 32 * MIB < report["initrd"][0] and report["initrd"][0] + lab.initrd.length <= 64 * MIB


def test_kernel_initrd_addr_max(lab):
    kernel = make_kernel(lab.place("k") / "k", fields={"initrd_addr_max": 40 * MIB - 1})
    report = check_report(run(lab, "--kernel", kernel.path, "--initrd", lab.initrd.path), kernel, lab.initrd)
    assert 32 * MIB < report["initrd"][0] and report["initrd"][0] + lab.initrd.length <= 40 * MIB


def test_kernel_initrd_lies_in_memory(lab):
    """A kernel that takes it anywhere below 4 GiB, and one so small that it would fit where the BIOS has its tables."""
    kernel = make_kernel(lab.place("k") / "k", fields={"initrd_addr_max": 0xFFFFFFFF})
    initrd = make_initrd(lab.place("i") / "i", 5000)
    report = check_report(run(lab, "--kernel", kernel.path, "--initrd", initrd.path, qemu=["-m", "6G"]), kernel, initrd)
    start, end = report["initrd"][0], report["initrd"][0] + initrd.length
    assert any(kind == 1 and first <= start and end <= last for first, last, kind in report["e820"]), report


@pytest.mark.parametrize("alignment", [MIB, 16 * MIB], ids=["pref", "alignment"])
def test_kernel_unpacks_itself_where_no_initrd_is(lab, alignment):
    """A relocatable kernel goes to pref_address, or higher for its alignment's sake."""
    fields = {"relocatable_kernel": 1, "kernel_alignment": alignment, "pref_address": 2 * MIB, "init_size": 20 * MIB}
    kernel = make_kernel(lab.place("k") / "k", fields=fields)
    start = max(2 * MIB, alignment)
    words = ["--kernel", kernel.path, "--initrd", lab.initrd.path]
    fits = (start + 20 * MIB + lab.initrd.length + 2 * MIB) >> 20
    report = check_report(run(lab, *words, qemu=["-m", f"{fits}M"]), kernel, lab.initrd)
    assert report["initrd"][0] >= start + 20 * MIB
    assert "too little memory for the initrd" in refused(lab, *words, qemu=["-m", f"{fits - 2}M"])


CUT = "the command line is longer than this kernel takes: its end is cut off"


def command_line_of(text, kernel):
    return check_report(text, kernel)["cmdline"]


@pytest.mark.parametrize(
    "version, limit, left", [(0x206, 150, 149), (0x205, 255, 255)], ids=["of-its-own", "of-an-old-kernel"]
)
def test_kernel_command_line_limit(lab, version, limit, left):
    """Before protocol 2.06 there is no cmdline_size: 255 bytes.  What is longer is cut as pxelinux cuts it, and that is
    said."""
    kernel = make_kernel(lab.root / "bzImage", fields={"version": version, "cmdline_size": 150})
    begin = "BOOT_IMAGE=bzImage "

    def booted(length):
        line = begin + ("abcdefghi " * 40)[: length - len(begin) - 1] + "!"
        write_config(lab, f"DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND {line[len(begin):]}\n")
        hostd = lab.hostd(vms=f"[vm guest]\nroot = {lab.root}\nboot = direct\nallow_uid = any")
        vm = lab.vm(hostd)
        vm.wait(END_LINE, 60)
        report = command_line_of(vm.console.text(), kernel)
        return line, report, vm.console.text(), hostd.text()

    line, given, console, log = booted(limit)
    assert given == line and CUT not in console + log
    line, given, console, log = booted(limit + 1)
    assert given == line[:left]
    assert f"{CUT}\n  {left} of {limit + 1} bytes are left" in console.replace("\r", "")
    assert f"guest: warning: guest: {CUT}" in log


@pytest.mark.parametrize("version", [0x206, 0x205], ids=hex)
def test_kernel_command_line_is_cut_as_pxelinux_cuts_it(lab, version):
    lab.kernel = make_kernel(lab.root / "bzImage", fields={"version": version, "cmdline_size": 500})
    write_config(lab, "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND " + "abcdefghi " * 60 + "\n")
    by_pxelinux = command_line_of(run(lab, "--root", lab.root), lab.kernel)
    assert len(by_pxelinux) == (499 if version == 0x206 else 255)
    assert command_line_of(run(lab, "--root", lab.root, "--direct"), lab.kernel) == by_pxelinux


def test_kernel_that_moves_itself(lab):
    """A stand-in for kernels such as Kitten's, of protocol 2.06, whose set-up code moves itself to 90000h."""
    kernel = make_kernel(lab.place("k") / "k", MIB, defines=["MOVES_ITSELF"])
    report = check_report(
        run(lab, "--kernel", kernel.path, "--initrd", lab.initrd.path, "--append", "moved"), kernel, lab.initrd,
        cmdline="moved",
    )
    assert report["header"]["version"] == 0x206


BROKEN = {
    "loaded-low": ({"loadflags": 0}, "this kernel is too old"),
    "no-boot-flag": ({"boot_flag": 0xAA54}, "this is no Linux kernel"),
    "no-header": ({"header": 0x53726449}, "this is no Linux kernel"),
    "protocol-2.03": ({"version": 0x203}, "this kernel is too old"),
    "too-much-setup": ({"setup_sects": 64, "syssize": 16}, "this kernel is truncated"),
    "syssize-beyond-the-file": ({"syssize": MIB}, "this kernel is truncated"),
    "init-size-beyond-memory": ({"init_size": 0xFFFFFFFF}, "wants memory beyond 4 GiB: check the file"),
    "pref-address-beyond-4-gib": ({"pref_address": 1 << 32}, "wants memory beyond 4 GiB: check the file"),
    "needs-more-than-there-is": ({"init_size": 600 * MIB}, "too little memory for this kernel: give it more"),
}


def test_kernel_that_cannot_be_booted(lab):
    scratch = lab.place("k")
    cases = (
        (name, make_kernel(scratch / "k", MIB, fields=fields).path.read_bytes(), words)
        for name, (fields, words) in BROKEN.items()
    )
    refused_one_by_one(lab, cases)


def test_initrds_of_a_few_bytes(lab):
    parts = [make_initrd(lab.place(f"part{i}"), length, seed=i) for i, length in enumerate([1, 2, 3, 4, 1, 4095, 1])]
    data = concatenate(parts)
    text = run(lab, "--kernel", lab.kernel.path, *[word for part in parts for word in ("--initrd", part.path)])
    lab.initrd.length, lab.initrd.crc = len(data), zlib.crc32(data)
    check_report(text, lab.kernel, lab.initrd)


def test_initrds_of_a_few_bytes_in_used_memory(lab):
    """The zeros between them are written, not found: an earlier boot left something else there."""
    make_initrd(lab.root / "noise", 8 * MIB)
    sizes = [1, 3, 4097, 2, 5]
    parts = [make_initrd(lab.root / f"i{i}", length, seed=i) for i, length in enumerate(sizes)]
    data = concatenate(parts)
    write_config(lab, "DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD noise\nAPPEND stay\n")
    vm = lab.vm(lab.hostd(vms=f"[vm guest]\nboot = direct\nroot = {lab.root}\nallow_uid = any"))
    vm.wait("PVBOOT-KERNEL-END", 60)
    write_config(lab, "DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD i0,i1,i2,i3,i4\n")
    vm.qmp_connect().execute("system_reset")
    lab.initrd.length, lab.initrd.crc = len(data), zlib.crc32(data)
    lab.check(vm, count=2)


def sparse(path, size, data=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
        file.truncate(size)
    return path


def test_initrd_of_more_than_4_gib(lab):
    large = sparse(lab.place("large") / "i", 5 << 30)
    assert "the file is larger than 4 GiB" in refused(lab, "--kernel", lab.kernel.path, "--initrd", large)


def test_initrds_of_more_than_4_gib_together(lab):
    """By one MiB, which would find room."""
    parts = [sparse(lab.place("large") / "i", size) for size in (3 << 30, (1 << 30) + MIB)]
    words = ["--kernel", lab.kernel.path, "--initrd", parts[0], "--initrd", parts[1]]
    assert "too little memory for the initrd" in refused(lab, *words)


@pytest.mark.parametrize("size", [0xFFFFD000, 0xFFF01000], ids=["almost-4-gib", "beyond-with-1-mib"])
def test_kernel_of_almost_4_gib(lab, size):
    large = sparse(lab.place("large") / "k", size, lab.kernel.path.read_bytes())
    assert "this kernel wants memory beyond 4 GiB: check the file" in refused(lab, "--kernel", large)


def test_initrd_empty(lab):
    empty = lab.place("empty")
    empty.write_bytes(b"")
    assert "the file is empty" in refused(lab, "--kernel", lab.kernel.path, "--initrd", empty)


# ---- servers that do not say how long a file is ----------------------------------------------------------------------


@pytest.fixture
def silent(lab):
    """TFTP without tsize."""
    lab.dhcpd()
    lab.tftpd(args=["-r", "tsize"])
    return lab


def test_size_unknown(silent):
    parts = [make_initrd(silent.root / f"i{i}", length, seed=i) for i, length in enumerate([MIB + 1, 2, 70003])]
    write_config(silent, "DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD i0,i1,i2\nAPPEND unknown\n")
    vm = silent.vm(silent.hostd(options="boot = direct"))
    data = concatenate(parts)
    silent.initrd.length, silent.initrd.crc = len(data), zlib.crc32(data)
    silent.check(vm, cmdline="unknown")
    assert "kernel bzImage, size unknown" in vm.console.text()


def refused_by_interface(lab, memory="256M"):
    vm = lab.vm(lab.hostd(options="boot = direct"), memory=memory, args=with_disk(lab))
    vm.wait(NEXT_DEVICE_LINE, 60)
    return vm.console.text()


def test_size_unknown_and_a_kernel_larger_than_it_says(silent):
    """A few KiB with 9 MiB of variables, of a protocol that has no field for them: the initrd lies high, as always."""
    silent.kernel = large_in_memory(silent.root)
    silent.initrd = make_initrd(silent.root / "init_task", 2 * MIB + 7)
    report = silent.check(silent.vm(silent.hostd(options="boot = direct")))
    assert report["initrd"][0] >= 32 * MIB


def test_size_unknown_truncated_kernel(silent):
    path = silent.root / "bzImage"
    path.write_bytes(path.read_bytes()[:-16])
    assert "PXE-E39" in refused_by_interface(silent)


def test_size_unknown_truncated_header(silent):
    path = silent.root / "bzImage"
    path.write_bytes(path.read_bytes()[:1000])
    assert "PXE-E39" in refused_by_interface(silent)


def test_size_unknown_initrd_is_empty(silent):
    (silent.root / "init_task").write_bytes(b"")
    assert "the file is empty" in refused_by_interface(silent)


def test_size_unknown_initrd_is_too_large(silent):
    make_initrd(silent.root / "init_task", 40 * MIB)
    assert "too little memory for the initrd" in refused_by_interface(silent, memory="32M")
