# SPDX-License-Identifier: BSD-2-Clause
"""Boots without a boot program from a network: what DHCP alone can say, where files come from, and what goes wrong."""
import os
import re
import time
import zlib

import pytest

from lib.bios import BIOSES
from lib.direct import with_disk, write_config
from lib.kernel import NEXT_DEVICE_LINE, make_initrd
from lib.netns import SERVER_IP
from lib.servers import Nginx, dhcpd_host

MIB = 1 << 20
DIRECT = "boot = direct"
OPTION = "option site-boot code 224 = text;\n"
REFERENCE = "BOOT_IMAGE=bzImage serial.baud=115200 console=serial initrd=init_task"


def fails(vm, *words, timeout=120):
    """The guest says these words and goes on to the disk.  Its console."""
    vm.wait(NEXT_DEVICE_LINE, timeout)
    text = vm.console.text()
    for word in words:
        assert re.search(word, text), f"{word!r} is not said; {vm.console.tail()}"
    assert "PVBOOT-KERNEL-ENTRY" not in text and "PXELINUX" not in text, vm.console.tail()
    return text


# ---- what DHCP says --------------------------------------------------------------------------------------------------


def by_option(lab, text, **kw):
    lab.dhcpd(head=OPTION, hosts=[dhcpd_host(extra=f'option site-boot "{text}";', **kw)])
    lab.tftpd()


def test_option_says_direct(lab):
    by_option(lab, "direct")
    vm = lab.vm(lab.hostd(options="boot_option = 224"))
    lab.check(vm, cmdline=REFERENCE)
    assert "PXELINUX" not in vm.console.text()


@pytest.mark.parametrize("options", ["", "boot_option = 225"], ids=["no-key", "another-number"])
def test_option_is_not_heeded_unasked(lab, options):
    by_option(lab, "direct")
    vm = lab.vm(lab.hostd(options=options))
    lab.check(vm, cmdline=REFERENCE)
    assert "PXELINUX" in vm.console.text()


def test_option_says_program(lab):
    by_option(lab, "program")
    vm = lab.vm(lab.hostd(options="boot_option = 224\n" + DIRECT))
    lab.check(vm, cmdline=REFERENCE)
    assert "PXELINUX" in vm.console.text()


def test_option_that_says_neither_is_named(lab):
    by_option(lab, "yes")
    hostd = lab.hostd(options="boot_option = 224")
    vm = lab.vm(hostd)
    lab.check(vm)
    assert 'DHCP option 224: "yes"' in hostd.text()
    assert 'neither "direct" nor "program"' in vm.console.text()


def test_boot_file_is_a_kernel(lab):
    """All by DHCP: the kernel is its boot file, the option has the command line."""
    by_option(lab, "direct console=ttyS0 initrd=init_task", filename="bzImage")
    (lab.root / "pxelinux.cfg" / "default").unlink()
    vm = lab.vm(lab.hostd(options="boot_option = 224\nappend = from_here"))
    lab.check(vm, cmdline="BOOT_IMAGE=bzImage from_here console=ttyS0 initrd=init_task")


# ---- where files come from -------------------------------------------------------------------------------------------


def http(lab, locations=""):
    lab.dhcpd()
    lab.tftpd()
    lab.add(Nginx(lab.net.server, lab.place("nginx"), lab.root, locations=locations))
    url = f"http://{SERVER_IP}"
    write_config(lab, f"DEFAULT a\nLABEL a\nLINUX {url}/bzImage\nAPPEND initrd={url}/init_task,init_task by=http\n")
    data = (lab.root / "init_task").read_bytes()
    both = data + bytes(-len(data) % 4) + data
    lab.initrd.length, lab.initrd.crc = len(both), zlib.crc32(both)
    vm = lab.vm(lab.hostd(options=DIRECT))
    lab.check(vm, cmdline="by=http")
    return vm.console.text()


def test_files_by_http(lab):
    assert "size unknown" not in http(lab)


def test_files_by_http_without_a_length(lab):
    """Chunked: nginx may change what it sends."""
    assert "bzImage, size unknown" in http(lab, "sub_filter_types *;\nsub_filter no-such-word other;")


def test_files_of_another_server(lab):
    """Not the boot server's: as the configuration names them."""
    lab.dhcpd(hosts=[dhcpd_host(extra="next-server 172.21.0.1;")])
    lab.tftpd()
    files = f"kernel = tftp://{SERVER_IP}/bzImage\ninitrd = tftp://{SERVER_IP}/init_task\nappend = elsewhere"
    lab.check(lab.vm(lab.hostd(options=files)), cmdline="elsewhere")


# ---- slow files, and servers that die --------------------------------------------------------------------------------


def slow_servers(lab, size=16 * MIB, rate="32mbit", **kw):
    """TFTP that takes about four seconds for the initrd."""
    lab.dhcpd()
    lab.initrd = make_initrd(lab.root / "init_task", size)
    lab.net.server.run(
        "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "4kb", "latency", "200ms"
    )
    return lab.tftpd(**kw)


def in_the_middle(vm):
    vm.wait(r" \d+ (of \d+ )?KiB ", 60)
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text()


def test_file_grows_slowly(lab):
    slow_servers(lab, 16 * MIB + 5)
    vm = lab.vm(lab.hostd(options=DIRECT))
    lab.check(vm)
    shown = re.findall(r" (\d+) of (\d+) KiB (\n)?", vm.console.text())
    assert len(shown) >= 2  # how often depends on how it comes
    length = str((lab.initrd.path.stat().st_size + 1023) // 1024)  # of both numbers what is begun counts
    assert shown[-1] == (length, length, "\n"), shown


def test_file_of_unknown_size_grows_slowly(lab):
    slow_servers(lab, 8 * MIB + 5, args=["-r", "tsize"])
    vm = lab.vm(lab.hostd(options=DIRECT))
    lab.check(vm)
    assert len(re.findall(r" \d+ KiB ", vm.console.text())) >= 2


def test_server_dies_and_comes_back(lab):
    tftpd = slow_servers(lab)
    vm = lab.vm(lab.hostd(options=DIRECT))
    in_the_middle(vm)
    tftpd.kill()
    time.sleep(2)
    tftpd.start()
    vm.wait("PVBOOT-KERNEL-ENTRY|" + NEXT_DEVICE_LINE + "|PXE-E", 120)
    lab.check(vm)


def test_server_dies_for_good(lab):
    tftpd = slow_servers(lab)
    vm = lab.vm(lab.hostd(options=DIRECT), args=with_disk(lab))
    in_the_middle(vm)
    tftpd.kill()
    fails(vm, "PXE-E35", "init_task", "next boot device")


def test_file_is_cut_while_it_is_fetched(lab):
    slow_servers(lab)
    vm = lab.vm(lab.hostd(options=DIRECT), args=with_disk(lab))
    in_the_middle(vm)
    os.truncate(lab.root / "init_task", 1 * MIB)
    fails(vm, "PXE-E39", "init_task")


def test_escape_while_a_file_comes(lab):
    slow_servers(lab)
    vm = lab.vm(lab.hostd(options=DIRECT), args=with_disk(lab))
    in_the_middle(vm)
    vm.qmp_connect().human("sendkey esc")
    fails(vm, "PXE-EA0")


def test_initrd_is_missing(lab):
    (lab.root / "init_task").unlink()
    lab.dhcpd()
    lab.tftpd()
    fails(lab.vm(lab.hostd(options=DIRECT), args=with_disk(lab)), "PXE-E3B", "init_task")


def test_no_server_for_the_plan(lab):
    """The configuration's server does not answer: said in words, and the boot program is not there either."""
    lab.dhcpd()
    fails(lab.vm(lab.hostd(options=DIRECT), args=with_disk(lab)), "no direct boot: ", "PXE-E")


def direct_servers(lab):
    lab.dhcpd()
    lab.tftpd()
    return lab.hostd(options=DIRECT)


# ---- hostd, and the machine ------------------------------------------------------------------------------------------


def test_hostd_restarts_before_the_plan(lab):
    """Between DISCOVER and PLAN's answer: the lease, and what was read from it, comes back from the device."""
    hostd = lab.hostd(options="boot_option = 224")
    lab.dhcpd(head=OPTION, hosts=[dhcpd_host(extra='option site-boot "direct";')])
    vm = lab.vm(hostd)
    hostd.wait("phase lease")
    time.sleep(0.3)
    hostd.kill()
    lab.tftpd()
    hostd.start()
    lab.check(vm, cmdline=REFERENCE)
    assert "PXELINUX" not in vm.console.text()


@pytest.mark.parametrize("args", [[], ["-r", "tsize"]], ids=["size", "no-size"])
def test_hostd_restarts_in_the_middle_of_a_file(lab, args):
    slow_servers(lab, args=args)
    hostd = lab.hostd(options=DIRECT)
    vm = lab.vm(hostd)
    in_the_middle(vm)
    hostd.kill()
    vm.wait("pvboot-hostd is gone", 30)
    hostd.start()
    lab.check(vm, timeout=180)


@pytest.mark.parametrize("bios", BIOSES)
def test_direct_after_a_boot_program(lab, bios):
    """What a boot program left of the ROM is not what the next boot runs: after a reset it is whole again."""
    hostd = direct_servers(lab)
    write_config(lab, "FROB\nDEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND initrd=init_task stay\n")
    vm = lab.own_vm(hostd, args=BIOSES[bios], bar=False, device_args=["--boot-first"])
    vm.wait("PVBOOT-KERNEL-END", 60)
    write_config(lab, "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND initrd=init_task second\n")
    vm.qmp_connect().execute("system_reset")
    lab.check(vm, cmdline="second", count=2)
    text = vm.device.text()
    assert text.count("phase nbp") == 1 and text.count("phase kernel") == 1, text


@pytest.mark.parametrize("bios", BIOSES)
def test_direct_in_ram(lab, bios):
    """The ROM in RAM, on both BIOSes: nothing of it stays behind."""
    hostd = direct_servers(lab)
    vm = lab.own_vm(hostd, args=BIOSES[bios], bar=False, device_args=["--boot-first"])
    report = lab.check(vm, cmdline=REFERENCE)
    assert report["base"] == 639 << 10, "the ROM left without giving its memory back"
    assert bios != "bochs" or report["e820"][0] == (0, 0x9F000, 1), "something of the ROM's is left in INT 15h"


def test_file_changes_while_it_is_read(lab):
    """A directory's file: what was read is compared when it is closed."""
    large = lab.root / "init_task"
    large.unlink()
    with open(large, "wb") as file:
        file.truncate(512 * MIB)
    hostd = lab.hostd(vms=f"[vm guest]\n{DIRECT}\nroot = {lab.root}\nallow_uid = any")
    vm = lab.vm(hostd, memory="1G", args=with_disk(lab))
    hostd.wait('opened "init_task"')
    os.utime(large)
    fails(vm, "PXE-E39", "init_task")
