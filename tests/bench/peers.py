# SPDX-License-Identifier: BSD-2-Clause
"""The peers: for each the command a user would type, and who it is on the network (its MAC decides what dhcpd and
pxelinux.cfg give it).

A command is a function of the bench (its root directory), of the build whose pvboot is run, and of the number of the
VM, 0 but in a storm.
"""
from lib.pvboot import pvboot_run
from lib.servers import MAC, SERVER_IP, dhcpd_host
from lib.tftproot import LDLINUX, config_name, write_config
from lib.vm import QEMU



def machine(memory="512M"):
    return ["-machine", "pc", "-m", memory, "-cpu", "qemu64", "-accel", "tcg"]


MACHINE = machine()
SHARED = ["-object", "memory-backend-memfd,id=ram,size=512M,share=on", "-machine", "memory-backend=ram"]
CONSOLE = ["-display", "none", "-serial", "stdio", "-machine", "graphics=off"]
URL = f"http://{SERVER_IP}"
STORM = 100  # VMs at most
CMDLINE = "console=ttyS0 earlyprintk=ttyS0"  # for the rows with a real kernel

MACS = {
    "ipxe-http": "52:54:00:12:34:60",
    "ipxe-http-tuned": "52:54:00:12:34:61",
    "ipxe-tftp": "52:54:00:12:34:62",
    "lpxelinux-http": "52:54:00:12:34:63",
    "grub-tftp": "52:54:00:12:34:64",
    "pvboot-http": "52:54:00:12:34:65",
}
STORM_IPXE = "52:54:00:12:40"  # + :number
STORM_PVBOOT = "52:54:00:12:41"
NO_PXEDHCP = "option ipxe.no-pxedhcp 1;"
DHCPD_HEAD = """option space ipxe;
option ipxe-encap-opts code 175 = encapsulate ipxe;
option ipxe.no-pxedhcp code 176 = unsigned integer 8;
"""


def hosts():
    """Every peer's entry in dhcpd.conf."""
    files = {
        "ipxe-http": f"{URL}/http.ipxe",
        "ipxe-http-tuned": f"{URL}/http.ipxe",
        "ipxe-tftp": "tftp.ipxe",
        "lpxelinux-http": "lpxelinux.0",
        "grub-tftp": "boot/grub/i386-pc/core.0",
        "pvboot-http": "pxelinux.0",
    }
    found = [dhcpd_host()]
    for i, (name, mac) in enumerate(MACS.items()):
        extra = NO_PXEDHCP if name == "ipxe-http-tuned" else ""
        found.append(dhcpd_host(mac, f"172.21.0.{60 + i}", files[name], extra))
    for i in range(STORM):
        found.append(dhcpd_host(f"{STORM_PVBOOT}:{i:02x}", f"172.21.2.{1 + i}", "pxelinux.0"))
    for i in range(8):
        found.append(dhcpd_host(f"{STORM_IPXE}:{i:02x}", f"172.21.1.{1 + i}", f"{URL}/http.ipxe"))
    return found


def write_boot_files(root):
    """What the peers' first stages read, beside the reference boot's files."""
    for name, prefix in (("http.ipxe", f"{URL}/"), ("tftp.ipxe", f"tftp://{SERVER_IP}/")):
        (root / name).write_text(
            f"#!ipxe\nkernel {prefix}bzImage {CMDLINE} initrd=init_task\ninitrd {prefix}init_task\nboot\n"
        )
    (root / "lpxelinux.0").write_bytes(open("/usr/lib/PXELINUX/lpxelinux.0", "rb").read())
    (root / "ldlinux.c32").write_bytes(open(LDLINUX, "rb").read())
    by_http = {"kernel": f"{URL}/bzImage", "append": f"{CMDLINE} initrd={URL}/init_task"}
    write_config(root, append=f"{CMDLINE} initrd=init_task")
    (root / "boot/grub/grub.cfg").write_text(f"linux /bzImage {CMDLINE}\ninitrd /init_task\nboot\n")
    for mac in (MACS["lpxelinux-http"], MACS["pvboot-http"], *(f"{STORM_PVBOOT}:{i:02x}" for i in range(STORM))):
        write_config(root, config_name(mac), **by_http)


# hostd's sections: what a VM is, by its name.
SECTIONS = """[vm direct*]
interface = {ifname}
allow_uid = any
boot = direct
"""


def tap_guest(bench, mac, tap=0):
    """QEMU with its own iPXE ROM on virtio-net."""
    return [
        QEMU, *machine(bench.memory), *CONSOLE, "-boot", "n",
        "-netdev", f"tap,id=n,ifname=tap{tap},script=no,downscript=no", "-device", f"virtio-net-pci,netdev=n,mac={mac}",
    ]  # fmt: skip


def pvboot_guest(bench, build, name, mac):
    """pvboot run with the running hostd."""
    guest = ["--name", name, "--mac", mac]
    return pvboot_run(build.hostd, *guest, qemu=machine(bench.memory), program=build.pvboot)


def pvboot_direct_local(bench, build, number):
    """pvboot run from a directory, without a boot program; its hostd is started by it."""
    return pvboot_run(None, "--root", bench.root, "--direct", "--mac", MAC, qemu=MACHINE, program=build.pvboot)


def qemu_kernel_from(directory, memory, append=CMDLINE):
    return [
        QEMU, *MACHINE, *memory, *CONSOLE, "-nic", "none",
        "-kernel", f"{directory}/bzImage", "-initrd", f"{directory}/init_task", "-append", append,
    ]  # fmt: skip


def curl_then_qemu(bench, build, number):
    """What a script would do: fetch, then QEMU's own -kernel."""
    qemu = " ".join(qemu_kernel_from(bench.scratch, SHARED, f"'{CMDLINE}'"))
    return ["sh", "-c", f"cd {bench.scratch} && curl -sSf -O {URL}/bzImage -O {URL}/init_task && exec {qemu}"]


PEERS = {
    "ipxe-pxelinux": lambda bench, build, n: tap_guest(bench, MAC),
    "ipxe-http": lambda bench, build, n: tap_guest(bench, MACS["ipxe-http"]),
    "ipxe-http-tuned": lambda bench, build, n: tap_guest(bench, MACS["ipxe-http-tuned"]),
    "ipxe-tftp": lambda bench, build, n: tap_guest(bench, MACS["ipxe-tftp"]),
    "lpxelinux-http": lambda bench, build, n: tap_guest(bench, MACS["lpxelinux-http"]),
    "grub-tftp": lambda bench, build, n: tap_guest(bench, MACS["grub-tftp"]),
    "qemu-kernel": lambda bench, build, n: qemu_kernel_from(bench.root, SHARED),
    "qemu-kernel-default-ram": lambda bench, build, n: qemu_kernel_from(bench.root, []),
    "curl-then-qemu-kernel": curl_then_qemu,
    "pvboot-pxelinux": lambda bench, build, n: pvboot_guest(bench, build, "guest", MAC),
    "pvboot-direct-local": pvboot_direct_local,
    "pvboot-direct-tftp": lambda bench, build, n: pvboot_guest(bench, build, "direct-tftp", MAC),
    "pvboot-direct-http": lambda bench, build, n: pvboot_guest(bench, build, "direct-http", MACS["pvboot-http"]),
    "storm-ipxe-http": lambda bench, build, n: tap_guest(bench, f"{STORM_IPXE}:{n:02x}", n),
    "storm-pvboot": lambda bench, build, n: pvboot_guest(bench, build, f"direct-storm{n}", f"{STORM_PVBOOT}:{n:02x}"),
}
