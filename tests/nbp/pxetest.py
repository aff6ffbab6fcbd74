#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""pxetest.0 on pvboot and, as the reference, on QEMU's iPXE ROM; a QEMU for each group of cases.

pxetest/ipxe.txt is what the reference printed; docs/pxe.md has a row for each case in which pvboot's outcome is
another.  As a program it prints both outcomes, case by case, or with --update writes pxetest/ipxe.txt.  A case that
hangs costs one more QEMU, which leaves it out.
"""
import argparse
import difflib
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [path for path in (str(TOP / "tests" / "boot"), str(TOP / "tests" / "nbp")) if path not in sys.path]

from lib.lab import Lab
from lib.kernel import noise
from lib.netns import SERVER_IP, wait_for
from lib.pvboot import BUILD
from lib.servers import MAC, RouterAdvertisements, dhcpd_host
from lib.vm import Vm

GROUPS = ("entry", "info", "unknown", "tftp", "udp", "file", "modes", "undi", "frames", "exit", "restart")
NEEDS_FRAMES = ("undi", "frames")
ECHO_PORT = 7007
SECONDS = 60  # without a further line, a group hangs
HANGS = 8
HUNG = "hangs"
END = "PXETEST-END"
REAL_LIMIT = "0000ffff"
REFERENCE = Path(__file__).resolve().parent / "pxetest" / "ipxe.txt"
DOCUMENT = TOP / "docs" / "pxe.md"
# The ROM prints it wherever the cursor is, if the stack starts before QEMU's card has its link again.
WAITS = "waiting for pvboot-device on the host\n"
BAD = "BAD"  # what a case prints where something changed that should not


class PxeLab(Lab):
    """The reference network with what pxetest.0 asks of it, and a tap for the reference's card."""

    def __init__(self, directory, frames=True):
        super().__init__(directory, link="bridge")
        for name in ("pxelinux.0", "ldlinux.c32", "bzImage", "init_task"):
            (self.root / name).unlink()
        shutil.copy(BUILD / "tests" / "pxetest.0", self.root)
        for name, length in (("small.bin", 2000), ("blocks.bin", 2048), ("empty.bin", 0)):
            (self.root / name).write_bytes(noise(length, seed=3))
        self.net.host.ip("tuntap add tap0 mode tap")
        self.net.host.up("tap0")
        self.net.host.ip("link set tap0 master br0")
        self.dhcpd(hosts=[dhcpd_host(filename="pxetest.0")])
        self.tftpd()
        self.add(RouterAdvertisements(self.net.server, self.place("ra")))
        echo = self.net.server.process(
            ["/usr/bin/python3", Path(__file__).parent / "echo.py", SERVER_IP, str(ECHO_PORT)],
            log=self.dir / "echo.log",
        )
        wait_for(lambda: "ready" in echo.text(), 10, "echo server")
        self.echo = echo
        self.frames = frames
        self.daemon = None

    def close(self):
        super().close()
        if hasattr(self, "echo"):
            self.echo.stop()

    def pvboot(self, args):
        # One block holds each file: else what FILE_READ finds depends on when the second one comes.
        options = f"frames = {'on' if self.frames else 'off'}\ntftp_blksize = 4096"
        self.daemon = self.daemon or self.hostd(options=options)
        return self.vm(self.daemon, args=args)

    def ipxe(self, args):
        card = [
            "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no", "-device", f"virtio-net-pci,netdev=n,mac={MAC}",
            "-boot", "n",
        ]
        return self.add(Vm(self.place("ipxe"), self.net.host, card + list(args)))


def parse(text):
    """{case: what followed its name} of a console; what goes on in a second line belongs to it."""
    found = {}
    for line in text.replace(WAITS, "").splitlines():
        if match := re.match(r"case (\S+)(.*)", line):
            found[match[1]] = match[2].strip()
    return found


def run_group(lab, start, group):
    """Run one group on what start() makes; ({case: outcome}, the last line's values).  start: PxeLab.pvboot or
    .ipxe."""
    hung = []
    while len(hung) < HANGS:
        vm = start(["-fw_cfg", f"name=opt/pvboot/pxetest,string={' '.join([group, *hung])}"])
        try:
            last, lines = time.monotonic(), 0
            while END not in vm.console.text() and time.monotonic() - last < SECONDS and vm.process.alive():
                now = len(vm.console.text().splitlines())
                if now != lines:
                    last, lines = time.monotonic(), now
                time.sleep(0.1)
            text = vm.console.text()
            found = parse(text)
            if END in text:
                check_segments(vm)
                values = dict(re.findall(r"(\w+)=(\w+)", text[text.index(END) :].splitlines()[0]))
                return {**found, **{case: HUNG for case in hung}}, values
            assert found, f"{group}: the program never began; {vm.console.tail()}"
            hung.append(list(found)[-1])
        finally:
            vm.stop()
    raise AssertionError(f"{group}: more than {HANGS} cases hang: {hung}")


def check_segments(vm):
    """No call left a segment with another limit than real mode's: only protected mode could have changed it."""
    registers = vm.qmp_connect().human("info registers")
    limits = dict(re.findall(r"^([ECSDFG]S) *=\w+ \w+ (\w+)", registers, re.M))
    assert len(limits) == 6 and set(limits.values()) == {REAL_LIMIT}, f"segment limits after the calls: {limits}"


# ---- what is expected ------------------------------------------------------------------------------------------------


def reference():
    """{case: what iPXE's ROM does}"""
    return parse(REFERENCE.read_text())


def difference(theirs, ours):
    """The words that only the one has, and those that only the other has."""
    a, b = theirs.split(), ours.split()
    parts = [
        (a[i:j], b[k:m])
        for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, False).get_opcodes()
        if kind != "equal"
    ]
    return " ".join(w for part, _ in parts for w in part), " ".join(w for _, part in parts for w in part)


def documented():
    """{case: (iPXE's words, pvboot's words)} of the table of differences in docs/pxe.md."""
    found = {}
    for line in DOCUMENT.read_text().splitlines():
        fields = [field.strip() for field in line.strip().strip("|").split("|")]
        cases = re.findall(r"`(\w+\.[\w-]+)`", fields[0])
        if line.startswith("|") and len(fields) == 4 and cases:
            assert fields[3], f"docs/pxe.md: no reason is given for {fields[0]}"
            theirs, ours = (field.strip("`") for field in fields[1:3])
            found.update({case: (theirs, ours) for case in cases})
    return found


def judge(group, found):
    """What is wrong with pvboot's outcomes of a group: a list of lines."""
    theirs, rows = reference(), documented()
    wrong = [f"{case}: {outcome}" for case, outcome in found.items() if BAD in outcome.split() or outcome == HUNG]
    for case in dict.fromkeys([*found, *(case for case in theirs if case.startswith(group + "."))]):
        if case not in found or case not in theirs:
            wrong.append(f"{case}: only {'pvboot' if case in found else 'the reference'} has this case")
            continue
        seen = difference(theirs[case], found[case])
        expected = rows.get(case, ("", ""))
        if seen != expected:
            wrong.append(
                f"{case}: iPXE {theirs[case]!r}, pvboot {found[case]!r}; "
                f"docs/pxe.md has {expected}, the difference is {seen}"
            )
    return wrong


def check_pvboot(lab, group):
    """Assert that a group on pvboot does what the reference does, but for what docs/pxe.md explains."""
    wrong = judge(group, run_group(lab, lab.pvboot, group)[0])
    assert not wrong, f"{len(wrong)} cases:\n" + "\n".join(wrong)


def check_without_frames(lab):
    """Where frames = off UNDI_OPEN and RESET say so (61h), nothing hangs, and the UDP opcodes go on working."""
    found = {**run_group(lab, lab.pvboot, "undi")[0], **run_group(lab, lab.pvboot, "frames")[0]}
    assert not [case for case, outcome in found.items() if BAD in outcome.split() or outcome == HUNG], found
    opened = [word for outcome in found.values() for word in outcome.split() if re.match(r"(open|reset)=", word)]
    # The ROM's note to the user goes to the same line where the BIOS has its console on the serial port.
    assert opened and all(re.match(r"\w+=1/61", word) for word in opened), opened
    assert found["frames.udp-beside"] == "udp-open=0/0 udp-write=0/0 udp-close=0/0", found["frames.udp-beside"]


def check_reference(lab, group):
    """Assert that the reference still is what pxetest/ipxe.txt says."""
    found = run_group(lab, lab.ipxe, group)[0]
    expected = {case: outcome for case, outcome in reference().items() if case.startswith(group + ".")}
    assert (
        found == expected
    ), "the iPXE ROM no longer does what pxetest/ipxe.txt says (pxetest.py --update writes it anew)"


def update(lab, groups):
    lines = [
        "# SPDX-License-Identifier: BSD-2-Clause\n"
        "# What pxetest.0 prints on QEMU's iPXE ROM (virtio-net), by pxetest.py --update.\n"
    ]
    for group in groups:
        found, _ = run_group(lab, lab.ipxe, group)
        lines += [f"case {case} {outcome}".rstrip() + "\n" for case, outcome in found.items()]
    REFERENCE.write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=GROUPS)
    parser.add_argument("--only", choices=("pvboot", "ipxe"))
    parser.add_argument("--update", action="store_true", help="write pxetest/ipxe.txt")
    args = parser.parse_args()
    if args.update:
        with tempfile.TemporaryDirectory(prefix="pvboot-pxetest-") as tmp, PxeLab(Path(tmp)) as lab:
            Path(tmp).chmod(0o755)
            update(lab, GROUPS)
        return
    for group in args.groups:
        with tempfile.TemporaryDirectory(prefix="pvboot-pxetest-") as tmp:
            Path(tmp).chmod(0o755)
            with PxeLab(Path(tmp), frames=group in NEEDS_FRAMES) as lab:
                results = {}
                for name in ("pvboot", "ipxe"):
                    if args.only in (None, name):
                        began = time.monotonic()
                        results[name], values = run_group(lab, getattr(lab, name), group)
                        print(f"{group} on {name}: {values} {time.monotonic() - began:.1f} s")
                for case in dict.fromkeys(case for found in results.values() for case in found):
                    outcomes = [found.get(case, "-") for found in results.values()]
                    same = len(set(outcomes)) == 1
                    for name, outcome in zip(results, outcomes):
                        if not same or name == list(results)[0]:
                            print(f"  {'both' if same and len(results) > 1 else name:6} {case}: {outcome}")


if __name__ == "__main__":
    main()
