#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make bench: time from the command a user types to the kernel's entry, pvboot beside what a user has today.

Everything stands behind the same veth: ISC dhcpd (fixed address), tftpd-hpa as shipped, and router advertisements, without which iPXE
loses 16 s.  The kernel is the stub of tests/boot/kernel (8 MiB), whose report after the entry line must show the right bytes.  The clock
starts at the exec of the command and stops at the entry line.  Runs of the peers are interleaved; a run that hangs or gets wrong bytes is
counted and repeated.
"""
import argparse
import json
import os
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "boot"))

from lib.kernel import END_LINE, ENTRY_LINE, make_initrd, make_kernel, reports
from lib.netns import REAPER, Net, stop_all
from lib.pvboot import BUILD, Hostd, pvboot_run
from lib.servers import MAC, Dhcpd, RouterAdvertisements, Tftpd
from lib.tftproot import make_root, write_config
from lib.vm import QEMU

MIB = 1 << 20
KERNEL = 8 * MIB
MACHINE = ["-machine", "pc", "-m", "512M", "-cpu", "qemu64", "-accel", "tcg"]
SECONDS = 180  # a run that takes longer hangs
HANGS = 3  # of one peer in one row, then the bench fails
BOUND = 3.0

# What the console shows when a phase begins; the same patterns serve all peers.
PHASES = [
    ("rom", rb"iPXE initialising devices|pvboot"),
    ("lease", rb"net0: 172\.21\.0\.50|172\.21\.0\.50"),
    ("nbp", rb"PXELINUX "),
    ("kernel", rb"Loading bzImage"),
    ("initrd", rb"Loading init_task"),
]


def ipxe_pxelinux(bench):
    """QEMU's own iPXE ROM on virtio-net over a tap."""
    return [
        QEMU, *MACHINE, "-display", "none", "-serial", "stdio", "-machine", "graphics=off", "-boot", "n",
        "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no", "-device", f"virtio-net-pci,netdev=n,mac={MAC}",
    ]  # fmt: skip


def pvboot(bench):
    """pvboot run with the running hostd."""
    return pvboot_run(bench.hostd, "--mac", MAC, qemu=MACHINE)


def pvboot_direct(bench):
    """pvboot run from a directory, without a boot program; its hostd is started by it."""
    return pvboot_run(None, "--root", bench.root, "--direct", "--mac", MAC, qemu=MACHINE)


def qemu_kernel(bench, memory=("-object", "memory-backend-memfd,id=ram,size=512M,share=on", "-machine", "memory-backend=ram")):
    """QEMU's own -kernel, with the shared memory that any device process needs."""
    return [
        QEMU, *MACHINE, *memory, "-display", "none", "-serial", "stdio", "-machine", "graphics=off", "-nic", "none",
        "-kernel", bench.root / "bzImage", "-initrd", bench.root / "init_task", "-append", "console=serial",
    ]  # fmt: skip


def qemu_kernel_default_ram(bench):
    """The same with QEMU's own memory."""
    return qemu_kernel(bench, memory=())


PEERS = {
    "ipxe-pxelinux": ipxe_pxelinux,
    "qemu-kernel": qemu_kernel,
    "qemu-kernel-default-ram": qemu_kernel_default_ram,
    "pvboot": pvboot,
    "pvboot-direct": pvboot_direct,
}
PXELINUX = ("ipxe-pxelinux", "pvboot")
DIRECT = ("qemu-kernel", "qemu-kernel-default-ram", "pvboot-direct")
ROWS = {
    "pxelinux-8MiB": (8 * MIB, PXELINUX),
    "pxelinux-64MiB": (64 * MIB, PXELINUX),
    "direct-local-8MiB": (8 * MIB, DIRECT),
    "direct-local-64MiB": (64 * MIB, DIRECT),
    "direct-local-256MiB": (256 * MIB, DIRECT),
}
# Of a row: numerator, denominator, what it is called by, at least, at most.
RATIOS = {
    "pxelinux-8MiB": [("ipxe-pxelinux", "pvboot", "ipxe-pxelinux/pvboot", BOUND, None)],
    "pxelinux-64MiB": [("ipxe-pxelinux", "pvboot", "ipxe-pxelinux/pvboot", BOUND, None)],
    "direct-local-8MiB": [("pvboot-direct", "qemu-kernel", "pvboot/qemu-kernel", None, None)],
    "direct-local-64MiB": [
        ("pvboot-direct", "qemu-kernel", "pvboot/qemu-kernel", None, 1.25),
        ("pvboot-direct", "qemu-kernel-default-ram", "pvboot/qemu-kernel-default-ram", None, 1.6),
    ],
    "direct-local-256MiB": [
        ("pvboot-direct", "qemu-kernel", "pvboot/qemu-kernel", None, 1.15),
        ("pvboot-direct", "qemu-kernel-default-ram", "pvboot/qemu-kernel-default-ram", None, 1.8),
    ],
}


class Run:
    """One boot: when each phase began, the entry, and whether the bytes were right."""

    def __init__(self, argv, ns):
        self.times = {}
        self.output = b""
        read, write = os.pipe()
        try:
            self.start = time.monotonic()
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL"] + ns.enter() + [str(a) for a in argv],
                stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(write)
        try:
            self._read(read)
        finally:
            os.close(read)

    def _read(self, fd):
        end = self.start + SECONDS
        while END_LINE.encode() not in self.output:
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                return
            chunk = os.read(fd, 65536)
            now = time.monotonic() - self.start
            if not chunk:
                return
            self.output += re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", chunk)
            for name, pattern in PHASES + [("entry", ENTRY_LINE.encode())]:
                if name not in self.times and re.search(pattern, self.output):
                    self.times[name] = now


class Bench:
    def __init__(self, directory, runs, peers):
        self.dir = Path(directory)
        self.runs = runs
        self.peers = peers
        self.results = {}

    def boot(self, name, kernel, initrd):
        """One good run of a peer, or None."""
        argv = PEERS[name](self)
        run = Run(argv, self.net.host)
        end_group(run.child)
        text = run.output.decode("ascii", "replace")
        found = reports(text)
        if not found or not found[-1]["end"]:
            print(f"hung: {name} did not reach the kernel in {SECONDS} s; its console ended:\n{text[-1500:]}", flush=True)
            return None
        if found[-1]["kernel"][1:] != (kernel.length, kernel.crc) or found[-1]["initrd"][1:] != (initrd.length, initrd.crc):
            print(f"wrong bytes: {name}: {found[-1]}", flush=True)
            return None
        return run.times

    def row(self, row):
        initrd_len, usual = ROWS[row]
        peers = [name for name in usual if name in self.peers]
        kernel = make_kernel(self.root / "bzImage", KERNEL)
        initrd = make_initrd(self.root / "init_task", initrd_len)
        times = {name: [] for name in peers}
        hangs = {name: 0 for name in peers}
        for _ in range(self.runs):
            for name in peers:
                while (result := self.boot(name, kernel, initrd)) is None:
                    hangs[name] += 1
                    if hangs[name] >= HANGS:
                        raise SystemExit(f"bench: {name} failed {HANGS} times in {row}")
                times[name].append(result)
                print(f"  {row:19} {name:23} {result['entry']:7.2f} s", flush=True)
        self.results[row] = {name: summary(times[name], hangs[name], KERNEL + initrd_len) for name in peers}

    def all(self, rows):
        with Net("bridge") as self.net:
            host = self.net.host
            host.ip("tuntap add tap0 mode tap")
            host.up("tap0")
            host.ip("link set tap0 master br0")
            self.root = make_root(self.dir / "tftp")
            write_config(self.root)
            with ExitStack() as stack:
                stack.enter_context(Dhcpd(self.net.server, self.dir / "dhcpd"))
                stack.enter_context(Tftpd(self.net.server, self.dir / "tftpd", self.root))
                stack.enter_context(RouterAdvertisements(self.net.server, self.dir / "ra"))
                self.hostd = Hostd(host, self.dir / "hostd", self.net.ifname)
                if "pvboot" in self.peers:
                    stack.enter_context(self.hostd)
                for row in rows:
                    self.row(row)


def end_group(child):
    """End a run's processes; QEMU has powered off unless it hangs."""
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(child.pid, 9)
    except ProcessLookupError:
        pass
    child.wait()


def summary(times, hangs, payload):
    entries = [t["entry"] for t in times]
    rate = [payload / MIB / (t["entry"] - t["kernel"]) for t in times if "kernel" in t and t["entry"] > t["kernel"]]
    phases, before = {}, "start"
    for name, _ in PHASES + [("entry", None)]:
        found = [t[name] - t.get(before, 0.0) for t in times if name in t]
        if found:
            phases[f"{before}-{name}"] = round(statistics.median(found), 3)
            before = name
    return {
        "entry": [round(e, 3) for e in entries],
        "median": statistics.median(entries),
        "min": min(entries),
        "spread": max(entries) - min(entries),
        "mib_per_s": statistics.median(rate) if rate else None,
        "phases": phases,
        "hangs": hangs,
    }


def show(results):
    """Print the tables and ratios; True if every ratio is within its bounds."""
    print(f"\n{'row':19} {'peer':23} {'entry (median)':>14} {'min':>7} {'spread':>7} {'MB/s':>7} {'hung':>5}   phases")
    for row, peers in results.items():
        for name, s in peers.items():
            phases = " ".join(f"{k} {v:.2f}" for k, v in s["phases"].items())
            rate = f"{s['mib_per_s'] * MIB / 1e6:7.1f}" if s["mib_per_s"] else "      -"
            print(f"{row:19} {name:23} {s['median']:12.2f} s {s['min']:7.2f} {s['spread']:7.2f} {rate} {s['hangs']:5}   {phases}")
    good = True
    for row, peers in results.items():
        for above, below, name, least, most in RATIOS[row]:
            if above not in peers or below not in peers:
                continue
            ratio = peers[above]["median"] / peers[below]["median"]
            good = good and (least is None or ratio >= least) and (most is None or ratio <= most)
            print(f"ratio {row} {name} {ratio:.2f}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", default=",".join(ROWS), help="comma-separated")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated")
    parser.add_argument("--output", default=str(BUILD / "bench" / "results.json"))
    args = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="pvboot-bench-")
    REAPER.tell(f"d {directory}")
    bench = Bench(directory, args.runs, args.peers.split(","))
    try:
        bench.all(args.rows.split(","))
    finally:
        stop_all()
        shutil.rmtree(directory)
        REAPER.tell(f"D {directory}")
    output = Path(args.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(bench.results, indent=1) + "\n")
    good = show(bench.results)
    if not good:
        print("bench: a ratio is out of its bounds", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
