# SPDX-License-Identifier: BSD-2-Clause
"""`make demo` and `make install`, as a user runs them."""
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lib.netns import wait_for
from lib.servers import TOP


def demo(directory, **env):
    """In a session of its own, its output on a pipe, its files below directory."""
    return subprocess.Popen(
        [TOP / "tools/demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(directory), **env},
    )


@pytest.mark.parametrize("server", ["usual", "kea"])
def test_demo_reaches_its_marker(tmp_path, server):
    """Kea has the same outcome as the usual server, which it stands in for where there is no isc-dhcp-server; one line
    says so."""
    process = demo(tmp_path, **({"PVBOOT_DEMO_DHCP": server} if server != "usual" else {}))
    text = process.communicate(timeout=200)[0].decode("utf-8", "replace")
    assert process.returncode == 0, text
    times = [
        float(t) for t in re.findall(r"^demo:   (?:ROM start|lease|boot program|kernel|marker) +([\d.]+)$", text, re.M)
    ]
    assert len(times) == 5 and times == sorted(times), text
    last = text.strip().splitlines()[-1]
    assert last.startswith("demo: ok:") and "172.21.0.50" in last
    kea = server == "kea" or not shutil.which("dhcpd", path="/usr/sbin:/sbin")
    assert len(re.findall(r"^demo: .*\bKea\b|^demo: .*\bkea-dhcp4\b", text, re.M)) == kea, text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "env, said",
    [
        ({"PVBOOT_DEMO_DHCP": "dnsmasq"}, "PVBOOT_DEMO_DHCP=dnsmasq: it must be dhcpd or kea"),
        ({"PVBOOT_BUILD": "/nowhere"}, "there is no /nowhere/pvboot: `make` builds it"),
    ],
)
def test_demo_that_cannot_start_says_what_to_do(tmp_path, env, said):
    process = demo(tmp_path, **env)
    text = process.communicate(timeout=20)[0].decode("utf-8", "replace")
    assert process.returncode == 1
    assert text.splitlines()[-1] == f"demo: FAILED: {said}"
    assert list(tmp_path.iterdir()) == []


def held_qemu(directory):
    """A PATH whose QEMU keeps its guest from starting, and says so on the console; a question about its version is
    answered."""
    directory.mkdir()
    wrapper = directory / "qemu-system-x86_64"
    wrapper.write_text(
        f"""#!/bin/sh
case "$*" in *-no-reboot*) echo "the guest is held" ;; esac
exec {shutil.which("qemu-system-x86_64")} -S "$@"
"""
    )
    wrapper.chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"


def test_demo_interrupted_leaves_nothing(tmp_path):
    """Its guest never starts, so the demo waits for it when the signal comes, however busy the machine is."""
    (tmp_path / "demo").mkdir()
    process = demo(tmp_path / "demo", PATH=held_qemu(tmp_path / "bin"))
    seen = b""
    while b"the guest is held" not in seen:
        data = os.read(process.stdout.fileno(), 4096)
        assert data, seen
        seen += data
    links = subprocess.run(["ip", "-o", "link"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "veth-pvboot" not in links, "the machine's own network is not to be touched"
    process.send_signal(signal.SIGINT)
    seen += process.communicate(timeout=60)[0]
    assert process.returncode != 0
    assert b"FAILED: interrupted" in seen
    assert list((tmp_path / "demo").iterdir()) == []
    wait_for(lambda: members(process.pid) == [], 30, lambda: f"the end of {members(process.pid)}")


def members(session):
    """Processes still alive in a session."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            alive.append(stat.parent.name)
    return alive


def make(*args):
    subprocess.run(["make", "-s", *args], cwd=TOP, stdin=subprocess.DEVNULL, check=True)


def files(tree):
    return sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir())


def test_install_and_uninstall(tmp_path):
    where = [f"DESTDIR={tmp_path}", "PREFIX=/usr"]
    make("install", *where)
    installed = files(tmp_path)
    for wanted in ("usr/bin/pvboot", "usr/bin/pvboot-device", "usr/sbin/pvboot-hostd", "usr/share/pvboot/pvboot.rom"):
        assert wanted in installed
    # Nothing is switched on: no link to a unit.
    assert not [f for f in installed if ".wants" in f]
    plan = subprocess.run(
        [tmp_path / "usr/bin/pvboot", "run", "--root", tmp_path, "--dry-run"], stdout=subprocess.PIPE, text=True,
        check=True,
    ).stdout
    for program in ("sbin/pvboot-hostd", "bin/pvboot-device", "share/pvboot/pvboot"):
        assert program in plan
    assert not any(f"{before}{TOP}/" in f" {plan}" for before in " =:"), plan
    make("uninstall", *where)
    assert files(tmp_path) == []
