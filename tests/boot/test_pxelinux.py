# SPDX-License-Identifier: BSD-2-Clause
"""pxelinux.0 told to load its files by the FILE calls (a path prefix from hostd), and left as it is."""
import shutil

import pytest

from lib.kernel import make_initrd, make_kernel
from lib.servers import dhcpd_host
from lib.tftproot import PXELINUX, write_config

TOLD = "told to find its files at pvboot://172.21.0.2/"
BY_TFTP = "tftp: gave the boot program"
PREFIX = 'option path code 210 = text;\n'


def boots(lab, hostd, **kw):
    lab.check(lab.vm(hostd), **kw)
    return hostd.text()


def test_pxelinux_plain(lab):
    """By its own TFTP, and it sees nothing that the servers did not send."""
    lab.dhcpd()
    lab.tftpd()
    log = boots(lab, lab.hostd(options="pxelinux = plain"))
    assert TOLD not in log and f"{BY_TFTP} init_task" in log


def test_pxelinux_with_a_prefix_of_the_servers(lab):
    """Option 210 is the server's to set."""
    lab.dhcpd(
        head=PREFIX, hosts=[dhcpd_host(extra='option path "sub/"; option dhcp-parameter-request-list 1,3,54,67,210;')]
    )
    (lab.root / "sub").mkdir()
    for name in ("bzImage", "init_task", "ldlinux.c32", "pxelinux.cfg"):
        shutil.move(lab.root / name, lab.root / "sub" / name)
    lab.tftpd()
    log = boots(lab, lab.hostd())
    assert TOLD not in log and f"{BY_TFTP} sub/init_task" in log


def test_pxelinux_by_file(lab):
    log = boots(lab, lab.servers())
    assert TOLD in log and BY_TFTP not in log


@pytest.mark.parametrize("way", ["file", "plain"])
def test_pxelinux_names(lab, way):
    """A directory with a character that splits, an included configuration, names with other characters, a missing
    initrd's neighbour, and one of the server's root: the same files either way."""
    directory = lab.root / "a_b"
    directory.mkdir()
    for name in ("pxelinux.0", "ldlinux.c32", "pxelinux.cfg"):
        shutil.move(lab.root / name, directory / name)
    lab.kernel = make_kernel(directory / "x%41#y;z.0k", 256 * 1024)
    lab.initrd = make_initrd(lab.root / "root initrd".replace(" ", "+"), 300_001)
    (lab.root / "bzImage").unlink()
    (directory / "more.cfg").write_text(
        f"{'# more' * 900}\nLABEL kitten\nlinux x%41#y;z.0k\nappend initrd=::root+initrd serial.baud=115200\n"
    )
    # Both configurations are open at once, and of neither all has been read.
    padding = "# nothing\n" * 1000
    (directory / "pxelinux.cfg" / "default").write_text(f"INCLUDE more.cfg\n{padding}DEFAULT kitten\n")
    lab.dhcpd(hosts=[dhcpd_host(filename="a_b/pxelinux.0")])
    lab.tftpd()
    log = boots(lab, lab.hostd(options=f"pxelinux = {way}"))
    # "::" is TFTP, whatever the prefix.
    assert (f"{TOLD}a_b/" in log) == (way == "file") and f"{BY_TFTP} root+initrd" in log


def test_pxelinux_loads_another_boot_program(lab):
    """[DRV-36] Which sees the packets as the servers sent them: a second pxelinux.0 goes by TFTP."""
    shutil.copy(PXELINUX, lab.root / "again.0")
    config = lab.root / "pxelinux.cfg" / "default"
    config.write_text("DEFAULT again\nPROMPT 1\nTIMEOUT 20\nLABEL again\nkernel again.0\n")
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait("boot:", 60)
    write_config(lab.root)
    lab.check(vm)
    log = hostd.text()
    assert TOLD in log and 'opened "again.0"' in log and f"{BY_TFTP} init_task" in log


def test_lpxelinux_is_left_alone(lab):
    """It is named pxelinux.0, but its bytes tell."""
    shutil.copy("/usr/lib/PXELINUX/lpxelinux.0", lab.root / "pxelinux.0")
    hostd = lab.servers()
    lab.vm(hostd).wait("PXELINUX 6.04 lwIP", 60)
    assert TOLD not in hostd.text()
