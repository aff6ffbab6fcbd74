# SPDX-License-Identifier: BSD-2-Clause
"""The builds that the bench runs: this checkout's, and with --before the one it is compared with."""
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from lib.pvboot import Hostd

PROGRAMS = ("pvboot", "pvboot-hostd", "pvboot-device")


class Build:
    """The programs of one build directory, and the hostd that the bench runs from it.

    pvboot finds its device, its private hostd and its ROMs beside itself, so a run uses the files of one build only.
    env: variables for `pvboot run`, beside this process's own.
    """

    def __init__(self, name, directory):
        self.name = name
        self.dir = Path(directory)
        self.pvboot, self.hostd_program, self.device = (self.dir / program for program in PROGRAMS)
        self.env = {}
        self.hostd = None

    def version(self):
        """What `pvboot --version` prints.  Raises OSError or SubprocessError if it does not run."""
        command = [self.pvboot, "--version"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True, text=True)
        return done.stdout.strip()

    @contextmanager
    def serving(self, ns, directory, ifname, vms):
        """Run this build's hostd.  Ends the bench if it refuses the configuration."""
        directory = Path(directory)
        self.hostd = Hostd(ns, directory, ifname, vms=vms, cache=directory / "cache", program=self.hostd_program)
        try:
            self.start_hostd()
            yield self.hostd
        finally:
            self.hostd.stop()

    def start_hostd(self):
        try:
            self.hostd.start()
        except AssertionError as error:
            what = f"{self.hostd_program} does not run with this bench's configuration"
            raise SystemExit(f"bench: {what}: {error}") from None

    def purge(self):
        """Empty the cache of this build's hostd."""
        command = [*self.hostd.ns.enter(), self.pvboot, "cache", "purge", "--all", "--hostd", self.hostd.socket]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: {self.pvboot} cache purge: exit status {done.returncode}: {done.stderr.strip()}")


def build_of(checkout):
    """The build in DIR/build of a checkout to compare with.  Raises ValueError that says what is missing there."""
    checkout = Path(checkout)
    build = Build("build-before", checkout / "build")
    if not checkout.is_dir():
        raise ValueError(f"BEFORE: there is no directory {checkout}")
    missing = [program for program in PROGRAMS if not os.access(build.dir / program, os.X_OK)]
    missing += [] if list(build.dir.glob("*.rom")) else ["*.rom"]
    if missing and all((checkout / program).exists() for program in PROGRAMS):
        raise ValueError(f"BEFORE: {checkout} is a build directory; name the checkout that it is the build/ of")
    if missing:
        lacks = f"{build.dir} lacks {', '.join(missing)}"
        raise ValueError(f"BEFORE: {checkout} is not a built checkout: {lacks}; run make in {checkout}")
    try:
        build.version()
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError(f"BEFORE: {build.pvboot} does not run here: {error}") from error
    return build
