# SPDX-License-Identifier: BSD-2-Clause
"""`make check-suites` on a suite that is a few files of busybox, and what `make clean` leaves alone.  No package is
downloaded."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lib.netns import wait_for
from lib.servers import TOP

# What stands in for make in the suite: it says where it is, and ends as the test likes.
MAKE = """#!/bin/sh
echo "make $1 in $(pwd)"
[ -f tools/check_suites ] && [ -c /dev/null ] && echo "the tree is here"
echo written >tools/check_suites
{body}
"""


@pytest.fixture
def suites(tmp_path):
    """A directory with a base of a suite called toy."""
    base = tmp_path / "toy" / "base"
    for name in ("bin", "dev", "etc", "mnt", "proc", "sys", "tmp", "usr/bin", "var/cache/apt/archives"):
        (base / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), base / "bin/busybox")
    for applet in ("cat", "echo", "env", "grep", "ls", "mkdir", "ln", "sh", "sleep", "timeout", "touch", "umount"):
        (base / "bin" / applet).symlink_to("busybox")
    (base / "usr/bin/env").symlink_to("../../bin/busybox")
    # tools/deps.sh has nothing to do here.
    (base / "bin/bash").write_text("#!/bin/sh\n")
    (base / "bin/bash").chmod(0o755)
    return tmp_path


def check_suites(suites, body, suite="toy"):
    base = suites / "toy/base"
    make = base / "bin/make"
    make.write_text(MAKE.format(body=body))
    make.chmod(0o755)
    return subprocess.Popen(
        [TOP / "tools/check_suites", suite],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PVBOOT_SUITES": str(suites)},
    )


def mounts(where):
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(where) in line]


def left(where):
    """Processes whose command line names a directory, or whose root is below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, seen = (process / "cmdline").read_bytes().decode("utf-8", "replace"), (
                process / "mountinfo"
            ).read_text()
        except OSError:
            continue
        if str(where) in command + seen:
            found.append(f"{process.name} {command}")
    return found


def test_suites_failed_command_is_named(suites):
    process = check_suites(suites, '[ "$1" = demo ] || { echo "3 passed, 1 failed"; exit 1; }')
    out = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 1
    log = suites / "toy.log"
    failed = f"toy: FAILED: make check-unit (units: 3 passed, 1 failed); see {log}; the system is {suites}/toy/root"
    assert out == [failed, "0 passed, 1 failed"]
    assert "make demo in /pvboot" in log.read_text()
    assert not mounts(suites)


def test_suites_enabled_unit_is_a_failure(suites):
    """What the README promises of make demo."""
    wants = "/etc/systemd/system/sockets.target.wants"
    process = check_suites(suites, f"mkdir -p {wants}; touch {wants}/tftpd-hpa.socket; echo 1 passed, 0 failed")
    out = process.communicate(timeout=60)[0]
    assert f"it enabled {wants[1:]}/tftpd-hpa.socket" in out and process.returncode == 1


def test_suites_without_a_mirror_say_so(suites, tmp_path):
    """And a suite that cannot be debootstrapped is a failure of its own; the others go on."""
    empty = tmp_path / "apt.conf"
    keys = ("Dir::Etc::sourcelist", "Dir::Etc::sourceparts", "Dir::State::lists")
    empty.write_text("".join(f'{key} "{tmp_path}/none";\n' for key in keys))
    os.environ["APT_CONFIG"] = str(empty)
    try:
        process = check_suites(suites, "echo 1 passed, 0 failed", suite="absent")
        out = process.communicate(timeout=60)[0].splitlines()
    finally:
        del os.environ["APT_CONFIG"]
    assert out == [f"absent: FAILED before its tests; see {suites}/absent.log", "0 passed, 1 failed"]
    log = (suites / "absent.log").read_text()
    assert "run apt-get update" in log and "or set PVBOOT_MIRROR" in log


def test_suites_work_on_copies(suites):
    process = check_suites(suites, 'echo "7 passed, 0 failed"')
    out = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0, out
    assert out[0].startswith("toy: ok: make demo, make check-unit (7 passed, 0 failed), ")
    assert out[0].endswith(f" s; log: {suites}/toy.log")
    assert out[1:] == ["1 passed, 0 failed"]
    log = (suites / "toy.log").read_text()
    assert log.count("the tree is here") == 2
    assert "#!/bin/bash" in (TOP / "tools/check_suites").read_text(), "the source tree was written to"
    assert not (suites / "toy/base/pvboot").exists() and not (suites / "toy/root").exists()
    assert not mounts(suites)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_suites_killed_leave_nothing(suites, number):
    """Nothing mounted, and nothing running, though what the suite started ignores the usual signals."""
    process = check_suites(suites, "trap '' TERM INT HUP; echo waiting; sleep 1000 & sleep 1000")
    log = suites / "toy.log"
    wait_for(lambda: log.exists() and "waiting" in log.read_text(), 60, lambda: f"toy at work: {log.read_text()}")
    assert not mounts(suites), "the mounts are to be private"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    wait_for(lambda: not left(suites), 60, lambda: f"end of {left(suites)}")
    assert not mounts(suites)


@pytest.mark.parametrize("target", ["clean", "distclean"])
@pytest.mark.parametrize("kind", ["--bind", "-t tmpfs"])
def test_clean_stops_before_a_mount(tmp_path, target, kind):
    """A source tree bound below the build directory is not emptied; neither is another file system.  The mount is this
    test's alone."""
    build, source = tmp_path / "build", tmp_path / "source"
    (build / "x/with in").mkdir(parents=True)
    source.mkdir()
    (source / "precious").touch()
    mount = f"mount {kind} '{source if kind == '--bind' else 'none'}' '{build}/x/with in'"
    script = (
        f"{mount} && touch '{build}/x/with in/precious' && ! make -s {target} 'B={build}' && ls '{build}/x/with in'"
    )
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == ["precious"], result.stderr
    assert f"{build}/x/with in is a mount point" in result.stderr


def test_clean_keeps_what_was_fetched(tmp_path):
    for name in ("peers/bzImage", "suites/sid/base/etc/rc2.d/x", "hostd/x.o"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    subprocess.run(["make", "-s", "clean", f"B={tmp_path}"], cwd=TOP, check=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["peers", "suites"]
    subprocess.run(["make", "-s", "distclean", f"B={tmp_path}"], cwd=TOP, check=True)
    assert not tmp_path.exists()
    tmp_path.mkdir()
