# SPDX-License-Identifier: BSD-2-Clause
"""tests/tools/middlebox between the host and the servers: a network that loses, doubles and reorders."""
import os
import re

from .netns import Process, wait_for
from .pvboot import BUILD

PROGRAM = BUILD / "tests" / "middlebox"
COUNTS = {"loss": "lost", "dup": "doubled", "reorder": "reordered"}


class Middlebox:
    """harm: loss, dup, reorder as probabilities; ports: the UDP ports that suffer, all if not given.  The seed is
    printed (pytest shows it with a failure) and may be given by PVBOOT_TEST_SEED."""

    def __init__(self, ns, log, seed=None, **harm):
        self.ns = ns
        self.log = log
        self.seed = seed or int(os.environ.get("PVBOOT_TEST_SEED", 0)) or int.from_bytes(os.urandom(4), "little")
        self.args = [word for name, p in harm.items() for word in (f"--{name}", str(p))]
        self.process = None

    def __enter__(self):
        print(f"middlebox: PVBOOT_TEST_SEED={self.seed} {' '.join(self.args)}")
        argv = ["stdbuf", "-oL", PROGRAM, *self.args, "--seed", str(self.seed), "left", "right"]
        self.process = Process(argv, log=self.log, ns=self.ns)

        def forwards():
            assert self.process.alive(), f"the middlebox ended:\n{self.process.text()}"
            return "middlebox: seed" in self.process.text()

        wait_for(forwards, 10, "middlebox")
        return self

    def counts(self):
        """End it; what it did, by the names of harm."""
        self.process.stop()
        text = self.process.text()
        return {name: sum(int(n) for n in re.findall(rf"{word}=(\d+)", text)) for name, word in COUNTS.items()}

    def __exit__(self, *_):
        self.process.stop()
