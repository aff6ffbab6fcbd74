# SPDX-License-Identifier: BSD-2-Clause
"""What the names of files in a pxelinux.cfg mean: pxelinux.0 with its own TFTP, pxelinux.0 with the FILE calls, and a
direct boot ask a TFTP server for the same files."""
import zlib

import pytest

from lib.kernel import check_report, make_initrd
from lib.netns import SERVER_IP
from lib.tftproot import write_config

# A name as it is written -> the file of the server.  Written down from what pxelinux.0 6.04 asks for.
NAMES = {
    "relative%20a;b#c": "relative%20a;b#c",
    "::colons%20a;b#c": "colons%20a;b#c",
    f"{SERVER_IP}::server%20a;b#c": "server%20a;b#c",
    f"tftp://{SERVER_IP}/lower%20a;mode=octet": "lower a",
    f"TFTP://{SERVER_IP}/upper%20a;mode=octet": "upper a",
    f"tftp://{SERVER_IP}/percent%2541%3b%zz%4": "percent%41;%zz%4",
    f"tftp://{SERVER_IP}/fragment?a=b#c": "fragment?a=b",
    f"TFTP://{SERVER_IP}:69/upper-fragment#c": "upper-fragment",
    f"tftp://{SERVER_IP}:/zero%00b": "zero",
    "tftp:///no-server": "no-server",
}
PAD = 4
WAYS = {"plain": "pxelinux = plain", "file": "", "direct": "boot = direct"}


@pytest.mark.parametrize("way", WAYS)
def test_pxelinux_urls_mean_the_same(lab, way):
    """Each file has bytes of its own, and together they are the kernel's initrd."""
    wanted = b""
    for seed, name in enumerate(NAMES.values()):
        make_initrd(lab.root / name, 1000 + seed, seed=40 + seed)
        wanted += bytes(-len(wanted) % PAD) + (lab.root / name).read_bytes()
    write_config(lab.root, append="serial.baud=115200 console=serial")
    config = lab.root / "pxelinux.cfg" / "default"
    config.write_text(config.read_text() + f"initrd {','.join(NAMES)}\n")
    lab.dhcpd()
    lab.tftpd()
    vm = lab.vm(lab.hostd(options=WAYS[way]))
    assert vm.wait_exit(120) == 0, vm.console.tail()
    report = check_report(vm.console.text(), lab.kernel)
    assert ("PXELINUX" in vm.console.text()) == (way != "direct")
    assert report["initrd"][1:] == (len(wanted), zlib.crc32(wanted))
