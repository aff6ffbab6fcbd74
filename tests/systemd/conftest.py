# SPDX-License-Identifier: BSD-2-Clause
"""What pvboot does under a real systemd: the fixtures of tests/boot, and a machine whose first process is systemd."""
import importlib.util
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
BOOT = HERE.parent / "boot"
sys.path[:0] = [str(BOOT), str(HERE)]
_spec = importlib.util.spec_from_file_location("boot_conftest", BOOT / "conftest.py")
_boot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_boot)
globals().update({name: value for name, value in vars(_boot).items() if not name.startswith("_")})

from container import Container
from lib.netns import REAPER, stop_all


@pytest.fixture(autouse=True)
def nothing_left_running():
    """The machine stays for the whole module, and ends with it."""
    yield


@pytest.fixture(scope="module")
def machine():
    """A Debian into which `make install` has put this build."""
    with tempfile.TemporaryDirectory(prefix="pvboot-test-") as directory:
        Path(directory).chmod(0o755)
        REAPER.tell(f"d {directory}")
        with Container(directory) as it:
            it.installed = it.run("make", "-C", "/src", "install")
            it.run("systemctl", "daemon-reload")
            yield it
        stop_all()
    REAPER.tell(f"D {directory}")
