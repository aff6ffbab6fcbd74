# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: rows, the peers in each, and the ratios with their bounds."""

MIB = 1 << 20
KERNEL = 8 * MIB
SIZES = {"8MiB": 8 * MIB, "64MiB": 64 * MIB, "256MiB": 256 * MIB}


class Row:
    """initrd: bytes; peers: in the order in which they take turns; cold: pvboot's cache is emptied before each run
    (else each peer runs once unmeasured, where warm is said); real: a real kernel and initrd, to the kernel's first
    line; memory: of a guest that boots from the network."""

    def __init__(self, initrd, peers, cold=False, warm=False, real=False, quick=True, memory="512M"):
        self.initrd = initrd
        self.peers = peers
        self.cold = cold
        self.warm = warm
        self.real = real
        self.quick = quick
        self.memory = memory

    def ours(self):
        """The peer that is pvboot."""
        return next(peer for peer in self.peers if peer.startswith("pvboot"))


ROWS = {}
for size, length in SIZES.items():
    quick = size == "64MiB"
    ROWS[f"pxelinux-{size}"] = Row(
        length, ("pvboot-pxelinux", "ipxe-pxelinux", "lpxelinux-http", "grub-tftp"), cold=True, quick=size != "256MiB",
        memory="1G" if size == "256MiB" else "512M",
    )  # with 512 MiB pxelinux says "Booting kernel failed: Invalid argument"
    ROWS[f"direct-local-{size}"] = Row(length, ("qemu-kernel", "qemu-kernel-default-ram", "pvboot-direct-local"))
    ROWS[f"direct-cold-tftp-{size}"] = Row(length, ("ipxe-tftp", "pvboot-direct-tftp"), cold=True, quick=quick)
    ROWS[f"direct-cold-http-{size}"] = Row(
        length, ("ipxe-http", "ipxe-http-tuned", "curl-then-qemu-kernel", "pvboot-direct-http"), cold=True, quick=quick)
    ROWS[f"direct-warm-http-{size}"] = Row(
        length, ("ipxe-http", "ipxe-http-tuned", "qemu-kernel", "pvboot-direct-http"), warm=True, quick=quick)
ROWS["direct-local-linux"] = Row(64 * MIB, ("qemu-kernel", "pvboot-direct-local"), real=True)
ROWS["direct-local-installer"] = Row(None, ("qemu-kernel", "pvboot-direct-local"), real=True, quick=False)
ROWS["direct-cold-http-installer"] = Row(
    None, ("ipxe-http-tuned", "pvboot-direct-http"), real=True, cold=True, quick=False
)

STORMS = ("storm-8", "storm-100")
STORM_FILES = ROWS["direct-cold-http-64MiB"]  # what their guests boot

# What takes seconds or hangs now and then: once is enough for a quick run.
SLOW = ("ipxe-pxelinux", "lpxelinux-http", "grub-tftp", "ipxe-http", "ipxe-http-tuned", "ipxe-tftp")
NOT_QUICK = ("grub-tftp",)

# With the build before: pairs of a row, fewer where a run takes more than 2 s, and the ratio that an interval must
# reach.
PAIRS = 15
SLOW_PAIRS = 7
SLOW_ROWS = ("pxelinux-256MiB", "direct-local-installer", "direct-cold-http-installer", "storm-100")
LEAST = 0.95

# row, numerator, denominator, name of the ratio, at least, at most
RATIOS = [
    ("pxelinux-8MiB", "ipxe-pxelinux", "pvboot-pxelinux", "ipxe-pxelinux/pvboot", 5, None),
    ("pxelinux-64MiB", "ipxe-pxelinux", "pvboot-pxelinux", "ipxe-pxelinux/pvboot", 5, None),
    ("pxelinux-64MiB", "lpxelinux-http", "pvboot-pxelinux", "lpxelinux-http/pvboot", 1, None),
    ("pxelinux-64MiB", "grub-tftp", "pvboot-pxelinux", "grub-tftp/pvboot", None, None),
    ("direct-local-8MiB", "pvboot-direct-local", "qemu-kernel", "pvboot/qemu-kernel", None, None),
    ("direct-local-64MiB", "pvboot-direct-local", "qemu-kernel", "pvboot/qemu-kernel", None, 1.25),
    (
        "direct-local-64MiB", "pvboot-direct-local", "qemu-kernel-default-ram", "pvboot/qemu-kernel-default-ram", None,
        1.6,
    ),
    ("direct-local-256MiB", "pvboot-direct-local", "qemu-kernel", "pvboot/qemu-kernel", None, 1.15),
    (
        "direct-local-256MiB", "pvboot-direct-local", "qemu-kernel-default-ram", "pvboot/qemu-kernel-default-ram", None,
        1.8,
    ),
    ("direct-cold-tftp-64MiB", "pvboot-direct-tftp", "ipxe-tftp", "pvboot/ipxe-tftp", None, 0.10),
    ("direct-warm-http-64MiB", "pvboot-direct-http", "qemu-kernel", "pvboot/qemu-kernel", None, 1.25),
    ("direct-warm-http-64MiB", "ipxe-http-tuned", "pvboot-direct-http", "ipxe-http-tuned/pvboot", 8, None),
    ("direct-warm-http-64MiB", "ipxe-http", "pvboot-direct-http", "ipxe-http/pvboot", 15, None),
    ("direct-cold-http-64MiB", "ipxe-http-tuned", "pvboot-direct-http", "ipxe-http-tuned/pvboot", 4, None),
    (
        "direct-cold-http-64MiB", "pvboot-direct-http", "curl-then-qemu-kernel", "pvboot/curl-then-qemu-kernel", None,
        1.15,
    ),
    ("direct-local-linux", "pvboot-direct-local", "qemu-kernel", "pvboot/qemu-kernel", None, None),
    ("direct-local-installer", "pvboot-direct-local", "qemu-kernel", "pvboot/qemu-kernel", None, None),
    ("direct-cold-http-installer", "ipxe-http-tuned", "pvboot-direct-http", "ipxe-http-tuned/pvboot", None, None),
    ("storm-8", "ipxe-http", "pvboot", "ipxe-http/pvboot", 10, None),
    ("storm-100", "bytes-sent", "bytes-of-objects", "bytes-sent/bytes-of-objects", None, 1.02),
]

# Memory, in bytes: where it is found in the results, what it is called, at most.
MEMORY = [
    ("memory", "device", "device process, RssAnon + RssFile, 256 MiB moved", 4 * MIB),
    ("memory", "hostd", "hostd, RssAnon + RssFile, 256 MiB moved", 20 * MIB),
    ("storm-100", "hostd-anon", "hostd, RssAnon, 100 VMs", 48 * MIB),
    ("storm-100", "device-pss", "idle device process, PSS without guest RAM, mean of 100", 1 * MIB),
]
