#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make check-nbp: real boot programs on pvboot, each to a proof beyond its banner.

A line a cell, `ok|FAIL program server proof seconds`; what a failed cell's logs ended with goes to stderr.  The last
line is `N passed, N failed`.  Needs root.  PVBOOT_TEST_KEEP=1 keeps the cells' directories.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "boot"), str(TOP / "tests" / "nbp")]

from cells import CELLS
from lib.netns import REAPER, stop_all

LOG_LINES = 30
PRINTING = threading.Lock()


def logs(directory):
    """The ends of a failed cell's logs."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and (path.suffix == ".log" or path.name == "console"):
            text = path.read_bytes()[-20000:].decode("utf-8", "replace")
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r", "", text)
            yield f"--- {path.relative_to(directory)}\n" + "\n".join(text.splitlines()[-LOG_LINES:])


def run(cell):
    """True if the cell's proof was there."""
    directory = Path(tempfile.mkdtemp(prefix=f"pvboot-nbp-{os.getpid()}-"))
    directory.chmod(0o755)
    keep = os.environ.get("PVBOOT_TEST_KEEP")
    if not keep:
        REAPER.tell(f"d {directory}")
    start = time.monotonic()
    problem = None
    try:
        cell.boot(directory)
    except Exception:  # whatever went wrong is this cell's failure, not the end of the others
        problem = traceback.format_exc() + "\n".join(logs(directory))
    seconds = time.monotonic() - start
    with PRINTING:
        verdict = "FAIL" if problem else "ok"
        print(
            f"{verdict:4} {cell.program:20} {cell.machine}:{cell.server:28} {cell.proof:32} {seconds:6.1f}", flush=True
        )
        if problem:
            print(problem, file=sys.stderr, flush=True)
    if not keep:
        shutil.rmtree(directory, ignore_errors=True)
        REAPER.tell(f"D {directory}")
    return not problem


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="the cells that take minutes instead of the others")
    parser.add_argument("-k", metavar="REGEX", default="", help="only the cells whose program matches")
    parser.add_argument("-j", metavar="N", type=int, default=2, help="cells at a time")
    args = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("matrix: whole boots need root: they make network namespaces")
    chosen = [c for c in CELLS if c.long == args.long and re.search(args.k, c.program)]
    try:
        with ThreadPoolExecutor(args.j) as pool:
            results = list(pool.map(run, chosen))
    finally:
        stop_all()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed", flush=True)
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
