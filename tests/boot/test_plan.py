# SPDX-License-Identifier: BSD-2-Clause
"""Boot plans against pxelinux.0 itself: for the same configuration, the command line and the initrd that the stub
kernel was given by pxelinux.0 are those that `pvboot plan` says."""
import shutil
import subprocess
import zlib

import pytest

from lib.kernel import SETUP_BYTES, check_report, make_initrd
from lib.netns import SERVER_IP, Process
from lib.pvboot import PVBOOT, pvboot_run
from lib.servers import GUEST_IP, TOP, dhcpd_host
from lib.servers import MAC as GUEST_MAC

MODULES = "/usr/lib/syslinux/modules/bios"
UUID = "12345678-1234-4678-9abc-def012345678"
MAC = "52:54:00:aa:bb:cc"
PAD = 4  # syslinux.cfg(5) says 4 KiB
TIMES = "TIMEOUT 5\n"

# Configurations, each with what it shows.
CASES = {
    "append": "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND one two initrd=i1\n",
    "nothing-appended": "DEFAULT a\nLABEL a\nKERNEL bzImage\n",
    "blanks-and-quotes": 'DEFAULT a\nLABEL a\n\tKERNEL   bzImage  x   y\n'
    '  APPEND \t one   "two  2" \'3\' \\ ro --- quiet \t \n',
    "linux-and-initrd": "DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD i1,i2,i1\nAPPEND ro\n",
    "initrd-twice": "DEFAULT a\nLABEL a\nKERNEL bzImage\nINITRD i1\nAPPEND x initrd=i2 y initrd=i3\n",
    "initrd-in-a-word": "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND x noinitrd=i2,i1\n",
    "initrd-before-a-tab": "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND x initrd=i2\ty\n",
    "sysappend": "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND x\nINITRD i1\nSYSAPPEND 0x40007\n",
    "ipappend-global": "IPAPPEND 2\nAPPEND from above\nDEFAULT a\nLABEL a\nKERNEL bzImage\nLABEL b\nAPPEND -\n",
    "append-dash": "APPEND from above\nDEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND -\nIPAPPEND 1\n",
    "default-with-options": "DEFAULT a single  3 \nLABEL a\nKERNEL bzImage\nAPPEND x\nIPAPPEND 2\n",
    "implicit": "SYSAPPEND 3\nDEFAULT bzImage ro initrd=i1  x\nLABEL a\nKERNEL i1\n",
    "implicit-no-options": "ALLOWOPTIONS 0\nSYSAPPEND 2\nDEFAULT bzImage ro initrd=i1\n",
    "label-is-the-kernel": "DEFAULT bzImage\nLABEL bzImage\nAPPEND yes\n",
    "label-twice": "DEFAULT a\nLABEL a\nKERNEL bzImage\nAPPEND one\nLABEL a\nKERNEL bzImage\nAPPEND two\n",
    "carriage-returns": "DEFAULT a\r\nLABEL a\r\nKERNEL bzImage\r\nAPPEND one\r\n",
    "include": "INCLUDE inc.cfg\nINCLUDE missing.cfg\nDEFAULT a\n",
    "on-timeout": "PROMPT 1\n" + TIMES + "DEFAULT a\nONTIMEOUT b more\nLABEL a\nLABEL b\nKERNEL bzImage\nAPPEND x\n",
    "prompt": "PROMPT 1\n" + TIMES + "DEFAULT b\nLABEL a\nLABEL b\nKERNEL bzImage\nAPPEND x\n",
    "menu": "UI menu.c32\n"
    + TIMES
    + "LABEL a\nKERNEL i1\nLABEL b\nMENU DEFAULT\nKERNEL bzImage\nAPPEND x\nINITRD i1\nIPAPPEND 3\n",
    "menu-first": "DEFAULT menu.c32\n" + TIMES + "LABEL a\nKERNEL bzImage\nAPPEND first\nLABEL b\nKERNEL i1\n",
    "menu-default": "UI menu.c32\nDEFAULT b\n"
    + TIMES
    + "LABEL a\nMENU DEFAULT\nKERNEL i1\nLABEL b\nLINUX bzImage\nAPPEND x\n",
    "menu-by-label": "DEFAULT m\n"
    + TIMES
    + "LABEL a\nKERNEL i1\nLABEL m\nMENU HIDE\nKERNEL menu.c32\nLABEL b\nMENU DEFAULT\nKERNEL bzImage\n",
    "menu-by-com32": "DEFAULT m\n" + TIMES + "LABEL b\nKERNEL bzImage\nAPPEND z\nLABEL m\nMENU HIDE\nCOM32 menu.c32\n",
    "menu-on-timeout": "UI menu.c32\nONTIMEOUT b 1\n"
    + TIMES
    + "LABEL a\nKERNEL i1\nLABEL b\nLINUX bzImage\nAPPEND x\n",
}


@pytest.fixture
def root(lab):
    """The stub kernel and three small initrds; menu.c32 and what it needs."""
    make_initrd(lab.root / "i1", 5001, seed=11)
    make_initrd(lab.root / "i2", 4096, seed=12)
    make_initrd(lab.root / "i3", 1, seed=13)
    (lab.root / "inc.cfg").write_text("LABEL a\nKERNEL bzImage\nAPPEND included\n")
    for module in ("menu.c32", "libutil.c32", "libcom32.c32"):
        shutil.copy(f"{MODULES}/{module}", lab.root)
    return lab.root


def boot(lab, *options):
    """The report of the stub kernel that pxelinux.0 started."""
    process = Process(
        pvboot_run(None, "--root", lab.root, *options, qemu=["-accel", "tcg"]), log=lab.place("run.log"),
        env={"TERM": "dumb"},
    )
    try:
        assert process.wait(60) == 0, process.text()[-2000:]
        return process.text().replace("\r", "")
    finally:
        process.kill()


def plan(root, *options):
    """What `pvboot plan` says: (kernel, initrds, command line) of what is booted when nobody does anything."""
    result = subprocess.run(
        [PVBOOT, "plan", "--root", root, *options], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    lines = result.stdout.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith(("boots ", "then boots "))), None)
    assert start is not None, result.stdout
    kernel, initrds = None, []
    for line in lines[start + 1 :]:
        word, _, rest = line[2:].partition(" ")
        rest = rest[7 - len(word) :]
        if word == "kernel":
            kernel = rest
        elif word == "initrd":
            initrds.append(rest)
        elif word == "append":
            return kernel, initrds, rest[1:-1]
    raise AssertionError(result.stdout)


def concatenate(files):
    """As the kernel is to find them: each but the last padded."""
    data = b""
    for file in files:
        data += bytes(-len(data) % PAD) + file.read_bytes()
    return data


def compare(lab, *options):
    kernel, initrds, append = plan(lab.root, *options)
    report = check_report(boot(lab, *options), lab.kernel)
    # A tab is printed as it is by the one and as ? by the other.
    assert append == report["cmdline"].replace("\t", "?")
    assert zlib.crc32((lab.root / kernel).read_bytes()[SETUP_BYTES:]) == lab.kernel.crc
    data = concatenate([lab.root / name for name in initrds])
    if data:
        assert report["initrd"][1:] == (len(data), zlib.crc32(data))
    else:
        assert report["initrd"][1] == 0
    return report


@pytest.mark.parametrize("case", CASES)
def test_plan_is_what_pxelinux_does(lab, root, case):
    (root / "pxelinux.cfg" / "default").write_text(CASES[case], newline="")
    compare(lab, "--mac", MAC, "--uuid", UUID)


SEARCH = ["78563412-3412-7846-9abc-def012345678", "01-52-54-00-aa-bb-cc", "0A00020F", "0A0002", "0", "default"]


@pytest.mark.parametrize("name", SEARCH)
def test_plan_reads_the_file_that_pxelinux_reads(lab, root, name):
    """The first of the search that is there."""
    for file in SEARCH[SEARCH.index(name) :]:
        (root / "pxelinux.cfg" / file).write_text(f"DEFAULT bzImage file={file}\n")
    assert f"file={name}" in compare(lab, "--mac", MAC, "--uuid", UUID)["cmdline"]


def test_plan_names_are_behind_the_prefix(lab, root):
    below = root / "below"
    shutil.copytree(root, below)
    make_initrd(below / "i1", 777, seed=14)
    (root / "bzImage").unlink()
    config = "DEFAULT b\nINCLUDE ::inc.cfg\nLABEL b\nKERNEL /bzImage\nINITRD i1,::i1,/i2\n"
    (below / "pxelinux.cfg" / "default").write_text(config)
    compare(lab, "--boot-file", "below/pxelinux.0")


ROUTERS = {"none": ("", "0.0.0.0"), "one": ("172.21.0.9", "172.21.0.9"), "two": ("172.21.0.9, 172.21.0.8", "0.0.0.0")}


@pytest.mark.parametrize("routers", ROUTERS)
def test_plan_of_a_lease(lab, root, routers):
    """SYSAPPEND, from a DHCP server: of several routers pxelinux takes none."""
    (root / "pxelinux.cfg" / "default").write_text("DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD init_task\nSYSAPPEND 7\n")
    option, router = ROUTERS[routers]
    lab.dhcpd(hosts=[dhcpd_host(extra=f"option routers {option};" if option else "")])
    lab.tftpd()
    report = lab.check(lab.vm(lab.hostd()))
    where = ["--ip", GUEST_IP, "--server", SERVER_IP, "--router", router, "--netmask", "255.255.0.0"]
    assert plan(root, "--mac", GUEST_MAC, *where)[2] == report["cmdline"]
    assert f":{router}:" in report["cmdline"]


def command(*words):
    return subprocess.run(
        [PVBOOT, "plan", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )


def test_plan_command_refuses(lab, root):
    default = root / "pxelinux.cfg" / "default"
    assert command().returncode == 2
    assert command("--root", root, "--mac", "52:54:00:*").returncode == 2
    assert command("--root", root, "one", "two").returncode == 2
    assert command("--root", lab.dir / "nowhere").returncode == 1
    assert command(lab.dir / "nowhere.cfg").returncode == 1
    assert command("--root", root).returncode == 0
    default.unlink()
    said = command("--root", root)
    assert said.returncode == 3
    assert "pxelinux.cfg/default" in said.stderr
    default.write_text("DEFAULT a\nLABEL a\nFROB\n")
    said = command("--root", root)
    assert (said.returncode, said.stdout.splitlines()[-1]) == (
        4, "cannot be booted directly: pxelinux.cfg/default:3: FROB: this is not understood",
    )


def test_plan_command_says_what_is_missing(lab, root):
    (root / "pxelinux.cfg" / "default").write_text("DEFAULT a\nLABEL a\nLINUX bzImage\nINITRD i1,i9\n")
    said = command("--root", root)
    assert said.returncode == 5
    assert '"i9"' in said.stdout
    assert '"i1"' not in said.stdout


def test_plan_command_stays_below_its_root(lab, root):
    (lab.dir / "outside.cfg").write_text("DEFAULT bzImage secret\n")
    (root / "pxelinux.cfg" / "default").write_text("INCLUDE ../outside.cfg\n")
    said = command("--root", root)
    assert said.returncode == 4
    assert "leads out of" in said.stderr
    (root / "pxelinux.cfg" / "default").unlink()
    (root / "pxelinux.cfg" / "default").symlink_to("../../outside.cfg")
    said = command("--root", root)
    assert "secret" not in said.stdout


def test_plan_command_of_a_file(lab, root):
    """What it names is beside it, or above its pxelinux.cfg."""
    assert command(root / "pxelinux.cfg" / "default").returncode == 0
    (root / "here.cfg").write_text("INCLUDE inc.cfg\nDEFAULT a\n")
    said = command(root / "here.cfg")
    assert (said.returncode, "included" in said.stdout) == (0, True)


def test_plan_of_the_debian_installer(tmp_path):
    """Its vesamenu needs the boot program; the configurations are Debian's own, if its package is unpacked in
    build/peers."""
    roots = list(TOP.glob("build/peers/debian-installer/**/images/*/amd64/text"))
    if not roots:
        pytest.skip("the configurations of Debian's installer are not below build/peers")
    run = [PVBOOT, "plan", "--root", roots[0]]
    said = subprocess.run(run, stdout=subprocess.PIPE, text=True)
    assert said.returncode == 4
    assert "cannot be booted directly: pxelinux.cfg/default:" in said.stdout
    assert "vesamenu.c32" in said.stdout
    # Its entries alone are fine: txt.cfg has "install", the screens of its menu are passed over.
    said = subprocess.run(
        run + [roots[0] / "debian-installer/amd64/boot-screens/txt.cfg"], stdout=subprocess.PIPE, text=True
    )
    assert (
        "append  \"BOOT_IMAGE=debian-installer/amd64/linux vga=788 initrd=debian-installer/amd64/initrd.gz --- quiet "
        in said.stdout
    )
