# SPDX-License-Identifier: BSD-2-Clause
"""Boots without a boot program: `pvboot run --direct` and `--kernel`, to the stub kernel, whose report is compared."""
import zlib

import pytest

from lib.direct import refused, run, write_config
from lib.kernel import END_LINE, SETUP_BYTES, check_report, make_initrd, make_kernel

MIB = 1 << 20


def test_direct_root(lab):
    text = run(lab, "--root", lab.root, "--direct")
    check_report(
        text, lab.kernel, lab.initrd, cmdline="BOOT_IMAGE=bzImage serial.baud=115200 console=serial initrd=init_task"
    )
    assert "PXELINUX" not in text, "a boot program ran"


def test_direct_leaves_the_device_reset(lab):
    """[DRV-13] When the kernel runs, device_status is 0: of our own device, and of QEMU's card."""
    hostd = lab.hostd(vms=f"[vm guest]\nboot = direct\nroot = {lab.root}\nallow_uid = any")
    for start in (lab.own_vm, lab.vm):
        vm = start(hostd, args=["-no-shutdown"])
        vm.wait(END_LINE, 60)
        assert vm.device_is_reset()
        vm.stop()


def test_direct_kernel_and_initrd_of_this_machine(lab):
    """Files from anywhere, without a directory that is served."""
    kernel = make_kernel(lab.place("elsewhere") / "k", 2 * MIB)
    initrd = make_initrd(lab.place("other") / "i", 5 * MIB + 3)
    text = run(lab, "--kernel", kernel.path, "--initrd", initrd.path, "--append", "one two=three")
    check_report(text, kernel, initrd, cmdline="one two=three")


def test_direct_kernel_below_root(lab):
    text = run(lab, "--root", lab.root, "--kernel", "bzImage", "--initrd", "init_task")
    check_report(text, lab.kernel, lab.initrd)


@pytest.mark.parametrize("memory", ["64M", "3G", "6G"])
def test_direct_is_what_pxelinux_hands_over(lab, memory):
    """The memory map, the command line and the initrd that the kernel sees, by pxelinux.0 and without it."""
    write_config(lab, "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND initrd=i1,init_task  x y\nIPAPPEND 3\nTIMEOUT 5\n")
    first = make_initrd(lab.root / "i1", 4098, seed=7)
    data = first.path.read_bytes() + bytes(2) + lab.initrd.path.read_bytes()
    seen = []
    for options in ([], ["--direct"]):
        words = ["--root", lab.root, "--mac", "52:54:00:aa:bb:cc", *options]
        seen.append(check_report(run(lab, *words, qemu=["-m", memory]), lab.kernel))
    program, direct = seen
    assert direct["e820"] == program["e820"]
    assert direct["base"] == program["base"]
    assert direct["cmdline"] == program["cmdline"]
    assert direct["initrd"][1:] == program["initrd"][1:] == (len(data), zlib.crc32(data))
    for field in ("ramdisk_size", "setup_data", "loadflags"):
        assert direct["header"][field] == program["header"][field], field


def test_direct_several_initrds(lab):
    """Concatenated, each on a 4 byte boundary with zeros before it."""
    parts = [
        make_initrd(lab.place(f"part{i}"), length, seed=i) for i, length in enumerate([4, 4097, 70002, 5, MIB + 3])
    ]
    data = b""
    for part in parts:
        data += bytes(-len(data) % 4) + part.path.read_bytes()
    options = [word for part in parts for word in ("--initrd", part.path)]
    text = run(lab, "--kernel", lab.kernel.path, *options)
    lab.initrd.length, lab.initrd.crc = len(data), zlib.crc32(data)
    check_report(text, lab.kernel, lab.initrd)


def test_direct_without_initrd(lab):
    text = run(lab, "--kernel", lab.kernel.path, "--append", "alone")
    assert "PVBOOT-CMDLINE alone" in text


def test_direct_include(lab):
    write_config(lab, "INCLUDE pxelinux.cfg/more\n")
    (lab.root / "pxelinux.cfg" / "more").write_text(
        "DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD init_task\nAPPEND included\n"
    )
    check_report(run(lab, "--root", lab.root, "--direct"), lab.kernel, lab.initrd, cmdline="included")


def test_direct_localboot(lab):
    write_config(lab, "DEFAULT a\nLABEL a\nLOCALBOOT 0\n")
    text = refused(lab, "--root", lab.root, "--direct")
    assert "PXE-E" not in text and "PXELINUX" not in text


def test_direct_missing_file(lab):
    (lab.root / "init_task").unlink()
    assert "PXE-E3B" in refused(lab, "--root", lab.root, "--direct")


def test_direct_not_a_kernel(lab):
    make_initrd(lab.root / "bzImage", 100000)
    assert "this is no Linux kernel" in refused(lab, "--root", lab.root, "--direct")


def test_direct_tiny_kernel(lab):
    make_initrd(lab.root / "bzImage", 10)
    assert "this is no Linux kernel" in refused(lab, "--root", lab.root, "--direct")


def test_direct_truncated_kernel(lab):
    path = lab.root / "bzImage"
    path.write_bytes(path.read_bytes()[: SETUP_BYTES + 512])
    assert "this kernel is truncated" in refused(lab, "--root", lab.root, "--direct")


def test_direct_too_old_kernel(lab):
    path = lab.root / "bzImage"
    image = bytearray(path.read_bytes())
    image[0x206:0x208] = b"\x03\x02"
    path.write_bytes(image)
    assert "this kernel is too old" in refused(lab, "--root", lab.root, "--direct")


def test_direct_command_line_too_long(lab):
    """It is cut, and the guest says so (test_direct_kernel.py has the limits); here to 19 bytes."""
    path = lab.root / "bzImage"
    image = bytearray(path.read_bytes())
    image[0x238:0x23C] = (20).to_bytes(4, "little")
    path.write_bytes(image)
    text = run(lab, "--root", lab.root, "--direct")
    assert "the command line is longer" in text and "19 of " in text
    assert "PVBOOT-CMDLINE BOOT_IMAGE=bzImage \n" in text.replace("\r", "")


def test_direct_too_little_memory(lab):
    make_initrd(lab.root / "init_task", 40 * MIB)
    assert "too little memory for the initrd" in refused(lab, "--root", lab.root, "--direct", qemu=["-m", "32M"])


def test_direct_interface(lab):
    """By DHCP and TFTP."""
    lab.dhcpd()
    lab.tftpd()
    hostd = lab.hostd(options="boot = direct")
    vm = lab.vm(hostd)
    lab.check(vm, cmdline="BOOT_IMAGE=bzImage serial.baud=115200 console=serial initrd=init_task")
    assert "PXELINUX" not in vm.console.text()
