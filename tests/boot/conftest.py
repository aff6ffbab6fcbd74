# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the whole-boot tests.  They need root (namespaces), and what tools/deps.sh check installs.

PVBOOT_TEST_KEEP=1 keeps each test's directory (configurations, logs, consoles); a failing test prints the ends of its
logs anyway.  PVBOOT_TEST_KVM=1 adds the tests marked kvm, PVBOOT_TEST_LONG=1 those marked long (`make check-long`).
PVBOOT_BUILD names another build directory, PVBOOT_QEMU the QEMU of every test.
"""
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest

from lib.lab import Lab
from lib.netns import REAPER, Net, stop_all
from lib.pvboot import DEVICE, HOSTD, PVBOOT, ROM

LOG_LINES = 40
PREFIX = "pvboot-test-"


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        raise pytest.UsageError("whole boots need root: they make network namespaces")


def pytest_configure(config):
    # What `pvboot run` remembers of QEMUs is the tests' own.
    config.pvboot_cache = os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix=f"{PREFIX}cache-")
    config.addinivalue_line("markers", "kvm: needs /dev/kvm; run only with PVBOOT_TEST_KVM=1")
    config.addinivalue_line("markers", "long: takes minutes of waiting; run only with PVBOOT_TEST_LONG=1")


def pytest_unconfigure(config):
    shutil.rmtree(config.pvboot_cache, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """What needs KVM, or minutes, is left out, not skipped: it was not asked for.  So is a test for each of a list that
    is empty."""
    unasked = [mark for mark in ("kvm", "long") if os.environ.get(f"PVBOOT_TEST_{mark.upper()}") != "1"]
    out = [item for item in items if any(item.get_closest_marker(mark) for mark in unasked) or for_nothing(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def for_nothing(item):
    skip = item.get_closest_marker("skip")
    return bool(skip) and str(skip.kwargs.get("reason", "")).startswith("got empty parameter set")


@pytest.fixture
def tmp_path(request):
    """A directory for one test, gone after it."""
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    # Servers and the device process run as other users.
    path.chmod(0o755)
    request.node.directory = path
    if os.environ.get("PVBOOT_TEST_KEEP"):
        yield path
        return
    REAPER.tell(f"d {path}")
    yield path
    shutil.rmtree(path, ignore_errors=True)
    REAPER.tell(f"D {path}")


@pytest.fixture(autouse=True)
def nothing_left_running():
    """Whatever a test started is gone after it, whatever became of the test."""
    yield
    stop_all()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the end of every log of its own."""
    outcome = yield
    report = outcome.get_result()
    directory = getattr(item, "directory", None)
    if call.when != "call" or not report.failed or not directory:
        return
    for path in sorted(directory.rglob("*")):
        if path.is_file() and (path.suffix == ".log" or path.name == "console"):
            text = path.read_bytes()[-20000:].decode("utf-8", "replace")
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r", "", text)
            report.sections.append((str(path.relative_to(directory)), "\n".join(text.splitlines()[-LOG_LINES:])))


@pytest.fixture
def net():
    """The reference network on a plain veth."""
    with Net() as network:
        yield network


@pytest.fixture
def built():
    """The programs under test."""
    for path in (HOSTD, DEVICE, PVBOOT, ROM):
        assert path.exists(), f"{path} is not built: run make"


@pytest.fixture
def lab(tmp_path, built):
    """The reference network, an empty-handed host and a TFTP root with the stub kernel."""
    with Lab(tmp_path) as it:
        yield it


@pytest.fixture
def make_lab(tmp_path, built):
    """Lab(link=..., wire=...)."""
    labs = []

    def make(**kw):
        labs.append(Lab(tmp_path, **kw))
        return labs[-1]

    yield make
    for it in reversed(labs):
        it.close()
