# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernel as a guest, as tools/deps.sh has unpacked it."""
import shutil
import subprocess

from .kernel import SOURCES
from .servers import TOP
from .tftproot import APPEND, write_config
from .vm import PEERS

# Some kernels have some of them built in.
MODULES = (
    "virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover virtio_net".split()
)


def linux(lab, init):
    """What a lab's servers hand out is Debian's kernel, and an initramfs with its virtio drivers and this init."""
    shutil.copy(PEERS / "bzImage", lab.root / "bzImage")
    modules = [path for path in (PEERS / "modules" / f"{name}.ko" for name in MODULES) if path.exists()]
    assert modules[-1:] == [PEERS / "modules" / "virtio_net.ko"], "run tools/deps.sh check"
    command = [TOP / "tools" / "mkinitramfs.sh", lab.root / "init_task", SOURCES / init, *modules]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    write_config(lab.root, append=APPEND.replace("console=serial", "console=ttyS0"))
