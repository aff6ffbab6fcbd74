# SPDX-License-Identifier: BSD-2-Clause
"""The reference boot with a real kernel: Debian's, with a busybox initramfs that hashes a file it brought."""
import hashlib
import re
import shutil
import subprocess

from lib.kernel import noise
from lib.servers import GUEST_IP, TOP
from lib.tftproot import APPEND, write_config


def test_boot_reference_linux(lab):
    kernel = TOP / "build" / "peers" / "bzImage"
    assert kernel.exists(), f"{kernel} is missing: run tools/deps.sh check"
    shutil.copy(kernel, lab.root / "bzImage")
    payload = lab.place("payload")
    payload.write_bytes(noise(2 * 1024 * 1024 + 321, seed=11))
    subprocess.run(
        [
            TOP / "tools" / "mkinitramfs.sh", lab.root / "init_task", TOP / "tools" / "demo.init",
            payload.rename(lab.dir / "payload"),
        ],
        check=True, stdin=subprocess.DEVNULL,
    )
    # ipappend 1: pxelinux tells the kernel its address.
    write_config(lab.root, append=APPEND.replace("console=serial", "console=ttyS0") + "\nipappend 1")
    vm = lab.vm(lab.servers(), memory="512M")
    assert vm.wait_exit(240) == 0
    text = vm.console.text()
    assert re.search("demo: marker", text), vm.console.tail()
    assert f"demo: address {GUEST_IP}" in text, vm.console.tail()
    assert (
        f"demo: sha256 {hashlib.sha256(noise(2 * 1024 * 1024 + 321, seed=11)).hexdigest()}" in text
    ), vm.console.tail()
