#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make bench: time from the command a user types to the kernel's entry, pvboot beside what a user has today.

Everything stands behind the same veth: ISC dhcpd (fixed addresses), tftpd-hpa as shipped, nginx, and router advertisements, without which
iPXE loses 16 s.  The kernel is the stub of tests/boot/kernel (8 MiB), whose report after the entry line must show the right bytes.  The
clock starts at the exec of the command and stops at the entry line.  Runs of the peers are interleaved; a run that hangs or gets wrong
bytes is counted and repeated.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "boot"))

import report  # noqa: E402 (the path is set above)
import storm  # noqa: E402
from lib.kernel import make_initrd, make_kernel, reports  # noqa: E402
from lib.netns import REAPER, Net, stop_all  # noqa: E402
from lib.pvboot import BUILD, PVBOOT, Hostd, pvboot_run  # noqa: E402
from lib.servers import MAC, Dhcpd, Nginx, RouterAdvertisements, Tftpd  # noqa: E402
from lib.tftproot import make_root  # noqa: E402
from lib.vm import find_child  # noqa: E402
from peers import DHCPD_HEAD, MACHINE, PEERS, SECTIONS, STORM, hosts, write_boot_files  # noqa: E402
from rows import KERNEL, MIB, NOT_QUICK, ROWS, SLOW  # noqa: E402
from runs import Run, together  # noqa: E402

SECONDS = 180  # a run that takes longer hangs
QUICK_SECONDS = 60
HANGS = 3  # of one peer in one row, then the bench fails
TAPS = 8
STORM_SECONDS = 400
LINUX = TOP / "build/peers/bzImage"
INSTALLER = TOP / "build/peers/nbp/debian-installer-12-netboot-amd64/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64"


class Bench:
    """What the peers' commands look at: root, scratch, hostd, net."""

    def __init__(self, directory, args):
        self.dir = Path(directory)
        self.scratch = self.dir / "scratch"
        self.scratch.mkdir()
        self.quick = args.quick
        self.runs = args.runs or (3 if args.quick else 5)
        self.slow_runs = args.slow_runs or (1 if args.quick else self.runs)
        self.peers = args.peers
        self.seconds = QUICK_SECONDS if args.quick else SECONDS
        self.results = {}

    # ---- one boot ----

    def right(self, run):
        """Did the run's kernel get the right bytes?  Else says what happened."""
        name = "a VM"
        if "entry" in run.times and run.last != run.entry:
            found = reports(run.text())
            if found and found[-1]["end"]:
                got = found[-1]["kernel"][1:], found[-1]["initrd"][1:]
                if got == tuple((p.length, p.crc) for p in self.payload):
                    return True
                print(f"wrong bytes: {name}: {found[-1]}", flush=True)
                return False
        elif "entry" in run.times:
            return True
        print(f"hung: {name} did not reach the kernel in {self.seconds} s; its console ended:\n{run.text()[-1500:]}", flush=True)
        return False

    def boot(self, peer, real=False):
        """One good run of a peer, or None."""
        run = Run(PEERS[peer](self, 0), self.net.host, self.seconds, real)
        together([run])
        return run.times if self.right(run) else None

    def purge(self):
        """Forget what hostd has cached."""
        subprocess.run(self.net.host.enter() + [PVBOOT, "cache", "purge", "--all", "--hostd", self.hostd.socket], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip

    # ---- rows ----

    def files(self, row):
        """What the servers have: the test kernel or a real one, and an initrd."""
        if row.real and row.initrd is None:
            shutil.copy(INSTALLER / "linux", self.root / "bzImage")
            shutil.copy(INSTALLER / "initrd.gz", self.root / "init_task")
        elif row.real:
            shutil.copy(LINUX, self.root / "bzImage")
            make_initrd(self.root / "init_task", row.initrd)
        else:
            self.payload = make_kernel(self.root / "bzImage", KERNEL), make_initrd(self.root / "init_task", row.initrd)

    def usual(self, row):
        return [p for p in row.peers if (not self.peers or p in self.peers) and not (self.quick and p in NOT_QUICK)]

    def row(self, name):
        row = ROWS[name]
        self.files(row)
        peers = self.usual(row)
        times, hangs = {p: [] for p in peers}, {p: 0 for p in peers}
        if row.warm and "pvboot-direct-http" in peers:
            self.boot("pvboot-direct-http")
        for turn in range(self.runs):
            for peer in peers:
                if turn >= self.slow_runs and peer in SLOW:
                    continue
                times[peer].append(self.until_good(name, peer, row, hangs))
                print(f"  {name:27} {peer:24} {times[peer][-1]['entry']:7.3f} s", flush=True)
        total = sum((self.root / file).stat().st_size for file in ("bzImage", "init_task"))
        self.results[name] = {p: report.summary(times[p], hangs[p], total) for p in peers}

    def until_good(self, name, peer, row, hangs):
        while True:
            if row.cold and peer.startswith("pvboot"):
                self.purge()
            found = self.boot(peer, row.real)
            if found:
                return found
            hangs[peer] += 1
            if hangs[peer] >= HANGS:
                raise SystemExit(f"bench: {peer} failed {HANGS} times in {name}")

    # ---- storms and memory ----

    def storm_8(self):
        """Eight QEMUs at once, 64 MiB each."""
        self.files(ROWS["direct-cold-http-64MiB"])
        found = {"ipxe-http": [], "pvboot": []}
        for _ in range(min(self.slow_runs, 3)):
            self.purge()
            for name, peer in (("ipxe-http", "storm-ipxe-http"), ("pvboot", "storm-pvboot")):
                took = storm.qemus(self, peer, 8, STORM_SECONDS, self.right)
                if took is None:
                    raise SystemExit(f"bench: storm-8: a VM of {name} did not boot")
                print(f"  {'storm-8':27} {name:24} {took:7.3f} s", flush=True)
                found[name].append({"entry": took})
        self.results["storm-8"] = {name: report.summary(times, 0, 1) for name, times in found.items()}

    def storm_100(self):
        """A hundred simulated guests: what the server sends, and what it costs the host."""
        self.files(ROWS["direct-cold-http-64MiB"])
        self.purge()
        before = self.sent()
        found = storm.guests(self, STORM, STORM_SECONDS)
        if not found:
            raise SystemExit("bench: storm-100 failed")
        found["bytes-sent"] = self.sent() - before
        found["bytes-of-objects"] = sum((self.root / file).stat().st_size for file in ("bzImage", "init_task"))
        self.results["storm-100"] = found

    def sent(self):
        """Bytes of bodies that nginx has sent."""
        return sum(size for *_, size in self.nginx.requests())

    def memory(self):
        """What the two processes of our own take while a guest stands after it moved 256 MiB."""
        self.files(ROWS["direct-local-256MiB"])
        argv = pvboot_run(None, "--root", self.root, "--direct", "--mac", MAC, qemu=[*MACHINE, "-no-shutdown"])
        run = Run(argv, self.net.host, self.seconds)
        try:
            while run.step():
                pass
            pids = {"device": find_child(run.child.pid, "pvboot-device"), "hostd": find_child(run.child.pid, "pvboot-hostd")}
            self.results["memory"] = {name: storm.status_bytes(pid, "RssAnon", "RssFile") for name, pid in pids.items()}
        finally:
            run._kill(9)
            run.finish()

    def all(self, rows):
        with Net("bridge") as self.net:
            host = self.net.host
            for n in range(TAPS):
                host.ip(f"tuntap add tap{n} mode tap")
                host.up(f"tap{n}")
                host.ip(f"link set tap{n} master br0")
            self.root = make_root(self.dir / "tftp")
            subprocess.run(["grub-mknetdir", f"--net-directory={self.root}", "-d", "/usr/lib/grub/i386-pc"], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            write_boot_files(self.root)
            with ExitStack() as stack:
                stack.enter_context(Dhcpd(self.net.server, self.dir / "dhcpd", hosts=hosts(), head=DHCPD_HEAD))
                stack.enter_context(Tftpd(self.net.server, self.dir / "tftpd", self.root))
                self.nginx = stack.enter_context(Nginx(self.net.server, self.dir / "nginx", self.root))
                stack.enter_context(RouterAdvertisements(self.net.server, self.dir / "ra"))
                self.hostd = Hostd(host, self.dir / "hostd", self.net.ifname, vms=SECTIONS.format(ifname=self.net.ifname), cache=self.dir / "cache")
                stack.enter_context(self.hostd)
                for row in rows:
                    {"storm-8": self.storm_8, "storm-100": self.storm_100, "memory": self.memory}.get(row, lambda: self.row(row))()


def arguments():
    every = [*ROWS, "storm-8", "storm-100", "memory"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="pvboot three times, slow peers once; fewer rows")
    parser.add_argument("--runs", type=int, help="of each peer in each row (5; 3 if quick)")
    parser.add_argument("--slow-runs", type=int, help="of the peers that take many seconds (1 if quick, else as --runs)")
    parser.add_argument("--rows", help=f"comma-separated, of {','.join(every)}")
    parser.add_argument("--peers", help=f"comma-separated, of {','.join(PEERS)}")
    parser.add_argument("--output", default=str(BUILD / "bench" / "results.json"))
    args = parser.parse_args()
    args.peers = args.peers.split(",") if args.peers else None
    args.rows = args.rows.split(",") if args.rows else [r for r in every if not args.quick or r not in ROWS or ROWS[r].quick]
    for row in args.rows:
        if row not in every:
            parser.error(f"there is no row {row}")
    return args


def main():
    args = arguments()
    directory = tempfile.mkdtemp(prefix="pvboot-bench-")
    REAPER.tell(f"d {directory}")
    bench = Bench(directory, args)
    try:
        bench.all(args.rows)
    finally:
        stop_all()
        shutil.rmtree(directory)
        REAPER.tell(f"D {directory}")
    output = Path(args.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(bench.results, indent=1) + "\n")
    output.with_suffix(".md").write_text(report.markdown(bench.results))
    report.table(bench.results)
    draw(bench.results, output.parent)
    bad = report.bounds(bench.results)
    for line in bad:
        print(f"bench: out of bounds: {line}", file=sys.stderr)
    return 1 if bad else 0


def draw(results, directory):
    try:
        import plot  # only here: the figures are worth more than the pictures
    except ImportError:
        print("bench: no plots: apt-get install python3-matplotlib", file=sys.stderr)
        return
    plot.payloads(results, directory / "payloads.png")
    plot.storm(results, directory / "storm.png")


if __name__ == "__main__":
    sys.exit(main())
