#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make bench: time from the command a user types to the kernel's entry, pvboot beside what a user has today.

Everything stands behind the same veth: ISC dhcpd (fixed addresses), tftpd-hpa as shipped, nginx, and router
advertisements, without which iPXE loses 16 s.  The kernel is the stub of tests/boot/kernel (8 MiB), whose report after
the entry line must show the right bytes.  The clock starts at the exec of the command and stops at the entry line.
Runs of the peers are interleaved; a run that hangs or gets wrong bytes is counted and repeated.

With --before, pvboot alone is measured, in pairs with the pvboot of another build (compare.py).
"""
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "boot"))

import compare  # noqa: E402 (the path is set above)
import report  # noqa: E402
import storm  # noqa: E402
from builds import Build  # noqa: E402
from lib.kernel import make_initrd, make_kernel, reports  # noqa: E402
from lib.netns import REAPER, Net, stop_all  # noqa: E402
from lib.pvboot import BUILD, pvboot_run  # noqa: E402
from lib.servers import MAC, Dhcpd, Nginx, RouterAdvertisements, Tftpd  # noqa: E402
from lib.tftproot import make_root  # noqa: E402
from lib.vm import find_child  # noqa: E402
from options import arguments  # noqa: E402
from peers import DHCPD_HEAD, MACHINE, PEERS, SECTIONS, STORM, hosts, write_boot_files  # noqa: E402
from rows import KERNEL, MIB, NOT_QUICK, ROWS, SLOW, STORM_FILES  # noqa: E402
from runs import Run, together  # noqa: E402

SECONDS = 180  # a run that takes longer hangs
QUICK_SECONDS = 60
HANGS = 3  # of one peer in one row, then the bench fails
TAPS = 8
STORM_SECONDS = 400
LINUX = TOP / "build/peers/bzImage"
INSTALLER = next(
    (TOP / "build/peers/nbp").glob(
        "debian-installer/usr/lib/debian-installer/images/*/amd64/text/debian-installer/amd64"
    ),
    TOP / "build/peers/nbp/debian-installer",
)


class Bench:
    """What the peers' commands look at: root, scratch, net.  builds: with --before, that build and this one."""

    def __init__(self, directory, args):
        self.dir = Path(directory)
        self.scratch = self.dir / "scratch"
        self.scratch.mkdir()
        self.quick = args.quick
        self.runs = args.runs or (3 if args.quick else 5)
        self.slow_runs = args.slow_runs or (1 if args.quick else self.runs)
        self.peers = args.peers
        self.seconds = QUICK_SECONDS if args.quick or args.before else SECONDS
        self.results = {}
        self.build = Build("pvboot", BUILD)
        self.builds = [args.before, self.build] if args.before else [self.build]
        self.comparison = compare.Comparison(self, args.pairs) if args.before else None
        if args.before:
            # What `pvboot run` remembers of QEMUs: each build its own, for one may not know the other's format.
            for build in self.builds:
                build.env = {"XDG_CACHE_HOME": str(self.dir / f"{build.name}-home")}

    # ---- one boot ----

    def right(self, run):
        """Did the run's kernel get the right bytes?  Else says what happened."""
        if "entry" in run.times and run.last != run.entry:
            found = reports(run.text())
            if found and found[-1]["end"]:
                got = found[-1]["kernel"][1:], found[-1]["initrd"][1:]
                if got == tuple((p.length, p.crc) for p in self.payload):
                    return True
                print(f"wrong bytes: a VM: {found[-1]}", flush=True)
                return False
        elif "entry" in run.times:
            return True
        ended = f"ended before the kernel (status {run.child.returncode})"
        what = ended if run.closed else f"hung for {self.seconds} s"
        print(f"failed: a VM {what}: {' '.join(run.argv)}\nits console ended:\n{run.text()[-1500:]}", flush=True)
        return False

    def boot(self, peer, build, real=False):
        """One good run of a peer, or None."""
        run = Run(PEERS[peer](self, build, 0), self.net.host, self.seconds, real, build.env)
        together([run])
        return run.times if self.right(run) else None

    def once(self, row, peer, build):
        """The same, with the cache as the row wants it."""
        if row.cold and peer.startswith("pvboot"):
            build.purge()
        return self.boot(peer, build, row.real)

    # ---- rows ----

    def files(self, row):
        """What the servers have: the test kernel or a real one, and an initrd."""
        self.memory = row.memory
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
            self.boot("pvboot-direct-http", self.build)
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
            found = self.once(row, peer, self.build)
            if found:
                return found
            hangs[peer] += 1
            if hangs[peer] >= HANGS:
                raise SystemExit(f"bench: {peer} failed {HANGS} times in {name}")

    # ---- storms and memory ----

    def storm_8(self):
        """Eight QEMUs at once, 64 MiB each."""
        self.files(STORM_FILES)
        found = {"ipxe-http": [], "pvboot": []}
        for _ in range(min(self.slow_runs, 3)):
            for name, peer in (("ipxe-http", "storm-ipxe-http"), ("pvboot", "storm-pvboot")):
                took = self.storm_8_once(self.build, peer)
                if took is None:
                    raise SystemExit(f"bench: storm-8: a VM of {name} did not boot")
                print(f"  {'storm-8':27} {name:24} {took:7.3f} s", flush=True)
                found[name].append({"entry": took})
        self.results["storm-8"] = {name: report.summary(times, 0, 1) for name, times in found.items()}

    def storm_8_once(self, build, peer="storm-pvboot"):
        """Seconds, or None."""
        build.purge()
        return storm.qemus(self, build, peer, 8, STORM_SECONDS, self.right)

    def storm_100(self):
        """A hundred simulated guests: what the server sends, and what it costs the host."""
        self.files(STORM_FILES)
        before = self.sent()
        found = self.storm_100_once(self.build)
        if not found:
            raise SystemExit("bench: storm-100 failed")
        found["bytes-sent"] = self.sent() - before
        found["bytes-of-objects"] = sum((self.root / file).stat().st_size for file in ("bzImage", "init_task"))
        self.results["storm-100"] = found

    def storm_100_once(self, build):
        """The row's figures, or None."""
        build.purge()
        return storm.guests(self, build, STORM, STORM_SECONDS)

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
            pids = {
                "device": find_child(run.child.pid, "pvboot-device"),
                "hostd": find_child(run.child.pid, "pvboot-hostd"),
            }
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
                for build in self.builds:
                    vms = SECTIONS.format(ifname=self.net.ifname)
                    stack.enter_context(build.serving(host, self.dir / f"{build.name}-hostd", self.net.ifname, vms))
                for row in rows:
                    if self.comparison:
                        self.comparison.row(row)
                        continue
                    {"storm-8": self.storm_8, "storm-100": self.storm_100, "memory": self.memory}.get(
                        row, lambda: self.row(row)
                    )()


def main():
    args = arguments(__doc__.splitlines()[0])
    start = time.monotonic()
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
    if bench.comparison:
        return bench.comparison.finish(output, start)
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
