# SPDX-License-Identifier: BSD-2-Clause
"""The helper itself: what a test that is killed leaves of its machine."""
import subprocess
import sys
from pathlib import Path

from container import remove_cgroup
from lib.netns import wait_for

HERE = Path(__file__).resolve().parent
START = """
import sys, time
sys.path[:0] = sys.argv[2:]
from container import Container

with Container(sys.argv[1]) as machine:
    print(machine.run("systemctl", "is-system-running", "--wait"), *machine.cgroups, flush=True)
    time.sleep(3600)
"""


def processes_of(directory):
    """Those whose command line names it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{directory}/".encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass
    return found


def test_container_of_a_killed_test_leaves_nothing(tmp_path):
    """No process, no mount; and control groups that are empty."""
    argv = [sys.executable, "-c", START, tmp_path, HERE, HERE.parent / "boot"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as test:
        state, *cgroups = test.stdout.readline().split()
        assert state == "running" and processes_of(tmp_path / "machine") and cgroups
        assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
        test.kill()
    wait_for(
        lambda: not processes_of(tmp_path / "machine"), 20, lambda: f"the end of {processes_of(tmp_path / 'machine')}"
    )
    wait_for(lambda: all(remove_cgroup(group) for group in cgroups), 20, "the end of all its processes")
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
