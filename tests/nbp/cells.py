# SPDX-License-Identifier: BSD-2-Clause
"""The matrix: boot programs, the servers each meets, and the proof that it did its work."""
import re
from dataclasses import dataclass
from typing import Callable

import programs
import pxetest
from lib.kernel import NBP_DESTINATION, NEXT_DEVICE_LINE, make_disk, make_nbp, noise
from lib.netns import SERVER_IP
from lib.servers import GUEST_IP, MAC
from lib.tftproot import write_config
from screen import press, text_screen, type_text, wait_drawn_text, wait_picture, wait_screen
from world import World


ABSOLUTE = (
    "KERNEL ::bzImage\nAPPEND initrd=::init_task console=ttyS0"  # for a pxelinux.0 whose prefix is another directory
)
KERNEL_APPEND = "initrd=init_task console=ttyS0"
HTTP = f"http://{SERVER_IP}"
BASE_KIB = 639  # of SeaBIOS
ROM_KIB = 44  # the most that the ROM takes
MEMDISK_KIB = 3  # what memdisk says it allocates
MENU_TITLE = "Sesame Street"


@dataclass
class Cell:
    """One line of the matrix.  run(world) raises AssertionError if the proof is not there."""

    program: str
    proof: str
    run: Callable
    dhcp: str = "dhcpd"
    tftp: str = "tftpd-hpa"
    http: bool = False
    machine: str = "pc"
    link: str = "plain"
    undi: bool = False
    quick: bool = False
    long: bool = False
    seconds: int = 120
    pxe_group: str = ""  # of pxetest.0: the world is a PxeLab

    def boot(self, directory):
        """Do it all; raises AssertionError, or whatever else went wrong."""
        if self.pxe_group:
            with pxetest.PxeLab(directory, frames=self.undi) as lab:
                self.run(lab)
            return
        with World(directory, self.dhcp, self.tftp, self.http, self.machine, self.link, self.undi) as world:
            world.seconds = self.seconds
            self.run(world)

    @property
    def server(self):
        return "+".join([self.dhcp, self.tftp] + (["nginx"] if self.http else []))


# ---- what proves a boot ----------------------------------------------------------------------------------------------


def check_kernel(world, vm, cmdline=None, unloaded=None):
    """The stub kernel got every byte; unloaded: whether the ROM's base memory is to be free again, None where the boot
    program may do with it as it likes."""
    report = world.check(vm, timeout=world.seconds, cmdline=cmdline)
    if unloaded is not None:
        assert (report["base"] == BASE_KIB * 1024) == unloaded, f"base memory: {report['base']}"
    return report


def next_device(world, vm):
    vm.wait(NEXT_DEVICE_LINE, world.seconds)
    assert vm.wait_exit(20) == 0


def with_disk(world):
    disk = make_disk(world.dir / "disk.img")
    return ["-drive", f"file={disk},format=raw,if=ide"]


# ---- pxelinux.0 ------------------------------------------------------------------------------------------------------


def pxelinux_kernel(world):
    write_config(world.root, append=KERNEL_APPEND)
    check_kernel(world, world.boot(world.serve()), "BOOT_IMAGE=bzImage", unloaded=True)


def pxelinux_http(world):
    """Option 210 with a URL: pxelinux opens all by the FILE group, and the host is the HTTP client."""
    write_config(world.root, append=KERNEL_APPEND)
    check_kernel(world, world.boot(world.serve(options={210: HTTP + "/"})), "BOOT_IMAGE=bzImage", unloaded=True)
    asked(world, "/init_task")


def menu(module, wait):
    def run(world):
        programs.modules(world.root, module, "libmenu.c32")
        text = f"UI {module}\nMENU TITLE {MENU_TITLE}\n"
        for name in ("Bert", "Ernie", "Grover"):
            text += f"LABEL {name}\n  MENU LABEL Boot {name}\n  KERNEL bzImage\n  APPEND {KERNEL_APPEND} who={name}\n"
        programs.pxelinux_config(world.root, text)
        vm = world.boot(world.serve())
        wait(vm, rf"(?s){MENU_TITLE}.*Boot Bert.*Boot Ernie.*Boot Grover", world.seconds)
        press(vm, "down", "ret")
        check_kernel(world, vm, "who=Ernie")

    return run


def pxechn(world):
    """pxechn.c32 fetches a second pxelinux.0, below another directory, which finds that directory's configuration."""
    programs.modules(world.root, "pxechn.c32")
    programs.copy("/usr/lib/PXELINUX/pxelinux.0", world.root, "second/pxelinux.0")
    programs.copy(programs.MODULES / "ldlinux.c32", world.root, "second/ldlinux.c32")
    programs.pxelinux_config(
        world.root, f"DEFAULT c\nLABEL c\nKERNEL pxechn.c32\nAPPEND {SERVER_IP}::second/pxelinux.0\n"
    )
    programs.pxelinux_config(world.root, f"DEFAULT s\nLABEL s\n{ABSOLUTE} chained\n", "second")
    check_kernel(world, world.boot(world.serve()), "chained")


def chain_disk(world):
    programs.modules(world.root, "chain.c32")
    programs.pxelinux_config(world.root, "DEFAULT d\nLABEL d\nKERNEL chain.c32\nAPPEND hd0\n")
    next_device(world, world.boot(world.serve(), args=with_disk(world)))


def localboot(argument):
    def run(world):
        programs.pxelinux_config(world.root, f"DEFAULT d\nLABEL d\nLOCALBOOT {argument}\n")
        vm = world.boot(world.serve(), args=with_disk(world))
        next_device(world, vm)
        assert "Booting from local disk" in vm.console.text() or argument, vm.console.tail()

    return run


def keeppxe(world):
    write_config(world.root, append=KERNEL_APPEND + " keeppxe")
    check_kernel(world, world.boot(world.serve()), unloaded=False)


def program_by_pxelinux(world):
    """pxelinux loads a second boot program, which reads a file by the API that pxelinux left to it."""
    data = noise(1024 * 1024 + 77, seed=5)
    make_nbp(world.root / "nbp.0")
    (world.root / "payload.bin").write_bytes(data)
    programs.pxelinux_config(world.root, "DEFAULT n\nLABEL n\nKERNEL nbp.0\n")
    vm = world.boot(world.serve())
    done = vm.wait(r"PVBOOT-NBP-DONE (\w+) (\w+) (\w+)", world.seconds)
    assert [int(x, 16) for x in done.groups()] == [0, 0, len(data)], done[0]
    assert (
        vm.qmp_connect().memory(NBP_DESTINATION, len(data), vm.dir / "memory") == data
    ), "the file in memory is another"


def ipappend(world):
    write_config(world.root, append=KERNEL_APPEND + "\nipappend 3")
    report = check_kernel(world, world.boot(world.serve()))
    assert f"ip={GUEST_IP}:{SERVER_IP}:" in report["cmdline"], report["cmdline"]
    assert f"BOOTIF=01-{MAC.replace(':', '-')}" in report["cmdline"], report["cmdline"]


def memdisk(world):
    """The floppy's sectors are right, and PXE is gone, with its memory back, before memdisk looks for room."""
    programs.copy(programs.MEMDISK, world.root)
    programs.floppy(world.root)
    programs.pxelinux_config(world.root, "DEFAULT f\nLABEL f\nKERNEL memdisk\nINITRD floppy.img\n")
    vm = world.boot(world.serve())
    said = vm.wait(r"PVBOOT-FLOPPY +(\S+) (\w{4}) (\w+)", world.seconds)
    assert said[1].encode() == programs.FLOPPY_MARK and said[3] == "none", said[0]
    # SeaBIOS's memory map goes on reserving what 0:413h gave back, and memdisk heeds it.
    assert int(said[2], 16) >= BASE_KIB - ROM_KIB - MEMDISK_KIB, f"more base memory is gone than the ROM's: {said[0]}"
    assert vm.wait_exit(20) == 0


def memtest(world):
    boot = programs.PEERS / "memtest86+/boot"
    current = boot / "mt86+x64"  # its name since version 8
    programs.copy(current if current.exists() else boot / "memtest86+x64.bin", world.root, "memtest")
    programs.pxelinux_config(world.root, "DEFAULT m\nLABEL m\nKERNEL memtest\n")
    vm = world.boot(world.serve(), memory="64M")
    wait_screen(vm, r"(?s)Memtest86\+.*Test #\d.*Testing: +\S+", world.seconds)
    wait_screen(vm, r"Test +[1-9]\d?%|Pass +[1-9]\d?%", world.seconds)


# ---- lpxelinux.0 -----------------------------------------------------------------------------------------------------


def lpxelinux(prefix=None):
    def run(world):
        programs.copy(programs.LPXELINUX, world.root)
        write_config(world.root, append=KERNEL_APPEND)
        options = {210: prefix} if prefix else {}
        check_kernel(world, world.boot(world.serve("lpxelinux.0", options=options)))
        asked(world, "/init_task") if prefix else None

    return run


def asked(world, uri):
    """nginx sent this file."""
    lines = [line for log in world.dir.rglob("access.log") for line in log.read_text().splitlines()]
    assert any(line.startswith(f"GET {uri} 200") for line in lines), f"nginx was asked for:\n" + "\n".join(lines)


# ---- GRUB ------------------------------------------------------------------------------------------------------------

GRUB_HEAD = "serial --unit=0\nset timeout=0\n"


def grub_kernel(device):
    def run(world):
        load = f"linux16 {device}/bzImage {KERNEL_APPEND}\ninitrd16 {device}/init_task\nboot\n"
        boot = programs.grub(world.root, GRUB_HEAD + "insmod http\n" + load)
        check_kernel(world, world.boot(world.serve(boot)), "console=ttyS0")
        asked(world, "/init_task") if "http" in device else None

    return run


def grub_pxechain(world):
    """pxelinux.0 looks below the directory of the boot file that DHCP named, which is GRUB's."""
    boot = programs.grub(world.root, GRUB_HEAD + "insmod pxechain\npxechainloader (tftp)/pxelinux.0\nboot\n")
    below = boot.rsplit("/", 1)[0]
    programs.copy(programs.MODULES / "ldlinux.c32", world.root, f"{below}/ldlinux.c32")
    programs.pxelinux_config(world.root, f"DEFAULT g\nLABEL g\n{ABSOLUTE}\n", below)
    check_kernel(world, world.boot(world.serve(boot)), "BOOT_IMAGE=::bzImage", unloaded=True)


# ---- iPXE ------------------------------------------------------------------------------------------------------------


def undionly(name):
    def run(world):
        programs.copy(f"ipxe/usr/lib/ipxe/{name}", world.root)
        script = f"kernel {HTTP}/bzImage {KERNEL_APPEND}\ninitrd {HTTP}/init_task\nboot\n"
        vm = world.boot(world.serve(name, again=programs.ipxe_script(world.root, script)))
        check_kernel(world, vm, "console=ttyS0")
        asked(world, "/init_task")

    return run


def undionly_pxelinux(world):
    """pxelinux.0 on iPXE's PXE API on ours."""
    programs.copy("ipxe/usr/lib/ipxe/undionly.kpxe", world.root)
    write_config(world.root, append=KERNEL_APPEND)
    vm = world.boot(world.serve("undionly.kpxe", again="pxelinux.0"))
    check_kernel(world, vm, "BOOT_IMAGE=bzImage")


def pxelinux_undionly_pxelinux(world):
    """Three boot programs, each started by the one before, which keeps the API for it."""
    programs.copy("ipxe/usr/lib/ipxe/undionly.kpxe", world.root, "undionly.0")
    programs.copy("/usr/lib/PXELINUX/pxelinux.0", world.root, "second/pxelinux.0")
    programs.copy(programs.MODULES / "ldlinux.c32", world.root, "second/ldlinux.c32")
    programs.pxelinux_config(world.root, "DEFAULT u\nLABEL u\nKERNEL undionly.0\n")
    programs.pxelinux_config(world.root, f"DEFAULT s\nLABEL s\n{ABSOLUTE} third\n", "second")
    check_kernel(world, world.boot(world.serve(again="second/pxelinux.0")), "third")


def ipxe_shell(world):
    """ipxe.pxe unloads everything below it and looks for a network card: its shell is what can be had without one."""
    programs.copy("ipxe/usr/lib/ipxe/ipxe.pxe", world.root)
    vm = world.boot(world.serve("ipxe.pxe"))
    wait_screen(vm, "Press Ctrl-B", world.seconds, interval=0.2)
    press(vm, "ctrl-b")
    wait_screen(vm, "iPXE>", 30)
    type_text(vm, "set idle beaker\nshow idle\n")
    wait_screen(vm, r"idle:?\S* = beaker", 30)


# ---- the Debian installer --------------------------------------------------------------------------------------------


def installer(kind, keys):
    def run(world):
        programs.installer(world.root, kind)
        vm = world.boot(world.serve(), memory="1G")
        wait_drawn_text(vm, r"(?s)Debian GNU/Linux installer menu.*Advanced options", world.seconds)
        press(vm, *keys)
        wait_picture(
            vm, r"(?s)Choose the language to be used for the installation.*(Albanian|Danish|Dutch)", world.seconds
        )

    return run


# ---- pxetest.0 -------------------------------------------------------------------------------------------------------


def pxe_cells():
    """Each group of pxetest.0 on pvboot, and on the reference."""
    for group in pxetest.GROUPS:
        undi = group in pxetest.NEEDS_FRAMES
        yield Cell(
            "pxetest.0", f"{group}:as-documented", lambda lab, g=group: pxetest.check_pvboot(lab, g), undi=undi,
            pxe_group=group, quick=True,
        )
        yield Cell(
            "pxetest.0-on-ipxe", f"{group}:as-recorded", lambda lab, g=group: pxetest.check_reference(lab, g),
            pxe_group=group,
        )
    yield Cell("pxetest.0", "frames-off:says-so", pxetest.check_without_frames, pxe_group="undi")


CELLS = [
    *pxe_cells(), Cell("pxelinux.0", "kernel-bytes", pxelinux_kernel),
    Cell("pxelinux.0", "kernel-bytes", pxelinux_kernel, "kea", "atftpd", machine="q35", quick=True),
    Cell("pxelinux.0", "kernel-bytes", pxelinux_kernel, "dnsmasq", "dnsmasq", link="bridge"),
    Cell("pxelinux.0-http", "kernel-bytes,nginx-log", pxelinux_http, "dhcpd", "tftpd-hpa", http=True),
    Cell("pxelinux.0-http", "kernel-bytes,nginx-log", pxelinux_http, "kea", "atftpd", http=True, machine="q35"),
    Cell("menu.c32", "menu-on-screen,kernel-bytes", menu("menu.c32", wait_screen), "kea", "tftpd-hpa", quick=True),
    Cell("menu.c32", "menu-on-screen,kernel-bytes", menu("menu.c32", wait_screen), "dnsmasq", "dnsmasq", machine="q35"),
    Cell("vesamenu.c32", "menu-on-picture,kernel-bytes", menu("vesamenu.c32", wait_drawn_text), "dhcpd", "atftpd"),
    Cell(
        "vesamenu.c32", "menu-on-picture,kernel-bytes", menu("vesamenu.c32", wait_drawn_text), "dnsmasq", "tftpd-hpa",
        machine="q35",
    ),
    Cell("pxechn.c32", "second-pxelinux-kernel-bytes", pxechn),
    Cell("pxechn.c32", "second-pxelinux-kernel-bytes", pxechn, "kea", "dnsmasq", machine="q35"),
    Cell("chain.c32", "disk-marker", chain_disk, "dnsmasq", "atftpd", quick=True),
    Cell("chain.c32", "disk-marker", chain_disk, "kea", "tftpd-hpa"),
    Cell("localboot-0", "disk-marker", localboot(0), "kea", "dnsmasq"),
    Cell("localboot-0", "disk-marker", localboot(0), "dhcpd", "atftpd"),
    Cell("localboot--1", "disk-marker", localboot(-1), "dhcpd", "dnsmasq"),
    Cell("localboot--1", "disk-marker", localboot(-1), "dnsmasq", "atftpd"),
    Cell("keeppxe", "kernel-bytes,base-memory-kept", keeppxe, "kea", "atftpd"),
    Cell("keeppxe", "kernel-bytes,base-memory-kept", keeppxe, "dnsmasq", "tftpd-hpa", machine="q35"),
    Cell("pxelinux-program.0", "file-in-memory", program_by_pxelinux, "dhcpd", "tftpd-hpa", machine="q35"),
    Cell("pxelinux-program.0", "file-in-memory", program_by_pxelinux, "kea", "dnsmasq"),
    Cell("ipappend-3", "kernel-bytes,command-line", ipappend, "kea", "tftpd-hpa"),
    Cell("ipappend-3", "kernel-bytes,command-line", ipappend, "dnsmasq", "dnsmasq", machine="q35"),
    Cell("memdisk", "floppy-last-sector,unloaded", memdisk, "dhcpd", "tftpd-hpa", quick=True),
    Cell("memdisk", "floppy-last-sector,unloaded", memdisk, "kea", "atftpd", machine="q35"),
    Cell("memtest86+", "test-runs-on-screen", memtest, "dnsmasq", "tftpd-hpa"),
    Cell("memtest86+", "test-runs-on-screen", memtest, "dhcpd", "atftpd", machine="q35"),
    Cell("ipxe.pxe", "shell-on-screen", ipxe_shell, "dhcpd", "tftpd-hpa"),
    Cell("ipxe.pxe", "shell-on-screen", ipxe_shell, "kea", "dnsmasq", machine="q35"),
    Cell("lpxelinux.0", "kernel-bytes", lpxelinux(), "dhcpd", "tftpd-hpa", undi=True),
    Cell("lpxelinux.0", "kernel-bytes", lpxelinux(), "kea", "atftpd", machine="q35", link="bridge", undi=True),
    Cell(
        "lpxelinux.0-http", "kernel-bytes,nginx-log", lpxelinux(HTTP + "/"), "kea", "tftpd-hpa", http=True, undi=True,
        quick=True,
    ),
    Cell(
        "lpxelinux.0-http", "kernel-bytes,nginx-log", lpxelinux(HTTP + "/"), "dnsmasq", "dnsmasq", http=True,
        machine="q35", undi=True,
    ),
    Cell("grub-core.0", "kernel-bytes", grub_kernel(f"(tftp,{SERVER_IP})"), "dhcpd", "tftpd-hpa", undi=True),
    Cell("grub-core.0", "kernel-bytes", grub_kernel(f"(tftp,{SERVER_IP})"), "kea", "atftpd", machine="q35", undi=True),
    Cell(
        "grub-core.0-http", "kernel-bytes,nginx-log", grub_kernel(f"(http,{SERVER_IP})"), "kea", "tftpd-hpa", http=True,
        undi=True,
    ),
    Cell(
        "grub-core.0-http", "kernel-bytes,nginx-log", grub_kernel(f"(http,{SERVER_IP})"), "dnsmasq", "dnsmasq",
        http=True, machine="q35", link="bridge", undi=True,
    ),
    Cell("grub-pxechain", "pxelinux-kernel-bytes", grub_pxechain, "dhcpd", "tftpd-hpa", undi=True, quick=True),
    Cell("grub-pxechain", "pxelinux-kernel-bytes", grub_pxechain, "dnsmasq", "dnsmasq", machine="q35", undi=True),
    Cell(
        "undionly.kpxe", "kernel-bytes,nginx-log", undionly("undionly.kpxe"), "dhcpd", "tftpd-hpa", http=True,
        undi=True, quick=True,
    ),
    Cell(
        "undionly.kpxe", "kernel-bytes,nginx-log", undionly("undionly.kpxe"), "kea", "atftpd", http=True, machine="q35",
        link="bridge", undi=True,
    ),
    Cell(
        "undionly.kkpxe", "kernel-bytes,nginx-log", undionly("undionly.kkpxe"), "dnsmasq", "tftpd-hpa", http=True,
        undi=True,
    ),
    Cell(
        "undionly.kkpxe", "kernel-bytes,nginx-log", undionly("undionly.kkpxe"), "dhcpd", "dnsmasq", http=True,
        machine="q35", undi=True,
    ),
    Cell("undionly-pxelinux.0", "kernel-bytes", undionly_pxelinux, "kea", "tftpd-hpa", undi=True),
    Cell("undionly-pxelinux.0", "kernel-bytes", undionly_pxelinux, "dhcpd", "atftpd", machine="q35", undi=True),
    Cell("pxelinux-undionly-pxelinux", "kernel-bytes", pxelinux_undionly_pxelinux, "dhcpd", "tftpd-hpa", undi=True),
    Cell(
        "pxelinux-undionly-pxelinux", "kernel-bytes", pxelinux_undionly_pxelinux, "kea", "dnsmasq", machine="q35",
        undi=True,
    ),
    Cell(
        "installer-text", "dialogue-on-picture", installer("text", ["ret"]), "dhcpd", "tftpd-hpa", long=True,
        seconds=900,
    ),
    Cell(
        "installer-text", "dialogue-on-picture", installer("text", ["ret"]), "kea", "dnsmasq", machine="q35", long=True,
        seconds=900,
    ),
    Cell(
        "installer-gtk", "dialogue-on-picture", installer("gtk", ["ret"]), "dnsmasq", "tftpd-hpa", long=True,
        seconds=900,
    ),
    Cell(
        "installer-gtk", "dialogue-on-picture", installer("gtk", ["ret"]), "dhcpd", "atftpd", machine="q35", long=True,
        seconds=900,
    ),
]
