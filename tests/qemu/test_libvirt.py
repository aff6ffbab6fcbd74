# SPDX-License-Identifier: BSD-2-Clause
"""docs/libvirt.md and its examples, with a real libvirtd: defined, started, their console read, destroyed.  TCG, for
tests have no KVM."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lib.kernel import check_report
from lib.netns import stop_all, wait_for
from lib.pvboot import BUILD
from lib.servers import MAC, TOP
from lib.tftproot import APPEND, write_config
from libvirtd import EXAMPLES, THERE, Activated, Libvirtd
from machines import PROGRAMS

WHOLE = os.environ.get("PVBOOT_TEST_QEMU") == "all"
DOCUMENT = TOP / "docs" / "libvirt.md"
ENTERED = r"^PVBOOT-KERNEL-END$"
INSTALLED = "/usr/local/share/pvboot/"

assert THERE or not WHOLE, "no libvirtd: run tools/deps.sh check-qemu"
# It takes half a minute to know its QEMU: too long for make check.
pytestmark = pytest.mark.skipif(not WHOLE, reason="only in make check-qemu")


@pytest.fixture(autouse=True)
def nothing_left_running():
    """libvirtd stays for the whole module; what else a test starts ends with its lab."""
    yield


@pytest.fixture(scope="module")
def libvirtd():
    with tempfile.TemporaryDirectory(prefix="pvboot-test-") as directory:
        Path(directory).chmod(0o755)
        with Libvirtd(Path(directory) / "libvirtd") as it:
            yield it
        stop_all()


def hostd_for(lab, domain):
    """The reference servers, and a hostd with the section that docs/libvirt.md has for all domains; vfio-user has no
    card."""
    lab.dhcpd()
    lab.tftpd()
    for_all = re.search(r"^       (mac = card .*)$", DOCUMENT.read_text(), re.M)[1]
    own = (
        f"[vm pvboot-vfio]\ninterface = {lab.net.ifname}\nmac = {MAC}\nallow_uid = any\n"
        if domain == "pvboot-vfio"
        else ""
    )
    return lab.hostd(vms=own, options=for_all)


def adapt(text, emulator=None):
    """An example as this machine has it: no KVM, nothing installed."""
    text = text.replace("<domain type='kvm'", "<domain type='qemu'").replace(INSTALLED, f"{BUILD}/")
    text = re.sub(r"<mac address='.*?'/>", f"<mac address='{MAC}'/>", text)
    return text.replace("<devices>", f"<devices>\n    <emulator>{emulator}</emulator>") if emulator else text


def define(lab, libvirtd, name, emulator=None):
    path = lab.place("xml") / f"{name}.xml"
    path.parent.mkdir()
    path.write_text(adapt((EXAMPLES / f"{name}.xml").read_text(), emulator))
    return libvirtd.virsh("define", path)


def is_over(libvirtd, domain, device):
    """Destroyed and gone, and the device process with its QEMU."""
    assert libvirtd.virsh("destroy", domain) == f"Domain '{domain}' destroyed"
    assert libvirtd.virsh("domstate", domain) == "shut off"
    wait_for(lambda: not device.process.alive(), 10, "the end of the device process")
    libvirtd.virsh("undefine", domain)


@pytest.mark.parametrize("name", ["pc", "q35"])
def test_libvirt_example_boots(lab, libvirtd, name):
    domain = f"pvboot-{name}"
    device = lab.add(Activated(libvirtd, "pvboot-device", domain, hostd_for(lab, domain)))
    write_config(lab.root, append=f"{APPEND} stay")
    define(lab, libvirtd, name)
    shown = libvirtd.on_terminal(["virsh", "start", "--console", domain], until=ENTERED)
    check_report(shown, lab.kernel, lab.initrd)
    log = libvirtd.command("cat", f"/var/log/libvirt/qemu/{domain}.log")
    assert (
        '"share":true' in log
        and "vhost-user" in log
        and "qemu:commandline" not in (EXAMPLES / f"{name}.xml").read_text()
    )
    is_over(libvirtd, domain, device)


def test_libvirt_vfio_user_example_boots(lab, libvirtd):
    """By <qemu:commandline>, with a QEMU that has vfio-user-pci."""
    domain = "pvboot-vfio"
    device = lab.add(Activated(libvirtd, "pvboot-device-vfio", domain, hostd_for(lab, domain)))
    write_config(lab.root, append=f"{APPEND} stay")
    define(lab, libvirtd, "q35-vfio-user", PROGRAMS["newest"])
    shown = libvirtd.on_terminal(["virsh", "start", "--console", domain], until=ENTERED)
    check_report(shown, lab.kernel, lab.initrd)
    is_over(libvirtd, domain, device)


def test_libvirt_virt_install_makes_the_example(libvirtd):
    """docs/libvirt.md's virt-install: what it makes has all that matters of q35.xml."""
    command = re.search(r"^    virt-install (.*?[^\\])$", DOCUMENT.read_text(), re.M | re.S)[1].replace("\\\n", " ")
    made = libvirtd.command("virt-install", *shlex.split(command), "--print-xml", "--dry-run", "--virt-type", "qemu")
    for line in re.findall(
        r"^ +(<(?:memoryBacking|source |access |model |boot |rom |bios |reconnect ).*)$",
        (EXAMPLES / "q35.xml").read_text(), re.M,
    ):
        assert re.sub(r"/?>.*", "", line).rstrip() in re.sub(r"vm1\.sock", "pvboot-q35.sock", made).replace(
            '"', "'"
        ), f"{line} is not in {made}"


# ---- the transcript --------------------------------------------------------------------------------------------------


def as_read(shown):
    """What a terminal showed, as one reads it: without what was overwritten, empty lines, and what differs from time to
    time."""
    lines = [
        line.rstrip("\r").rsplit("\r", 1)[-1].rstrip()
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc", "", shown).split("\n")
    ]
    lines = [
        line
        for line in lines
        if line and not line.startswith(("[ ", "Authorization not available", "WARNING: Image format"))
    ]
    text = "\n".join(lines)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "c0e2a9d0-1ba0-4a8c-a4a5-d0f2e0a2f6a1", text)
    return re.sub(r"^ +\d+( +pvboot-q35)", r" 1\1", text, flags=re.M)


def test_libvirt_transcript_is_what_virsh_prints(lab, libvirtd):
    """PVBOOT_TEST_WRITE=1 puts it into the document."""
    domain = "pvboot-q35"
    device = lab.add(Activated(libvirtd, "pvboot-device", domain, hostd_for(lab, domain)))
    shutil.copy(TOP / "build" / "peers" / "bzImage", lab.root / "bzImage")
    subprocess.run(
        [TOP / "tools" / "mkinitramfs.sh", lab.root / "init_task", TOP / "tests" / "qemu" / "hello.init"], check=True
    )
    write_config(lab.root, append="initrd=init_task console=ttyS0 quiet loglevel=0")
    path = lab.dir / "q35.xml"
    path.write_text(adapt((EXAMPLES / "q35.xml").read_text()))
    said = []

    def run(command, until=None):
        words = ["env", "-C", lab.dir, *command.split()]
        said.append(f"# {command}")
        said.append(as_read(libvirtd.on_terminal(words, until) if until else libvirtd.command(*words)))

    run("virsh define q35.xml")
    run(f"virsh start --console {domain}", until=r"^hello: .* booted$")
    run("virsh list")
    run(f"virsh destroy {domain}")
    run(f"virsh undefine {domain}")
    wait_for(lambda: not device.process.alive(), 10, "the end of the device process")
    transcript = "\n".join(said) + "\n"
    text = DOCUMENT.read_text()
    shown = re.search(r"^```transcript\n(.*?)^```$", text, re.M | re.S)
    if os.environ.get("PVBOOT_TEST_WRITE"):
        DOCUMENT.write_text(text[: shown.start(1)] + transcript + text[shown.end(1) :])
    else:
        assert transcript == shown[1]
