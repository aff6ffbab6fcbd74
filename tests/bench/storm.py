# SPDX-License-Identifier: BSD-2-Clause
"""Many VMs that boot the same image at once: real QEMUs, and simulated guests (storm_guest.c) with real device
processes."""
import os
import re
import select
import subprocess
import tempfile
import time
from pathlib import Path

from lib.pvboot import BUILD
from lib.vm import cpu_seconds
from peers import PEERS, STORM_PVBOOT
from runs import Run, together

GUEST = BUILD / "tests" / "storm_guest"
LINE = re.compile(r"guest (\d+) device (\d+) seconds ([\d.]+) bytes (\d+) sum (\w+)")


def qemus(bench, build, peer, count, seconds, check):
    """Seconds from the exec of the first to the kernel's entry in the last, of count real QEMUs; None if one did not
    get there."""
    start = time.monotonic()
    runs = [Run(PEERS[peer](bench, build, n), bench.net.host, seconds, env=build.env) for n in range(count)]
    together(runs)
    if not all(check(run) for run in runs):
        return None
    return max(run.start + run.times["entry"] for run in runs) - start


def status_bytes(pid, *fields):
    """Sum of these fields of /proc/PID/status, in bytes."""
    found = re.findall(r"^(\w+):\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M)
    return sum(int(value) * 1024 for name, value in found if name in fields)


def pss_without(pid, mapping):
    """A process's proportional set size in bytes, mappings of that name left out."""
    total, skip = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            skip = mapping in line
        elif line.startswith("Pss:") and not skip:
            total += int(line.split()[1]) * 1024
    return total


def guests(bench, build, count, seconds):
    """count simulated guests at once.  What each got is checked against the files; returns the row's figures."""
    want = subprocess.run(
        [GUEST, "--sum", bench.root / "bzImage", bench.root / "init_task"], stdout=subprocess.PIPE, check=True,
        text=True,
    )
    hostd = build.hostd.process.pid
    before = cpu_seconds(hostd)
    argv = [GUEST, "--device", build.device, "--hostd", build.hostd.socket, "--prefix", "direct-storm",
            "--mac", STORM_PVBOOT, "--count", count]  # fmt: skip
    errors = tempfile.TemporaryFile()
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *bench.net.host.enter(), *map(str, argv)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
    )  # fmt: skip
    try:
        found = read_guests(child, count, time.monotonic() + seconds)
        if len(found) < count:
            print(
                f"hung: {count - len(found)} of {count} guests did not get everything in {seconds} s; they said:",
                flush=True,
            )
            errors.seek(0)
            print(errors.read()[-1500:].decode("utf-8", "replace"), flush=True)
            return None
        wrong = [line for line in found if f"bytes {line[4]} sum {line[5]}\n" != want.stdout]
        if wrong:
            print(
                f"wrong bytes: {len(wrong)} guests, the first got {wrong[0][0]}; the files are {want.stdout}",
                flush=True,
            )
            return None
        devices = [int(line[2]) for line in found]
        return {
            "seconds": max(float(line[3]) for line in found),
            "hostd-cpu": cpu_seconds(hostd) - before,
            "hostd-anon": status_bytes(hostd, "RssAnon"),
            "device-cpu": sum(cpu_seconds(pid) for pid in devices),
            "device-pss": sum(pss_without(pid, "memfd:guest") for pid in devices) / count,
            "device-rss": sum(status_bytes(pid, "RssAnon", "RssFile") for pid in devices) / count,
        }
    finally:
        child.stdin.close()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            child.wait()
        child.stdout.close()
        errors.close()


def read_guests(child, count, end):
    """The guests' lines (matches of LINE) until all have come, one of them failed, or it is late."""
    found, text = [], b""
    while len(found) < count:
        if not select.select([child.stdout], [], [], max(0, end - time.monotonic()))[0]:
            break
        chunk = os.read(child.stdout.fileno(), 65536)
        if not chunk:
            break
        text += chunk
        found = list(LINE.finditer(text.decode("ascii")))
    return found
