# SPDX-License-Identifier: BSD-2-Clause
"""Debian's boot programs, put into a TFTP root unmodified, and the configurations that make them do something
provable."""
import shutil
import subprocess
from pathlib import Path

from lib.kernel import assemble
from lib.netns import SERVER_IP
from lib.servers import TOP

PEERS = TOP / "build" / "peers" / "nbp"
MODULES = Path("/usr/lib/syslinux/modules/bios")
MEMDISK = Path("/usr/lib/syslinux/memdisk")
LPXELINUX = Path("/usr/lib/PXELINUX/lpxelinux.0")
INSTALLER = next(PEERS.glob("debian-installer/usr/lib/debian-installer/images/*/amd64"), PEERS / "debian-installer")
FLOPPY_BYTES = 1440 * 1024
FLOPPY_MARK = b"PVBOOT-LAST-SECTOR"


def copy(source, root, name=None):
    """A file of the peers', or an absolute one, into the root."""
    target = root / (name or Path(source).name)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source if Path(source).is_absolute() else PEERS / source, target)
    return target


def modules(root, *names):
    """Syslinux modules and the libraries that they ask for."""
    for name in ("libcom32.c32", "libutil.c32", *names):
        copy(MODULES / name, root)


def pxelinux_config(root, text, below=""):
    directory = root / below / "pxelinux.cfg"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "default").write_text(text)


def floppy(root):
    """A floppy whose boot sector reads its last sector by INT 13h and prints the mark that it finds there."""
    image = bytearray(assemble("floppy"))
    image += bytes(FLOPPY_BYTES - len(image))
    image[-512 : -512 + len(FLOPPY_MARK)] = FLOPPY_MARK
    (root / "floppy.img").write_bytes(image)


def grub(root, config):
    """What grub-mknetdir makes (boot file grub/i386-pc/core.0), with a grub.cfg."""
    mknetdir = PEERS / "grub-common/usr/bin/grub-mknetdir"
    modules_at = PEERS / "grub-pc-bin/usr/lib/grub/i386-pc"
    command = [
        mknetdir, f"--net-directory={root}", "--subdir=grub", f"--directory={modules_at}", "--fonts=", "--locales=",
        "--themes=",
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    (root / "grub" / "grub.cfg").write_text(config)
    return "grub/i386-pc/core.0"


def ipxe_script(root, text):
    (root / "boot.ipxe").write_text("#!ipxe\n" + text)
    return f"http://{SERVER_IP}/boot.ipxe"


def installer(root, kind):
    """The Debian installer's netboot tree, text or gtk, as its package has it."""
    shutil.rmtree(root)
    shutil.copytree(INSTALLER / kind, root, symlinks=True)
