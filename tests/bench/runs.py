# SPDX-License-Identifier: BSD-2-Clause
"""One boot of one peer: started, watched on its console, ended."""
import os
import re
import select
import signal
import subprocess
import tempfile
import time

from lib.kernel import END_LINE, ENTRY_LINE

# What the console shows when a phase begins; the same patterns serve all peers.
PHASES = [
    ("rom", rb"iPXE initialising devices|pvboot"),
    ("lease", rb"net0: 172\.21\.|172\.21\.\d+\.\d+"),
    ("nbp", rb"PXELINUX |Welcome to GRUB|(http|tftp)\.ipxe"),
    ("kernel", rb"(Loading|kernel) (\S*/)?bzImage|/bzImage\.\."),
    ("initrd", rb"(Loading|initrd) (\S*/)?init_task|/init_task\.\."),
    ("jump", rb"entering the kernel"),
]
FIRST_LINE = rb"Linux version "  # of a real kernel


class Run:
    """The boot: times (seconds from the exec to a phase; "entry" is the end), and what the console said.  real: a real
    kernel, which is ended at its first line.  closed: nothing holds the console any more.  env: more variables for the
    command."""

    def __init__(self, argv, ns, seconds, real=False, env=None):
        self.argv = [str(a) for a in argv]
        self.times = {}
        self.closed = False
        self.output = b""
        self.entry = FIRST_LINE if real else ENTRY_LINE.encode()
        self.last = FIRST_LINE if real else END_LINE.encode()
        read, write = os.pipe()
        self.errors = (
            tempfile.TemporaryFile()
        )  # apart: a warning of QEMU's would fall into the middle of a line of the guest's
        try:
            self.start = time.monotonic()
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL"] + ns.enter() + self.argv,
                stdin=subprocess.DEVNULL, stdout=write, stderr=self.errors, start_new_session=True,
                env={**os.environ, **(env or {})},
            )  # fmt: skip
        finally:
            os.close(write)
        self.fd = read
        self.end = self.start + seconds

    def step(self):
        """Read what is there; False at the end of the boot, well or not."""
        chunk = os.read(self.fd, 65536)
        self.closed = not chunk
        now = time.monotonic() - self.start
        self.output += re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", chunk)
        for name, pattern in PHASES + [("entry", self.entry)]:
            if name not in self.times and re.search(pattern, self.output):
                self.times[name] = now
        return bool(chunk) and self.last not in self.output

    def finish(self):
        """End its processes; QEMU has powered off unless it hangs, or is a real kernel's."""
        os.close(self.fd)
        if self.last == FIRST_LINE:
            self._kill(signal.SIGTERM)
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            pass
        self._kill(signal.SIGKILL)
        self.child.wait()

    def _kill(self, number):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass

    def text(self):
        self.errors.seek(0)
        return self.output.decode("ascii", "replace") + "\n" + self.errors.read().decode("utf-8", "replace")


def together(runs):
    """Watch the runs until each has ended or is late; then end them all."""
    open_runs = {run.fd: run for run in runs}
    while open_runs:
        left = min(run.end for run in open_runs.values()) - time.monotonic()
        ready = select.select(list(open_runs), [], [], max(0, left))[0]
        for fd in ready:
            if not open_runs[fd].step():
                del open_runs[fd]
        now = time.monotonic()
        for fd in [fd for fd, run in open_runs.items() if run.end <= now]:
            del open_runs[fd]
    for run in runs:
        run.finish()
