# SPDX-License-Identifier: BSD-2-Clause
"""Ends what a test run that was itself killed has left: run as a program, with the run's orders on stdin until that
closes.

A process of the tests asks the kernel to die with its parent, but a daemon that changes who it is loses that wish.
Orders, a line each: "+pid" a process group is there, "-pid" it is gone, "d path" a directory is there, "D path" it is
gone.
"""
import os
import shutil
import signal
import subprocess
import sys


class Reaper:
    """The tests' end of it."""

    def __init__(self):
        self.child = None

    def tell(self, order):
        if not self.child:
            self.child = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True)
        self.child.stdin.write(order.encode() + b"\n")
        self.child.stdin.flush()


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups, directories = set(), set()
    for line in sys.stdin:
        kind, rest = line[0], line[1:].strip()
        if kind == "+":
            groups.add(int(rest))
        elif kind == "-":
            groups.discard(int(rest))
        elif kind == "d":
            directories.add(rest)
        elif kind == "D":
            directories.discard(rest)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
