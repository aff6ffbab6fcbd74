# SPDX-License-Identifier: BSD-2-Clause
"""A TFTP root as in the reference boot: pxelinux.0 from Debian's pxelinux, bzImage, init_task, pxelinux.cfg/default."""
import shutil
from pathlib import Path

PXELINUX = "/usr/lib/PXELINUX/pxelinux.0"
LDLINUX = "/usr/lib/syslinux/modules/bios/ldlinux.c32"
APPEND = "serial.baud=115200 console=serial initrd=init_task"


def make_root(path):
    """The directory with the boot program alone."""
    root = Path(path)
    (root / "pxelinux.cfg").mkdir(parents=True)
    shutil.copy(PXELINUX, root / "pxelinux.0")
    shutil.copy(LDLINUX, root / "ldlinux.c32")
    return root


def write_config(root, name="default", kernel="bzImage", append=APPEND):
    """pxelinux.cfg/NAME, as the reference boot has it."""
    text = f"DEFAULT kitten\nLABEL kitten\nkernel {kernel}\nappend {append}\n"
    (Path(root) / "pxelinux.cfg" / name).write_text(text)


def config_name(mac):
    """The name of a host's own configuration (hardware type 1)."""
    return "01-" + mac.replace(":", "-")
